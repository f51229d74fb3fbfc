#include "schema/feeds/marketai/wire.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tapedeck::marketai {

const Channel* find_channel(std::string_view name) {
  for (const Channel& channel : kChannels) {
    if (channel.name == name) return &channel;
  }
  return nullptr;
}

const Channel* channel_of(TableId table) {
  for (const Channel& channel : kChannels) {
    if (channel.table == table) return &channel;
  }
  return nullptr;
}

std::vector<std::string> channel_names() {
  std::vector<std::string> found;
  for (const Channel& channel : kChannels) found.emplace_back(channel.name);
  return found;
}

std::string_view type_of(Json message) {
  return message["type"].text();
}

Kind kind_of(Json message) {
  const std::string_view type = type_of(message);
  if (type == "update") return Kind::update;
  if (type == "pong") return Kind::pong;
  if (type == "error") return Kind::error;
  if (type == "authenticated") return Kind::authenticated;
  if (type == "subscribed") return Kind::subscribed;
  if (type == "unsubscribed") return Kind::unsubscribed;
  if (type.empty() && message["ok"].boolean() == false) return Kind::error;
  return Kind::other;
}

const Channel* channel_of(Json update) {
  const std::string_view name = update["channel"].text();
  return name.empty() ? nullptr : find_channel(name);
}

std::string_view symbol_of(const Channel& channel, Json update) {
  return update["data"][channel.symbol_member].text();
}

ErrorInfo read_error(Json message) {
  ErrorInfo info{message["code"].scalar(), message["message"].scalar()};
  const Json nested = message["error"];
  if (info.code.data() == nullptr) info.code = nested["code"].scalar();
  if (info.message.data() == nullptr) {
    info.message = nested.is_string() ? nested.text() : nested["message"].scalar();
  }
  return info;
}

// `UNAUTHORIZED` is documented, the rest assumed.
bool is_about_credentials(std::string_view code) {
  constexpr std::array<std::string_view, 4> kCodes = {code::kUnauthorized, "INVALID_API_KEY",
                                                      "INVALID_KEY", "FORBIDDEN"};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

std::vector<std::string> rejected_symbols(std::string_view message) {
  constexpr std::string_view kMark = "Rejected:";
  const std::size_t at = message.find(kMark);
  if (at == std::string_view::npos) return {};
  std::vector<std::string> found = split_list(message.substr(at + kMark.size()));
  // A sentence may end after the list; no symbol ends with a full stop.
  if (!found.empty() && found.back().ends_with('.')) found.back().pop_back();
  return found;
}

std::size_t find_name(std::string_view text, std::string_view word) {
  const auto continues_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !continues_name(text[at - 1]);
    const bool ends = end == text.size() || !continues_name(text[end]);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

std::string json_list(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const std::string& item : items) quoted.push_back(json_string(item));
  return "[" + join(quoted, ",") + "]";
}

}  // namespace tapedeck::marketai
