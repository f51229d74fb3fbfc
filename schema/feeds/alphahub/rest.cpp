#include "schema/feeds/alphahub/rest.h"

#include <algorithm>
#include <string>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/text.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

namespace {

constexpr std::size_t kPageRows = 1'000;

HttpReply only(std::string_view method) {
  HttpReply reply = refusal(405, "Method not allowed");
  reply.headers.emplace_back("Allow", method);
  return reply;
}

// A field of an `application/x-www-form-urlencoded` body; "" when it is absent.
std::string form_field(std::string_view body, std::string_view name) {
  std::string text(body);
  std::replace(text.begin(), text.end(), '+', ' ');
  return parse_target("?" + text).get(name);
}

HttpReply log_in(const HttpRequest& request) {
  if (request.method != "POST") return only("POST");
  if (form_field(request.body, "user[email]").empty() ||
      form_field(request.body, "user[password]").empty()) {
    return refusal(401, "Invalid email or password");
  }
  HttpReply reply;
  // Any token opens the socket.
  reply.body = R"({"data":{"renew_token":"tapedeck-renew-token",)"
               R"("token":"tapedeck-session-token"}})";
  return reply;
}

// A date, `2019-02-10`, is its midnight UTC; a full time is taken as well.
std::optional<Ns> parse_after(std::string_view text) {
  constexpr std::size_t kDateSize = 10;
  if (text.size() == kDateSize) return parse_rfc3339(std::string(text) + "T00:00:00Z");
  return parse_rfc3339(text, MissingZone::assume_utc);
}

// Rows from `from` on; a row whose time cannot be read stays. A page without any ends the search:
// the rows before it are older.
std::vector<std::string> rows_from(std::optional<Ns> from, ServiceData::Query query,
                                   ServiceData& data) {
  std::vector<std::string> kept;
  JsonDoc doc;
  while (true) {
    std::vector<std::string> page = data.history(query);
    std::size_t passed = 0;
    for (std::string& row : page) {
      if (from && doc.parse(row)) {
        const auto time = read_time(member_of(doc.root(), "timestamp"), kUtc);
        if (time && *time < *from) continue;
      }
      ++passed;
      kept.push_back(std::move(row));
    }
    if (page.size() < query.limit || passed == 0) return kept;
    query.offset += page.size();
  }
}

HttpReply signals(std::string_view id, const HttpRequest& request, ServiceData& data) {
  if (request.method != "GET") return only("GET");
  if (trim(request.header("Authorization")).empty()) return refusal(401, "Invalid token");
  std::optional<Ns> from;
  if (request.target.has("after")) {
    from = parse_after(request.target.get("after"));
    if (!from) return refusal(400, "after must be a date, such as 2019-02-10");
  }
  ServiceData::Query query;
  query.stream.append(kTopicPrefix).append(id);
  query.limit = kPageRows;
  query.newest_first = true;
  HttpReply reply;
  reply.body = R"({"data":{"signals":[)" + join(rows_from(from, query, data), ",") + "]}}";
  return reply;
}

}  // namespace

HttpReply refusal(int status, std::string_view why) {
  HttpReply reply;
  reply.status = status;
  reply.body = R"({"error":)" + json_string(why) + "}";
  return reply;
}

std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data) {
  std::string_view path = request.target.path;
  if (path == kSessionPath) return log_in(request);
  const std::size_t place = kSignalsPath.find(kIdPlace);
  const std::string_view before = kSignalsPath.substr(0, place);
  const std::string_view after = kSignalsPath.substr(place + kIdPlace.size());
  if (!path.starts_with(before)) return std::nullopt;
  path.remove_prefix(before.size());
  if (!path.ends_with(after)) return std::nullopt;
  path.remove_suffix(after.size());
  if (!is_algorithm_id(path)) return std::nullopt;
  return signals(path, request, data);
}

}  // namespace tapedeck::alphahub
