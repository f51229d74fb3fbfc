#include "schema/feeds/alterscope/wire.h"

#include "schema/base/text.h"
#include "schema/feeds/fold.h"

namespace tapedeck::alterscope {

namespace {

bool is_sent(Json value) {
  return value.exists() && value.kind() != JsonKind::null;
}

// A factor's value: a number, a text, or null where there is none.
bool is_value(Json value) {
  return !is_sent(value) || value.is_number() || value.is_string();
}

// All but the opportunity, or what is wrong.
std::string_view read_values(Json message, Json current, Change& out) {
  out.row.factor = message["factor"].scalar();
  if (out.row.factor.empty()) return "no factor";
  if (!current.exists()) return "no current";
  if (!is_value(current)) return "bad current";
  if (!is_value(message["previous"])) return "bad previous";
  out.row.current = current.scalar();
  out.row.previous = message["previous"].scalar();
  out.row.as_of_block = Id::of(message["as_of_block"]);
  out.as_of = message["as_of"].scalar();
  if (!out.as_of.empty()) out.as_of_ns = parse_any_time(out.as_of);
  return {};
}

}  // namespace

std::string_view type_of(Json message) {
  return message["type"].text();
}

Kind kind_of(Json message) {
  const Json type = message["type"];
  if (type.text() == kChangedType) return Kind::changed;
  if (type.text() == "error") return Kind::error;
  if (!is_sent(type) && is_sent(message["error"])) return Kind::error;
  return Kind::other;
}

std::string read_change(Json message, Change& out) {
  out = {};
  out.row.opportunity_id = message["opportunity_id"].scalar();
  if (out.row.opportunity_id.empty()) return "factor.changed: no opportunity_id";
  const std::string_view why = read_values(message, message["current"], out);
  return why.empty() ? "" : "factor.changed: " + std::string(why);
}

std::string read_state(Json item, std::string_view opportunity, Change& out) {
  out = {};
  out.row.opportunity_id = opportunity;
  const Json current = item["current"];
  const std::string_view why = read_values(item, current.exists() ? current : item["value"], out);
  return why.empty() ? "" : "REST factor: " + std::string(why);
}

std::uint64_t identity_of(const Change& change) {
  const Factor& row = change.row;
  std::uint64_t key = hash_combine(hash_text(row.opportunity_id), hash_text(row.factor));
  key = hash_combine(key, change.as_of_ns ? static_cast<std::uint64_t>(*change.as_of_ns)
                                          : hash_text(change.as_of));
  key = hash_combine(key, row.as_of_block.integer
                              ? static_cast<std::uint64_t>(*row.as_of_block.integer)
                              : hash_text(row.as_of_block.digits));
  return hash_combine(hash_combine(key, hash_text(row.previous)), hash_text(row.current));
}

ErrorInfo read_error(Json message) {
  const Json error = message["error"];
  if (error.is_object()) return {error["code"].scalar(), error["message"].scalar()};
  ErrorInfo info{message["code"].scalar(), message["message"].scalar()};
  if (info.message.data() == nullptr) info.message = error.scalar();
  return info;
}

std::string factors_path(std::string_view template_path, std::string_view opportunity) {
  const std::size_t at = template_path.find(kIdMark);
  if (at == std::string_view::npos) return std::string(template_path);
  std::string path(template_path.substr(0, at));
  path += percent_encode(opportunity);
  path += template_path.substr(at + kIdMark.size());
  return path;
}

}  // namespace tapedeck::alterscope
