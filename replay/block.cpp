#include "replay/block.h"

#include <algorithm>

#include "schema/feeds/registry.h"
#include "schema/ws/codec.h"

namespace tapedeck {

const Endpoint* EndpointTable::intern(std::string_view feed, std::string_view name) {
  const std::lock_guard lock(mutex_);
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.feed == feed && endpoint.name == name) return &endpoint;
  }
  endpoints_.push_back(
      Endpoint{std::string(feed), std::string(name), find_feed(feed), includes(feed)});
  return &endpoints_.back();
}

bool EndpointTable::includes(std::string_view feed) const {
  return feeds_.empty() || std::find(feeds_.begin(), feeds_.end(), feed) != feeds_.end();
}

Block::Slice Block::keep(std::string_view text) {
  const auto begin = static_cast<std::uint32_t>(bytes_->size());
  *bytes_ += text;
  return {begin, static_cast<std::uint32_t>(text.size())};
}

void Block::add(const DueFrame& frame) {
  const ServedFrame& served = frame.served;
  Entry entry;
  entry.pos_ns = frame.pos_ns;
  entry.recv_ns = frame.recv_ns;
  entry.frame_id = frame.frame_id;
  entry.endpoint = frame.endpoint;
  entry.tape = frame.tape;
  entry.kind = frame.kind;
  entry.opcode = served.opcode;
  entry.direction = frame.direction;
  entry.role = served.tag.role;
  entry.is_snapshot = served.tag.is_snapshot;
  entry.is_duplicate = frame.is_duplicate;
  entry.is_valid_utf8 = frame.is_valid_utf8;
  if (frame.direction == Direction::in && is_data(served.opcode)) {
    const auto begin = static_cast<std::uint32_t>(bytes_->size());
    ws::append_frame(*bytes_, served.opcode, served.payload, nullptr);
    const auto size = static_cast<std::uint32_t>(bytes_->size() - begin);
    const auto payload_size = static_cast<std::uint32_t>(served.payload.size());
    entry.encoded = {begin, size};
    entry.payload = {begin + size - payload_size, payload_size};  // an unmasked frame ends with it
  } else {
    entry.payload = keep(served.payload);
  }
  entry.type = keep(served.tag.type);
  entry.stream = keep(served.tag.stream);
  entry.symbol = keep(served.tag.symbol);
  entry.event = keep(served.tag.event);
  entries_.push_back(entry);
}

DueFrame Block::frame(std::size_t index) const {
  const Entry& entry = entries_[index];
  DueFrame frame;
  frame.kind = entry.kind;
  frame.served.id = served_id(entry.tape, entry.frame_id);
  frame.served.endpoint = entry.endpoint->name;
  frame.served.opcode = entry.opcode;
  frame.served.payload = view(entry.payload);
  frame.served.tag.role = entry.role;
  frame.served.tag.type = view(entry.type);
  frame.served.tag.stream = view(entry.stream);
  frame.served.tag.symbol = view(entry.symbol);
  frame.served.tag.event = view(entry.event);
  frame.served.tag.is_snapshot = entry.is_snapshot;
  frame.endpoint = entry.endpoint;
  frame.encoded = view(entry.encoded);
  frame.shared = &shared_;
  frame.direction = entry.direction;
  frame.is_duplicate = entry.is_duplicate;
  frame.is_valid_utf8 = entry.is_valid_utf8;
  frame.tape = entry.tape;
  frame.frame_id = entry.frame_id;
  frame.recv_ns = entry.recv_ns;
  frame.pos_ns = entry.pos_ns;
  return frame;
}

}  // namespace tapedeck
