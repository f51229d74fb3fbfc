// Notices that a service changed its formats: compares messages with what the feed declares
// (shape.h).
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "schema/shape.h"

namespace tapedeck {

// One way in which a type of message is not as declared.
struct Drift {
  std::string type;  // MessageShape::type
  std::string path;  // as FieldShape::path; a name of other than plain characters as `["a b"]`
  std::string what;  // `new field`, `missing field`, `kind: string -> number`
};

// The detector of one feed's session: redundant connections share it. What it has said once it
// takes for known, so that each (type, path, what) comes once. Pure; not thread-safe.
//
// The cost of a message without news is one walk over the members that are declared for it, a
// comparison of names each (tests/bench/drift_bench.cpp): no hash, no allocation.
class DriftDetector {
 public:
  // Says nothing, ever.
  DriftDetector();
  // At most `drifts_max` are told, since a peer may invent names without end; then comes a last
  // one, `drift_limit()`.
  explicit DriftDetector(const FeedShapes& shapes, std::size_t drifts_max = 256);
  ~DriftDetector();
  DriftDetector(DriftDetector&&) noexcept;
  DriftDetector& operator=(DriftDetector&&) noexcept;

  // What this message shows for the first time, in the order of the message; nearly always nothing.
  // Valid until the next call. Frames that are no JSON, and types without a shape, show nothing:
  // those are `unparsed`.
  std::span<const Drift> look(const InFrame& frame, const FrameTag& tag);

 private:
  struct Node;
  struct Walk;

  // False once the limit is reached.
  bool say(Drift drift);

  const FeedShapes* shapes_ = nullptr;
  std::size_t drifts_max_ = 0;
  std::vector<Node> known_;  // in the order of FeedShapes::messages
  std::vector<const Node*> trail_;
  std::vector<Drift> found_;
  std::set<std::tuple<std::string, std::string, std::string>> said_;
};

// Stands for all that is found past the limit.
const Drift& drift_limit();

}  // namespace tapedeck
