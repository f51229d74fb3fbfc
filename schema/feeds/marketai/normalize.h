// Market.ai's frames → rows (contract section 4; tables of fields in docs/feeds/marketai.md).
#pragma once

#include <map>
#include <string_view>

#include "schema/feeds/fold.h"
#include "schema/feeds/marketai/wire.h"
#include "schema/normalize.h"

namespace tapedeck::marketai {

// One event is one row:
//  - what has an identity of its own (signals, trades, closed candles; identity_of()) is that,
//    however often and over however many connections it comes;
//  - everything else is an event each time one connection delivers it, and redundant connections
//    fold as multisets of equal messages.
class MarketNormalizer final : public Normalizer {
 public:
  explicit MarketNormalizer(int connections) : deliveries_(connections) {}

  FrameTag classify(const InFrame& frame) const override;
  void normalize(const InFrame& frame, RowSink& rows) override;

 private:
  void update(const InFrame& frame, RowSink& rows);
  void unparsed(const InFrame& frame, std::string_view reason, RowSink& rows);
  bool is_new(const InFrame& frame);

  MultisetFold deliveries_;
  // By channel, so that many trades do not push signals out.
  std::map<std::string_view, SeenEvents> seen_;
};

}  // namespace tapedeck::marketai
