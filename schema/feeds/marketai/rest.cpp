#include "schema/feeds/marketai/rest.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/text.h"
#include "schema/feeds/marketai/wire.h"

namespace tapedeck::marketai {

namespace {

constexpr std::size_t kLimitDefault = 100;

// A whole number from 0, in all of `text`; nullopt for anything else.
std::optional<std::int64_t> parse_count(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// `Authorization: Bearer KEY`, the scheme's name in any case.
bool has_key(const HttpRequest& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view given = trim(request.header("Authorization"));
  if (given.size() <= kScheme.size()) return false;
  if (to_lower(given.substr(0, kScheme.size())) != kScheme) return false;
  return !trim(given.substr(kScheme.size())).empty();
}

// What a request asks for; `bad` names the first parameter that is wrong.
struct Asked {
  ServiceData::Query query;
  std::string interval;
  std::string bad;
};

// Both ends of a span belong to it, in whole milliseconds.
std::optional<Ns> read_ms(const Target& target, std::string_view name, bool is_end, Asked& asked) {
  if (!target.has(name)) return std::nullopt;
  const auto ms = parse_count(target.get(name));
  if (!ms && asked.bad.empty()) asked.bad = name;
  if (!ms) return std::nullopt;
  constexpr std::int64_t kMsMax = std::numeric_limits<Ns>::max() / kNsPerMs - 1;
  return (std::min(*ms, kMsMax) + (is_end ? 1 : 0)) * kNsPerMs;
}

Asked read_request(const Channel& channel, const Target& target) {
  Asked asked;
  asked.query.stream = channel.name;
  asked.query.symbol = target.get("symbol");
  asked.query.from_ns = read_ms(target, "from", false, asked);
  asked.query.to_ns = read_ms(target, "to", true, asked);
  // From a start onwards, or back from the end.
  asked.query.newest_first = !asked.query.from_ns.has_value();
  asked.query.limit = kLimitDefault;
  if (target.has("limit")) {
    const auto limit = parse_count(target.get("limit"));
    if ((!limit || *limit == 0) && asked.bad.empty()) asked.bad = "limit";
    const auto cap = static_cast<std::int64_t>(kPageMax);
    asked.query.limit = static_cast<std::size_t>(std::min(limit.value_or(0), cap));
  }
  if (channel.name == "klines") asked.interval = target.get("interval");
  return asked;
}

// The page of those rows that have `interval`: the limit counts them alone.
std::vector<std::string> rows_of(const Asked& asked, ServiceData& data) {
  if (asked.interval.empty()) return data.history(asked.query);
  std::vector<std::string> found;
  ServiceData::Query query = asked.query;
  query.limit = kPageMax;
  JsonDoc doc;
  while (true) {
    std::vector<std::string> rows = data.history(query);
    const bool is_last = rows.size() < query.limit;
    query.offset += rows.size();
    for (std::string& row : rows) {
      if (!doc.parse(row) || doc.root()["interval"].text() != asked.interval) continue;
      found.push_back(std::move(row));
      if (found.size() == asked.query.limit) return found;
    }
    if (is_last) return found;
  }
}

HttpReply list_reply(const std::vector<std::string>& rows, Ns now_ns) {
  HttpReply reply;
  reply.body = R"({"ok":true,"data":[)" + join(rows, ",") + R"(],"meta":{"timestamp":)" +
               std::to_string(now_ns / kNsPerMs) + "}}";
  return reply;
}

}  // namespace

HttpReply error_reply(int status, std::string_view code, std::string_view message) {
  HttpReply reply;
  reply.status = status;
  reply.body = R"({"ok":false,"error":{"code":)" + json_string(code) + R"(,"message":)" +
               json_string(message) + "}}";
  return reply;
}

std::string rest_row(Json update) {
  const Json data = update["data"];
  std::string row(data.raw());
  const std::string_view sent = update["ts"].raw();
  if (!data.is_object() || data["timestamp"].exists() || sent.empty()) return row;
  row.pop_back();
  if (data.size() > 0) row += ',';
  return row.append(R"("timestamp":)").append(sent).append("}");
}

std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data) {
  for (const Channel& channel : kChannels) {
    if (channel.rest_path.empty() || channel.rest_path != request.target.path) continue;
    if (request.method != "GET") {
      HttpReply reply = error_reply(405, "METHOD_NOT_ALLOWED", "Use GET");
      reply.headers.emplace_back("Allow", "GET");
      return reply;
    }
    if (!has_key(request)) return error_reply(401, code::kUnauthorized, "Invalid API key");
    const Asked asked = read_request(channel, request.target);
    if (!asked.bad.empty()) {
      return error_reply(400, "INVALID_PARAMETER", "Invalid parameter: " + asked.bad);
    }
    return list_reply(rows_of(asked, data), data.now_ns());
  }
  return std::nullopt;
}

}  // namespace tapedeck::marketai
