// What fills a gap: what to ask a service over REST, and what its answers mean for the gap. Pure:
// the recorder (recorder/gap_filler.h) asks, waits, tries again, and writes everything down.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/client.h"
#include "schema/gap.h"
#include "schema/normalize.h"

namespace tapedeck {

// What a fill may do. Exactly one of them for each call that it gets.
class FillActions {
 public:
  virtual ~FillActions() = default;

  // Asks, `after` from now; its answer follows. Purposes: `gapfill`, `snapshot`, `login`.
  virtual void ask(RestRequest request, Ns after) = 0;
  void ask(RestRequest request) { ask(std::move(request), 0); }
  // The gap is `filled`, `partial` or `unfillable`: `why` says what was found, in words.
  virtual void end(GapStatus status, std::string_view why) = 0;
  // It cannot go on now: a new fill starts from the beginning after a back-off. `why` names the
  // remedy where a person can do something.
  virtual void later(std::string_view why) = 0;

  // As ClientActions::learn_secret; beside one of the above.
  virtual void learn_secret(std::string_view secret) = 0;
  // As ClientActions::mono_ns.
  virtual std::optional<Ns> mono_ns() const { return std::nullopt; }
};

// One gap being filled. Rows are the Normalizer's part (Normalizer::absorb): a fill only decides
// what to ask next and what became of the gap. It may be dropped at any time and made anew: what
// is on the tape already is not added again.
class GapFill {
 public:
  virtual ~GapFill() = default;

  // `none`: it asks for nothing and says why when it starts, which it does at once.
  virtual GapMethod method() const = 0;
  // Whether it takes the service's times for ours: where the clocks are apart they then do not tell
  // what lies within the gap, and it proves nothing.
  virtual bool trusts_clocks() const { return true; }
  // How far they may be apart for that.
  virtual Ns clocks_apart_max() const { return 10 * kNsPerSec; }
  virtual void start(FillActions& actions) = 0;
  // What the decoder found in a 2xx answer that it could read. (No answer, 408, 425, 429, 5xx and
  // what cannot be read never come here: the same request is made again after a back-off.)
  virtual void on_page(const RestPage& page, FillActions& actions) = 0;
  // Any other status, and each answer to a `login`.
  virtual void on_answer(const RestResponse& response, FillActions& actions);
};

// What a fill is made from. Views and references live as long as the call.
struct FillTask {
  const Gap& gap;                    // with its end
  std::vector<std::string> symbols;  // what the stream has been about so far (Normalizer::symbols)
};

// How to learn where a stream stands, so that the next gap of it has a start.
struct CursorPlan {
  RestRequest request;  // purpose `cursor`; its answer goes to Normalizer::absorb
  Ns every = 0;         // asked when the stream becomes ready, and then this often; 0: only then
};

// `HTTP 404, not_found: No such thing`: status and what the body says of it, for a person.
std::string describe_answer(const RestResponse& response);

}  // namespace tapedeck
