// Alterscope's REST answer (assumed; docs/feeds/alterscope.md): the present value of every factor
// of an opportunity. It is state, not history.
#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"

namespace tapedeck::alterscope {

namespace {

// The opportunity that a path is about; empty when it is no path of ours.
std::string opportunity_of(std::string_view path) {
  const std::size_t mark = kFactorsPath.find(kIdMark);
  const std::string_view before = kFactorsPath.substr(0, mark);
  const std::string_view after = kFactorsPath.substr(mark + kIdMark.size());
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after)) {
    return "";
  }
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  if (path.find('/') != std::string_view::npos) return "";
  return percent_decode(path);
}

// The last answer row of each factor, by name.
std::map<std::string, std::string> state_of(const std::string& opportunity, ServiceData& data) {
  constexpr std::size_t kBatch = 1'000;
  std::map<std::string, std::string> state;
  ServiceData::Query query;
  query.stream = opportunity;
  query.newest_first = true;
  query.limit = kBatch;
  JsonDoc doc;
  while (true) {
    const std::vector<std::string> rows = data.history(query);
    for (const std::string& row : rows) {
      if (!doc.parse(row)) continue;
      const std::string_view factor = doc.root()["factor"].scalar();
      if (!factor.empty()) state.try_emplace(std::string(factor), row);
    }
    if (rows.size() < kBatch) return state;
    query.offset += rows.size();
  }
}

// 1 to the maximum, what is above being cut to it; nullopt for anything else.
std::optional<std::size_t> page_limit(const Target& target) {
  constexpr std::string_view kName = "page[limit]";
  if (!target.has(kName)) return kPageLimitDefault;
  const std::string text = target.get(kName);
  std::size_t limit = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool is_whole = read.ptr == text.data() + text.size() && !text.empty();
  if (is_whole && read.ec == std::errc::result_out_of_range) return kPageLimitMax;
  if (!is_whole || read.ec != std::errc() || limit == 0) return std::nullopt;
  return std::min<std::size_t>(limit, kPageLimitMax);
}

}  // namespace

// Pages go by the factor's name, so that changes between two of them neither skip nor repeat one.
std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data) {
  const std::string opportunity = opportunity_of(request.target.path);
  if (opportunity.empty()) return std::nullopt;
  if (request.method != "GET") {
    HttpReply reply = error_reply(request, 405, "method_not_allowed", "Use GET");
    reply.headers.emplace_back("Allow", "GET");
    return reply;
  }
  if (auto refusal = refuse_stranger(request)) return refusal;
  const auto limit = page_limit(request.target);
  if (!limit) {
    return error_reply(request, 400, "invalid_request",
                       "page[limit] must be a number from 1 to " + std::to_string(kPageLimitMax));
  }
  const auto state = state_of(opportunity, data);
  std::vector<std::string> rows;
  std::string last;
  auto item = state.upper_bound(request.target.get("page[cursor]"));
  for (; item != state.end() && rows.size() < *limit; ++item) {
    rows.push_back(item->second);
    last = item->first;
  }
  const bool has_more = item != state.end();
  HttpReply reply;
  reply.body = R"({"data":[)" + join(rows, ",") + R"(],"meta":{"cursor":)" +
               (has_more ? json_string(last) : "null") + R"(,"has_more":)" +
               (has_more ? "true" : "false") + "}}";
  return reply;
}

}  // namespace tapedeck::alterscope
