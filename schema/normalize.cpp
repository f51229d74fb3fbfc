#include "schema/normalize.h"

namespace tapedeck {

RestPage Normalizer::absorb(const RestAnswer& /*answer*/, RowSink& /*rows*/) {
  RestPage page;
  page.problem = "this feed has no decoder for REST answers";
  return page;
}

}  // namespace tapedeck
