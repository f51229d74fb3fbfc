// Which messages of a channel one client asked for (document, "Symbol Filtering"; `expiry` and
// `option_type` of options_chain as in "Available Channels", their values' form assumed).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/time.h"

namespace tapedeck::hypercall {

// What a Subscribe or Unsubscribe restricts itself to. Empty: to nothing.
struct FilterTerms {
  std::set<std::string, std::less<>> underlyings;
  std::string expiry;       // in one form, however it was written
  std::string option_type;  // `call`, `put`

  bool none() const { return underlyings.empty() && expiry.empty() && option_type.empty(); }
};

// Reads `symbols`, `expiry` and `option_type`; an instrument's name stands for its underlying.
// nullopt when one of them has the wrong kind, and `bad` names it.
std::optional<FilterTerms> read_terms(Json message, bool filters_chain, std::string& bad);

// One channel's subscription. A message passes when any rule lets it through.
class ChannelFilter {
 public:
  // Without terms: everything from now on. With terms: adds them; after "everything" they narrow.
  void subscribe(const FilterTerms& terms);
  // Without terms: nothing from now on. With terms: takes those away again; what was never listed
  // by itself (a channel subscribed to without symbols) stays.
  void unsubscribe(const FilterTerms& terms);
  bool empty() const { return rules_.empty(); }

  // Whether rules look at more than the symbol, so that the message itself is needed.
  bool needs_message() const;
  // `symbol` is empty for messages that have none: those pass. `message` may be missing unless
  // needs_message().
  bool passes(std::string_view symbol, Json message) const;

 private:
  std::vector<FilterTerms> rules_;
};

}  // namespace tapedeck::hypercall
