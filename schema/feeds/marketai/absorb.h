// Market.ai's REST answers → rows and facts (shapes assumed but for their envelope,
// docs/feeds/marketai.md "Gap-fill").
#pragma once

#include "schema/feeds/marketai/memory.h"
#include "schema/normalize.h"

namespace tapedeck::marketai {

// As Normalizer::absorb. What becomes a row is put into `memory`.
RestPage absorb_answer(const RestAnswer& answer, Memory& memory, RowSink& rows);

}  // namespace tapedeck::marketai
