#include "schema/feeds/alphahub/wire.h"

#include <algorithm>
#include <charconv>

#include "schema/base/text.h"

namespace tapedeck::alphahub {

std::optional<Message> parse_message(Json root) {
  if (!root.is_array()) return std::nullopt;
  Message message;
  message.join_ref = root.first();
  message.ref = message.join_ref.next();
  const Json topic = message.ref.next();
  const Json event = topic.next();
  message.payload = event.next();
  if (!message.payload.exists() || !topic.is_string() || !event.is_string()) return std::nullopt;
  message.topic = topic.text();
  message.event = event.text();
  return message;
}

std::string encode(std::string_view join_ref, std::string_view ref, std::string_view topic,
                   std::string_view event, std::string_view payload) {
  std::string text = "[";
  text.append(join_ref).append(",").append(ref).append(",");
  append_json_string(text, topic);
  text += ',';
  append_json_string(text, event);
  text.append(",").append(payload).append("]");
  return text;
}

std::string_view algorithm_of(std::string_view topic) {
  return topic.starts_with(kTopicPrefix) ? topic.substr(kTopicPrefix.size()) : std::string_view();
}

bool is_algorithm_id(std::string_view id) {
  return !id.empty() &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Id id_of(std::string_view algorithm) {
  std::int64_t number = 0;
  const char* end = algorithm.data() + algorithm.size();
  const auto read = std::from_chars(algorithm.data(), end, number);
  const bool is_whole = read.ec == std::errc() && read.ptr == end;
  if (is_whole && std::to_string(number) == algorithm) return {number, {}};
  return {std::nullopt, algorithm};
}

Json member_of(Json object, std::string_view key) {
  if (const Json exact = object[key]; exact.exists()) return exact;
  if (!object.is_object()) return {};
  for (Json member = object.first(); member.exists(); member = member.next()) {
    if (trim(member.key()) == key) return member;
  }
  return {};
}

std::optional<Ns> read_time(Json value, std::string_view zone) {
  const std::string_view text = trim(value.scalar());
  if (text.empty()) return std::nullopt;
  if (const auto zoned = parse_rfc3339(text)) return zoned;
  if (const auto local = parse_rfc3339(std::string(text).append(zone))) return local;
  return parse_any_time(text);
}

std::string date_of(Ns t, std::string_view zone) {
  constexpr std::size_t kDateSize = 10;
  const auto midnight = parse_rfc3339(std::string("1970-01-01T00:00:00").append(zone));
  return format_rfc3339(t - midnight.value_or(0)).substr(0, kDateSize);
}

std::string reason_in(Json answer) {
  constexpr std::size_t kLongest = 120;
  for (const std::string_view name : {"reason", "error", "message"}) {
    const Json found = answer[name];
    if (found.is_object()) return reason_in(found);
    if (!found.scalar().empty()) return std::string(shortened(found.scalar(), kLongest));
  }
  return std::string(shortened(answer.is_string() ? answer.text() : answer.raw(), kLongest));
}

}  // namespace tapedeck::alphahub
