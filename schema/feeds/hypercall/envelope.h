// The envelopes of Hypercall's REST answers: `{"success","data","pagination"}`, JSON-RPC's
// `{"result","error","usIn"…}`, or nothing around the data (assumed).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schema/base/json.h"
#include "schema/normalize.h"

namespace tapedeck::hypercall {

// A list of rows, and what the answer says about the page that it is.
struct Listing {
  std::string problem;  // why there is none; empty when there is one
  Json list;            // missing when the service says that there is nothing
  std::int64_t items = 0;
  std::optional<std::int64_t> limit;  // as the service applied it

  // Whether rows may follow: it is not known to be shorter than a page.
  bool may_go_on() const { return items > 0 && (!limit || items >= *limit); }
};
Listing read_listing(Json root);

// The one object of an answer: missing, without a problem, when the service says that there is
// none.
struct Single {
  std::string problem;
  Json object;
};
Single read_single(Json root);

}  // namespace tapedeck::hypercall
