#include "schema/feeds/alphahub/normalize.h"

#include "schema/base/text.h"
#include "schema/ws/codec.h"

namespace tapedeck::alphahub {

namespace {

constexpr std::string_view kOpen = "open";
constexpr std::string_view kClose = "close";

bool is_present(Json value) {
  return value.exists() && value.kind() != JsonKind::null;
}

void note(std::string& problem, std::string_view what) {
  if (problem.empty()) problem.append(event::kSignals).append(": ").append(what);
}

// `algorithms:14: unmatched topic`.
void add_error(const Message& message, Json answer, RowSink& rows) {
  std::string text(message.topic);
  if (const std::string reason = reason_in(answer); answer.size() > 0 && !reason.empty()) {
    text.append(": ").append(reason);
  }
  rows.add(FeedError{message.event, text}, std::nullopt);
}

std::uint64_t key_of(const Message& message, std::string_view part) {
  return hash_combine(hash_combine(hash_text(message.topic), hash_text(message.event)),
                      hash_text(part));
}

}  // namespace

std::span<const TableId> AlphaHubNormalizer::remembered_tables() const {
  static constexpr TableId kTables[] = {TableId::signal};
  return kTables;
}

FrameTag AlphaHubNormalizer::classify(const InFrame& frame) const {
  FrameTag tag;
  if (frame.opcode != Opcode::text) return tag;
  const auto message = parse_message(frame.root());
  if (!message) return tag;
  tag.type = message->event;
  if (tag.type == event::kReply) {
    tag.role = message->topic == kPhoenixTopic ? FrameRole::heartbeat : FrameRole::ack;
    if (!message->is_ok()) tag.role = FrameRole::error;
  } else if (tag.type == event::kError) {
    tag.role = FrameRole::error;
  } else if (tag.type == event::kClose) {
    tag.role = FrameRole::ack;
  } else if (tag.type != event::kSignals) {
    return tag;  // an unknown event is everybody's
  }
  if (!algorithm_of(message->topic).empty()) tag.stream = message->topic;
  return tag;
}

void AlphaHubNormalizer::normalize(const InFrame& frame, RowSink& rows) {
  if (frame.opcode != Opcode::text) return add_unparsed(frame, "binary frame", rows);
  const Json root = frame.root();
  if (!root.exists()) {
    const bool is_utf8 = ws::is_valid_utf8(frame.payload);
    return add_unparsed(frame, is_utf8 ? "not JSON" : "invalid UTF-8", rows);
  }
  const auto message = parse_message(root);
  if (!message) return add_unparsed(frame, "not a Phoenix message", rows);
  // What the service says to one connection is never the same event as what it says to another.
  if (message->event == event::kReply) {
    if (!message->is_ok()) {
      add_error(*message, message->payload["response"], rows);
    } else if (message->topic != kPhoenixTopic) {
      fold_.joined(frame.slot, hash_text(message->topic), frame.recv_ns);
    }
  } else if (message->event == event::kError) {
    add_error(*message, message->payload, rows);
  } else if (message->event == event::kSignals) {
    add_signals(frame, *message, rows);
  } else if (message->event != event::kClose) {
    add_unparsed(frame, "unknown event: " + std::string(shortened(message->event)), rows);
  }
}

void AlphaHubNormalizer::add_signals(const InFrame& frame, const Message& message, RowSink& rows) {
  std::string problem;
  bool has_open = false;
  bool has_close = false;
  if (algorithm_of(message.topic).empty()) {
    note(problem, "no algorithm in the topic");
  } else if (!message.payload.is_object()) {
    note(problem, "bad payload");
  } else {
    for (Json list = message.payload.first(); list.exists(); list = list.next()) {
      const std::string_view name = trim(list.key());
      const bool is_open = name == kOpen;
      if (!is_open && name != kClose) {
        // Further members stay in the frame; a list of legs would be missed.
        if (list.is_array() && list.first().is_object()) note(problem, "an unknown list");
        continue;
      }
      bool& is_there = is_open ? has_open : has_close;
      if (is_there) {
        note(problem, "a list twice");
        continue;
      }
      is_there = true;
      add_legs(frame, message, list, is_open ? kOpen : kClose, problem, rows);
    }
    if (!has_open && !has_close) note(problem, "no open or close");
  }
  if (!problem.empty()) add_unparsed(frame, problem, rows);
}

void AlphaHubNormalizer::add_legs(const InFrame& frame, const Message& message, Json list,
                                  std::string_view action, std::string& problem, RowSink& rows) {
  if (!is_present(list)) return;
  if (!list.is_array()) return note(problem, "bad " + std::string(action));
  std::int64_t number = -1;
  for (Json value = list.first(); value.exists(); value = value.next()) {
    ++number;
    const LegOrProblem read = read_leg(value, zone_);
    if (!read.problem.empty()) {
      note(problem, read.problem);
      continue;
    }
    const std::uint64_t key = hash_combine(key_of(message, action), hash_text(value.raw()));
    if (!fold_.is_new(key, frame.slot, frame.recv_ns, hash_text(message.topic))) continue;
    std::string side;
    Signal row = row_of(algorithm_of(message.topic), read.leg, side);
    row.action = action;
    row.leg = number;
    if (!history_.pushed(message.topic, row, read.leg.event_ns, frame.recv_ns)) continue;
    rows.add(row, read.leg.event_ns);
  }
}

// Folded by what the message says, not by its references, which are each connection's own.
void AlphaHubNormalizer::add_unparsed(const InFrame& frame, std::string_view reason,
                                      RowSink& rows) {
  const auto message = frame.opcode == Opcode::text ? parse_message(frame.root()) : std::nullopt;
  const std::uint64_t key =
      message ? key_of(*message, message->payload.raw()) : hash_text(frame.payload);
  if (fold_.is_new(key, frame.slot, frame.recv_ns)) rows.add(Unparsed{reason}, std::nullopt);
}

}  // namespace tapedeck::alphahub
