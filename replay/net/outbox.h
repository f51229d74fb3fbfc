// What is queued for one client. Private to replay/net, and pure.
//
// A short queue is one piece of memory, copied into, so that it leaves in one write. A long one
// keeps references instead: many clients that lag behind on the same frames share their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "replay/net/server.h"

namespace tapedeck::web {

// Not thread-safe.
class Outbox {
 public:
  // So much is copied; what comes on top is shared.
  static constexpr std::size_t kCopiedBytes = 64U << 10U;

  // Copies.
  void add(std::string_view bytes);
  // `part` lies within `*whole`, which may grow meanwhile but keeps what it holds.
  void add(const SharedBytes& whole, std::string_view part);

  std::size_t size() const { return size_; }
  bool is_empty() const { return size_ == 0; }
  // Moves the first bytes to `out`, which is empty: all that was copied, else about kCopiedBytes.
  void take(std::string& out);

 private:
  struct Slice {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  // A stretch of the queue: slices of shared bytes, or bytes of its own.
  struct Run {
    SharedBytes whole;
    std::vector<Slice> slices;
    std::string own;
    std::size_t bytes = 0;
  };
  Run& own_run();
  void settle_last();
  bool take_some(Run& run, std::string& out);

  std::string front_;
  std::deque<Run> runs_;
  std::size_t taken_ = 0;  // slices (or bytes of its own) that have left the first run
  std::size_t size_ = 0;
};

}  // namespace tapedeck::web
