// Faults on purpose (`--faults`): how they are written down, and what they decide. Pure: the same
// plan, client and frames give the same faults, whatever the timing.
//
//   SPEC  RULE [ ";" RULE ]…            drop:p=0.01,feed=FEED;close:at=+5s,code=1012
//   RULE  KIND ":" KEY "=" VALUE [ "," KEY "=" VALUE ]…      or seed=N for the whole SPEC
//
// KIND          does                                                      takes
//   drop        the frame is not sent
//   duplicate   the frame is sent twice
//   reorder     the frame is sent after the next one                      by=N: after the next N
//   corrupt     one byte of the frame is another one                      how=byte|cut|utf8
//   delay       the frame, and data frames behind it, come later          for=TIME
//   close       the connection ends before the frame                      code=N, reason=TEXT
//   stall       nothing at all is sent for a while                        for=TIME
//
// When, one of: `frame=N`, the N-th data frame for a client, from 1; `at=T`, a time or an offset
// from the start: each client that is there then, with its next data frame (`close` and `stall`: at
// once); `p=P`, every data frame with that probability. Where: `feed=F`, `endpoint=E`; else
// everywhere. Values are percent-decoded.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/base/time.h"
#include "schema/frame.h"

namespace tapedeck {

enum class FaultKind : std::uint8_t { drop, duplicate, reorder, corrupt, delay, close, stall };
inline constexpr std::size_t kFaultKinds = 7;
std::string_view to_string(FaultKind kind);

struct FaultRule {
  enum class Damage : std::uint8_t {
    byte,  // another byte; text stays valid UTF-8
    cut,   // the end is missing
    utf8,  // a byte that no UTF-8 has
  };

  FaultKind kind = FaultKind::drop;
  // One of these.
  std::optional<std::int64_t> frame;
  std::optional<Ns> at_ns;
  std::optional<double> probability;
  // Empty: all of them.
  std::string feed;
  std::string endpoint;
  // As the kind takes them.
  Ns for_ns = 0;
  int by = 1;
  Damage damage = Damage::byte;
  std::optional<std::uint16_t> code;  // nullopt: the connection is cut
  std::string reason;

  bool concerns(std::string_view of_feed, std::string_view of_endpoint) const {
    return (feed.empty() || feed == of_feed) && (endpoint.empty() || endpoint == of_endpoint);
  }
};

struct FaultPlan {
  std::vector<FaultRule> rules;
  std::uint64_t seed = 1;
};

// Offsets in `at` count from `start`. Errors say what is wrong and what would be right.
Result<FaultPlan> parse_faults(std::string_view spec, Ns start, std::uint64_t seed = 1);

// What happens to one data frame.
struct FrameFate {
  const FaultRule* close = nullptr;
  const FaultRule* stall = nullptr;
  const FaultRule* corrupt = nullptr;
  bool is_dropped = false;
  int copies = 1;
  int later_by = 0;  // frames
  Ns delay_ns = 0;
  std::uint64_t random = 0;  // for corrupt
};

// The faults of one client. Not thread-safe.
class FaultDice {
 public:
  // The `client`-th connection of its endpoint. `plan` outlives this.
  FaultDice(const FaultPlan& plan, std::string_view feed, std::string_view endpoint,
            std::uint64_t client);

  // Whether no rule concerns this client.
  bool is_empty() const { return rules_.empty(); }
  bool concerns(const FaultRule& rule) const;
  // The moment of a rule with `at` has come: it applies to the next frame.
  void arm(const FaultRule& rule);
  // The fate of the next data frame.
  FrameFate next(std::int64_t frame_id);

 private:
  struct Mine {
    const FaultRule* rule = nullptr;
    std::uint64_t seed = 0;
    bool is_armed = false;
  };
  std::vector<Mine> rules_;
  std::int64_t frames_ = 0;
};

// A damaged copy. The same `random` gives the same damage.
std::string damaged(std::string_view payload, Opcode opcode, FaultRule::Damage damage,
                    std::uint64_t random);

}  // namespace tapedeck
