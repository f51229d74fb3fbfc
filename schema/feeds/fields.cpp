#include "schema/feeds/fields.h"

namespace tapedeck {

void Problem::say(std::string_view how, std::string_view what) {
  if (any()) return;
  reason_.append(about_).append(": ").append(how).append(what);
}

Json Fields::find(std::string_view name, Need need) {
  const Json value = object_[name];
  if (value.exists() && value.kind() != JsonKind::null) return value;
  if (need == Need::required) problem_->no(name);
  return {};
}

Text Fields::text(std::string_view name, Need need) {
  const Json value = find(name, need);
  if (value.exists() && !value.is_string()) problem_->bad(name);
  return value.text();
}

Text Fields::decimal(std::string_view name, Need need) {
  const Json value = find(name, need);
  if (value.exists() && !value.is_string() && !value.is_number()) problem_->bad(name);
  return value.scalar();
}

Id Fields::id(std::string_view name, Need need) {
  decimal(name, need);
  return Id::of(object_[name]);
}

Bool Fields::flag(std::string_view name) {
  const Json value = find(name, Need::optional);
  if (value.exists() && value.kind() != JsonKind::boolean) problem_->bad(name);
  return value.boolean();
}

Int Fields::time(std::string_view name, Ns unit, Need need) {
  const Json value = find(name, need);
  if (!value.exists()) return std::nullopt;
  const Int ns = parse_unix(value.scalar(), unit);
  if (!ns) problem_->bad(name);
  return ns;
}

Json Fields::nested(std::string_view name, JsonKind kind) {
  const Json value = find(name, Need::optional);
  if (value.exists() && value.kind() != kind) problem_->bad(name);
  return value.kind() == kind ? value : Json();
}

std::string describe(const ErrorInfo& error) {
  std::string text(error.code);
  if (!error.message.empty()) {
    if (!text.empty()) text += ": ";
    text += error.message;
  }
  return text.empty() ? "an error without code or message" : text;
}

}  // namespace tapedeck
