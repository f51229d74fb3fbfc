#include "schema/feeds/alphahub/login.h"

#include <algorithm>

namespace tapedeck::alphahub {

namespace {

constexpr std::string_view kToken = "token";

void collect(Json value, std::vector<std::string_view>& secrets) {
  if (value.is_object() || value.is_array()) {
    for (Json member = value.first(); member.exists(); member = member.next()) {
      collect(member, secrets);
    }
  } else if (value.key().find(kToken) != std::string_view::npos && !value.scalar().empty()) {
    secrets.push_back(value.scalar());
    // As it stands in the answer, where escapes make that another text.
    std::string_view sent = value.raw();
    if (value.is_string()) sent = sent.substr(1, sent.size() - 2);
    if (sent != value.scalar()) secrets.push_back(sent);
  }
}

// What stands in quotes after each `token": `, to the end where no quote follows.
void collect_from_text(std::string_view text, std::vector<std::string_view>& secrets) {
  for (std::size_t at = text.find(kToken); at != std::string_view::npos; at = text.find(kToken)) {
    text.remove_prefix(at + kToken.size());
    const std::size_t begin = std::min(text.find_first_not_of("\"': \t\r\n"), text.size());
    const std::string_view rest = text.substr(begin);
    const std::string_view value = rest.substr(0, rest.find_first_of("\"',} \t\r\n"));
    if (!value.empty()) secrets.push_back(value);
  }
}

}  // namespace

std::vector<std::string_view> secrets_in(const JsonDoc& doc, std::string_view body) {
  std::vector<std::string_view> secrets;
  if (doc.root().exists()) {
    collect(doc.root(), secrets);
  } else {
    collect_from_text(body, secrets);
  }
  return secrets;
}

}  // namespace tapedeck::alphahub
