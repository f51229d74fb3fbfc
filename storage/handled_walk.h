// One tape's frames and REST exchanges in the order in which its recorder handled them, which is
// the order in which a decoder must be told of them (schema/normalize.h).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/tape_reader.h"

namespace tapedeck {

// Not thread-safe. Holds one body at a time, and the outlines of all requests.
class HandledWalk {
 public:
  explicit HandledWalk(TapeReader& tape) : tape_(tape) {}

  // Once, before next().
  Result<void> start();
  // False at the end. Exactly one of frame() and request() is there afterwards; views live until
  // the next call.
  Result<bool> next();

  const FrameRecord* frame() const { return is_frame_ ? &frame_ : nullptr; }
  const RequestInfo* request() const { return is_frame_ ? nullptr : &request_; }
  // The time of receipt, never less than an earlier one: where the wall clock stepped back it
  // waits.
  Ns pos_ns() const { return pos_ns_; }

 private:
  static Ns time_of(const RequestInfo& request) {
    return request.recv_ns.value_or(request.sent_ns);
  }
  // The next request that was handled before the frame in front.
  const RequestInfo* due() const;
  Result<void> take(std::int64_t request_id);

  TapeReader& tape_;
  std::unique_ptr<FrameCursor> cursor_;
  FrameRecord ahead_;
  bool has_ahead_ = false;
  bool is_frame_ = false;
  FrameRecord frame_;
  RequestInfo request_;
  std::vector<RequestInfo> placed_;    // by after_frame_id
  std::vector<RequestInfo> unplaced_;  // without one: by time
  std::size_t next_placed_ = 0;
  std::size_t next_unplaced_ = 0;
  Ns pos_ns_ = 0;
};

}  // namespace tapedeck
