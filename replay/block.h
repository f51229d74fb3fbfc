// Frames on their way from the tape to the clients: read, parsed and encoded once, on the reader's
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "replay/net/server.h"
#include "schema/feed.h"
#include "schema/frame.h"
#include "schema/service.h"

namespace tapedeck {

// A feed's endpoint. Lives as long as its table; compared by address.
struct Endpoint {
  std::string feed;
  std::string name;
  const Feed* description = nullptr;  // nullptr: a feed that this build does not know
  bool is_included = true;            // --feeds holds it
};

// Every endpoint that a tape or a client named. Thread-safe.
class EndpointTable {
 public:
  // `feeds`: those to include; empty: all.
  explicit EndpointTable(std::vector<std::string> feeds = {}) : feeds_(std::move(feeds)) {}

  const Endpoint* intern(std::string_view feed, std::string_view name);
  bool includes(std::string_view feed) const;

 private:
  const std::vector<std::string> feeds_;
  std::mutex mutex_;
  std::deque<Endpoint> endpoints_;  // stable addresses
};

// What is due: mostly a frame.
enum class DueKind : std::uint8_t {
  frame,
  row,              // a normalized row for `/tape?view=rows`: the payload is its JSON text
  healed,           // a message made of what a gap-fill recovered (--heal)
  healed_for_tape,  // the same where the feed has no such message: for `/tape` alone
};

// A frame that is due, as clients see it. Views live during the call that hands it over.
struct DueFrame {
  DueKind kind = DueKind::frame;
  ServedFrame served;
  const Endpoint* endpoint = nullptr;  // of a row: its feed's, without a name
  std::string_view encoded;  // inbound text and binary: the unmasked WebSocket frame; else empty
  const SharedBytes* shared = nullptr;  // what `encoded` lies in; nullptr: it is nobody's to keep
  Direction direction = Direction::in;
  bool is_duplicate = false;  // a redundant connection delivered it already
  bool is_valid_utf8 = true;  // of the payload
  std::uint32_t tape = 0;     // from 0, by start
  std::int64_t frame_id = 0;  // on its tape
  Ns recv_ns = 0;
  Ns pos_ns = 0;
};

// Whether a service's own socket hands it on, if the session wants it.
inline bool is_served_data(const DueFrame& frame) {
  return (frame.kind == DueKind::frame || frame.kind == DueKind::healed) &&
         frame.direction == Direction::in && is_data(frame.served.opcode) &&
         frame.served.tag.role == FrameRole::data && !frame.is_duplicate;
}

// ServedFrame::id for a frame of one of several tapes: its own id on the first one.
inline std::int64_t served_id(std::uint32_t tape, std::int64_t frame_id) {
  return (static_cast<std::int64_t>(tape) << 48U) | frame_id;
}

// A run of frames with their bytes in one piece of memory, or a mark between runs.
class Block {
 public:
  enum class Kind : std::uint8_t {
    frames,
    wrap,   // the end; the next block begins again at the start (--loop)
    end,    // the end
    error,  // reading failed: `message`
  };

  Kind kind = Kind::frames;
  std::string message;

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_->size() + entries_.size() * sizeof(Entry); }
  Ns pos_ns(std::size_t index) const { return entries_[index].pos_ns; }
  DueFrame frame(std::size_t index) const;

  // Takes a frame in. Of `frame`, served.payload and the tag are copied; `encoded` is made here.
  void add(const DueFrame& frame);
  void reserve(std::size_t bytes) { bytes_->reserve(bytes); }

 private:
  struct Slice {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  struct Entry {
    Ns pos_ns = 0;
    Ns recv_ns = 0;
    std::int64_t frame_id = 0;
    const Endpoint* endpoint = nullptr;
    Slice encoded, payload, type, stream, symbol, event;
    std::uint32_t tape = 0;
    DueKind kind = DueKind::frame;
    Opcode opcode = Opcode::text;
    Direction direction = Direction::in;
    FrameRole role = FrameRole::data;
    bool is_snapshot = false;
    bool is_duplicate = false;
    bool is_valid_utf8 = true;
  };
  Slice keep(std::string_view text);
  std::string_view view(Slice slice) const {
    return std::string_view(*bytes_).substr(slice.begin, slice.size);
  }

  // Clients that lag behind keep them when the block has gone.
  std::shared_ptr<std::string> bytes_ = std::make_shared<std::string>();
  SharedBytes shared_ = bytes_;
  std::vector<Entry> entries_;
};

}  // namespace tapedeck
