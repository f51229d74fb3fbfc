#include "tools/cli/show_lines.h"

#include "schema/base/text.h"
#include "schema/ws/codec.h"
#include "tools/cli/format.h"
#include "tools/cli/json_writer.h"

namespace tapedeck::cli {
namespace {

using Kind = TimelineEvent::Kind;

constexpr std::size_t kOffsetWidth = 15;

std::string head(Ns t, const LineStyle& style) {
  const std::string offset = fixed_offset(t, style.start_ns);
  const std::size_t blanks = offset.size() < kOffsetWidth ? kOffsetWidth - offset.size() : 0;
  return fixed_time(t) + " " + std::string(blanks, ' ') + offset + " ";
}

std::string place_of(const ConnectionInfo& connection) {
  return connection.feed + "/" + connection.endpoint + "#" + std::to_string(connection.id);
}

std::string payload_text(const FrameRecord& frame, std::size_t width) {
  std::string_view payload = frame.payload;
  if (frame.opcode == Opcode::close) {
    ws::Close close;
    if (!ws::parse_close(payload, close)) return hex(payload);
    if (close.code == close_code::kNone) return "(no code)";
    return std::to_string(close.code) + " " + printable(close.reason);
  }
  const bool is_text = frame.opcode == Opcode::text ||
                       (frame.opcode != Opcode::binary && ws::is_valid_utf8(payload));
  // No more than can be seen: a payload may be long, and a character has at most four bytes.
  if (width > 0) payload = payload.substr(0, 4 * width);
  return is_text ? printable(payload) : hex(payload);
}

std::string fitted(const std::string& line, const LineStyle& style) {
  return style.width > 0 ? cut(line, style.width) : line;
}

std::string close_words(const ConnectionInfo& connection) {
  std::string text = connection.opened_ns ? "closed" : "failed";
  if (connection.closed_by != ClosedBy::none)
    text += " by " + std::string(to_string(connection.closed_by));
  if (connection.close_code) text += ", " + std::to_string(*connection.close_code);
  if (connection.close_reason && !connection.close_reason->empty())
    text += " " + *connection.close_reason;
  if (connection.error) text += ": " + *connection.error;
  return text;
}

std::string gap_words(const TimelineEvent& event) {
  const Gap& gap = *event.gap;
  std::string text = gap.feed + "/" + gap.stream + " ~~ gap ";
  if (event.kind == Kind::gap_begin) {
    text += "begins: " + std::string(to_string(gap.cause));
  } else {
    text += "ends after " + human_duration(*gap.to_ns - gap.from_ns) + ": " +
            std::string(to_string(gap.status)) + ", " + std::to_string(gap.recovered) +
            " recovered";
  }
  if (!gap.detail.empty()) text += " (" + gap.detail + ")";
  return text;
}

std::string event_words(const TimelineEvent& event) {
  switch (event.kind) {
    case Kind::open:
      return place_of(*event.connection) + " ** open, attempt " +
             std::to_string(event.connection->attempt) + ": " + event.connection->url;
    case Kind::ready:
      return place_of(*event.connection) + " ** ready";
    case Kind::close:
      return place_of(*event.connection) + " ** " + close_words(*event.connection);
    case Kind::gap_begin:
    case Kind::gap_end:
      return gap_words(event);
    case Kind::feed_error:
      return std::string(event.feed) + " !! error " + std::string(event.code) +
             (event.code.empty() || event.message.empty() ? "" : ": ") + std::string(event.message);
  }
  return "";
}

std::string connection_json(const TimelineEvent& event) {
  const ConnectionInfo& connection = *event.connection;
  JsonObject object;
  object.add("t", "connection");
  const char* name = "close";
  if (event.kind == Kind::open) name = "open";
  if (event.kind == Kind::ready) name = "ready";
  object.add("event", name)
      .add("at_ns", event.at_ns)
      .add("connection_id", connection.id)
      .add("feed", connection.feed)
      .add("endpoint", connection.endpoint);
  if (event.kind == Kind::open)
    object.add("url", connection.url).add("attempt", connection.attempt);
  if (event.kind == Kind::close) {
    object.add("close_code", connection.close_code)
        .add("close_reason", connection.close_reason)
        .raw("closed_by", connection.closed_by == ClosedBy::none
                              ? "null"
                              : json_string(to_string(connection.closed_by)))
        .add("error", connection.error);
  }
  return object.text();
}

std::string gap_json(const TimelineEvent& event) {
  const Gap& gap = *event.gap;
  return JsonObject()
      .add("t", "gap")
      .add("event", event.kind == Kind::gap_begin ? "begin" : "end")
      .add("at_ns", event.at_ns)
      .add("gap_id", gap.id)
      .add("feed", gap.feed)
      .add("stream", gap.stream)
      .add("cause", to_string(gap.cause))
      .add("status", to_string(gap.status))
      .add("recovered", gap.recovered)
      .add("detail", gap.detail)
      .text();
}

}  // namespace

std::string frame_line(const FrameRecord& frame, const ConnectionInfo& connection,
                       const LineStyle& style) {
  std::string line = head(frame.recv_ns, style) + printable(place_of(connection));
  line += frame.direction == Direction::in ? " <- " : " -> ";
  line += to_string(frame.opcode);
  if (!frame.payload.empty()) line += " " + payload_text(frame, style.width);
  return fitted(line, style);
}

std::string event_line(const TimelineEvent& event, const LineStyle& style) {
  return fitted(head(event.at_ns, style) + printable(event_words(event)), style);
}

std::string frame_json(const FrameRecord& frame, const ConnectionInfo& connection) {
  JsonObject object;
  object.add("t", "frame")
      .add("id", frame.id)
      .add("connection_id", frame.connection_id)
      .add("feed", connection.feed)
      .add("endpoint", connection.endpoint)
      .add("direction", to_string(frame.direction))
      .add("opcode", static_cast<int>(frame.opcode))
      .add("recv_ns", frame.recv_ns);
  const bool may_be_text = frame.opcode != Opcode::binary && frame.opcode != Opcode::close;
  if (may_be_text && ws::is_valid_utf8(frame.payload)) {
    object.add("payload", frame.payload);
  } else {
    object.add("payload_b64", base64_encode(frame.payload));
  }
  return object.text();
}

std::string event_json(const TimelineEvent& event) {
  if (event.kind == Kind::feed_error) {
    return JsonObject()
        .add("t", "feed_error")
        .add("at_ns", event.at_ns)
        .add("feed", event.feed)
        .add("code", event.code)
        .add("message", event.message)
        .text();
  }
  return event.gap != nullptr ? gap_json(event) : connection_json(event);
}

}  // namespace tapedeck::cli
