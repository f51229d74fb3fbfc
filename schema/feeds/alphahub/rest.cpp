#include "schema/feeds/alphahub/rest.h"

#include <algorithm>
#include <string>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/text.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

namespace {

// The path has no paging: what a simulated day may hold would never end otherwise.
constexpr std::size_t kRowsMax = 50'000;

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

// Takes out the rows from before `from`; a row whose time cannot be read stays.
void keep_from(Ns from, std::vector<std::string>& rows) {
  JsonDoc doc;
  std::erase_if(rows, [&](const std::string& row) {
    if (!doc.parse(row)) return false;
    const auto time = read_time(member_of(doc.root(), "timestamp"), kUtc);
    return time && *time < from;
  });
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
  query.limit = kRowsMax;
  query.newest_first = true;
  std::vector<std::string> rows = data.history(query);
  if (from) keep_from(*from, rows);
  HttpReply reply;
  reply.body = R"({"data":{"signals":[)" + join(rows, ",") + "]}}";
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
