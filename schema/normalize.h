// From a feed's frames to rows: what the recorder, `verify` and the replay server share.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "schema/base/json.h"
#include "schema/frame.h"
#include "schema/records.h"

namespace tapedeck {

// What an inbound frame is to its service. Only `data` is re-served by a replay on the feed's own
// socket; the others are said by the server itself (contract section 5).
enum class FrameRole : std::uint8_t { data, handshake, ack, heartbeat, error };

// What must be known of a frame to decide who gets it. Views live as long as the parsed document.
struct FrameTag {
  FrameRole role = FrameRole::data;
  std::string_view type;     // the message's type as sent; empty when it has none
  std::string_view stream;   // channel, topic or opportunity; empty: everybody on the endpoint
  std::string_view symbol;   // what symbol filters look at; empty: passes every filter
  std::string_view event;    // what event filters look at; empty: passes every filter
  bool is_snapshot = false;  // belongs right after the handshake
};

// One inbound message. `doc` is its parsed text, with a missing root when the frame is binary, no
// JSON or not UTF-8 (doc.error() says which).
struct InFrame {
  std::string_view endpoint;
  int slot = 0;  // which of the redundant connections, from 0
  Ns recv_ns = 0;
  Opcode opcode = Opcode::text;
  std::string_view payload;
  const JsonDoc* doc = nullptr;

  Json root() const { return doc != nullptr ? doc->root() : Json(); }
};

// One feed's decoder for one session. Given the session's inbound text and binary frames in order
// it gives the same rows each time: it is what `record` runs and what `verify` runs again. It
// remembers which events it has seen, so that one event is one row however often it arrives. Not
// thread-safe.
class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // Pure: depends on the frame alone.
  virtual FrameTag classify(const InFrame& frame) const = 0;

  // Adds this frame's rows. A data frame that breaks the rules gives an `unparsed` row, an error
  // message a `feed_error` row; nothing throws.
  virtual void normalize(const InFrame& frame, RowSink& rows) = 0;
};

}  // namespace tapedeck
