#include "schema/feeds/hypercall/rest.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "schema/base/json.h"
#include "schema/base/text.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

constexpr std::int64_t kDefaultLimit = 100;  // assumed
constexpr std::int64_t kDefaultDepth = 15;   // as the public client asks
constexpr std::int64_t kIntMax = std::numeric_limits<std::int64_t>::max();

HttpReply refusal(int status, std::string_view why) {
  HttpReply reply;
  reply.status = status;
  reply.body = R"({"success":false,"error":)" + json_string(why) + "}";
  return reply;
}

// Reads a request's parameters; the first wrong one is remembered.
class Parameters {
 public:
  explicit Parameters(const Target& target) : target_(&target) {}

  bool has(std::string_view name) const { return target_->has(name); }
  std::string text(std::string_view name) const { return target_->get(name); }

  std::int64_t whole(std::string_view name, std::int64_t fallback, std::int64_t min,
                     std::int64_t max = kIntMax) {
    if (!has(name)) return fallback;
    const std::string given = text(name);
    std::int64_t number = 0;
    const auto read = std::from_chars(given.data(), given.data() + given.size(), number);
    const bool whole_text = read.ec == std::errc() && read.ptr == given.data() + given.size();
    if (!whole_text || given.empty() || number < min) {
      fail("Invalid " + std::string(name) + ": " + given);
      return fallback;
    }
    return std::min(number, max);
  }

  void require_wallet() {
    if (!has("wallet")) return fail("Missing parameter: wallet");
    if (!is_wallet(text("wallet"))) fail("Invalid wallet address: " + text("wallet"));
  }

  void fail(const std::string& why) {
    if (error_.empty()) error_ = why;
  }
  const std::string& error() const { return error_; }

 private:
  const Target* target_;
  std::string error_;
};

// A page larger than the cap is cut to it, so that a client must go on by the limit that was
// returned.
ServiceData::Query page_of(Parameters& parameters, std::string stream) {
  ServiceData::Query query;
  query.stream = std::move(stream);
  const auto cap = static_cast<std::int64_t>(kPageMax);
  query.limit = static_cast<std::size_t>(parameters.whole("limit", kDefaultLimit, 1, cap));
  query.offset = static_cast<std::size_t>(parameters.whole("offset", 0, 0));
  query.symbol = parameters.text("symbol");
  query.newest_first = true;
  return query;
}

HttpReply list_reply(const std::vector<std::string>& rows, const ServiceData::Query& query) {
  HttpReply reply;
  reply.body = R"({"success":true,"data":[)" + join(rows, ",") + R"(],"pagination":{"limit":)" +
               std::to_string(query.limit) + R"(,"offset":)" + std::to_string(query.offset) +
               R"(,"count":)" + std::to_string(rows.size()) + "}}";
  return reply;
}

HttpReply value_reply(std::string_view json) {
  HttpReply reply;
  reply.body = R"({"success":true,"data":)" + std::string(json) + "}";
  return reply;
}

HttpReply trades(Parameters parameters, ServiceData& data) {
  ServiceData::Query query = page_of(parameters, "trades");
  if (parameters.has("after_trade_id")) {
    query.after = parameters.whole("after_trade_id", 0, 0);
    query.newest_first = false;
    if (!query.symbol.empty()) parameters.fail("after_trade_id cannot be combined with filters");
  }
  if (!parameters.error().empty()) return refusal(400, parameters.error());
  return list_reply(data.history(query), query);
}

HttpReply fills(Parameters parameters, ServiceData& data) {
  parameters.require_wallet();
  const ServiceData::Query query = page_of(parameters, "fills");
  if (!parameters.error().empty()) return refusal(400, parameters.error());
  return list_reply(data.history(query), query);
}

// The page of those orders that have `status`: offset and limit count them alone.
std::vector<std::string> orders_with(const std::string& status, const ServiceData::Query& page,
                                     ServiceData& data) {
  std::vector<std::string> found;
  ServiceData::Query query = page;
  query.offset = 0;
  query.limit = kPageMax;
  std::size_t skipped = 0;
  JsonDoc doc;
  while (true) {
    const std::vector<std::string> rows = data.history(query);
    for (const std::string& row : rows) {
      if (!doc.parse(row) || doc.root()["status"].text() != status) continue;
      if (skipped++ < page.offset) continue;
      found.push_back(row);
      if (found.size() == page.limit) return found;
    }
    if (rows.size() < query.limit) return found;
    query.offset += rows.size();
  }
}

HttpReply orders(Parameters parameters, ServiceData& data) {
  parameters.require_wallet();
  const ServiceData::Query query = page_of(parameters, "orders");
  if (!parameters.error().empty()) return refusal(400, parameters.error());
  const std::string status = parameters.text("status");
  return list_reply(status.empty() ? data.history(query) : orders_with(status, query, data), query);
}

// `book` as it is but for its sides, of which the best `depth` levels stay.
std::string cut_to_depth(Json book, std::int64_t depth) {
  std::string out = "{";
  for (Json member = book.first(); member.exists(); member = member.next()) {
    if (out.size() > 1) out += ',';
    append_json_string(out, member.key());
    out += ':';
    const bool is_side = (member.key() == "bids" || member.key() == "asks") && member.is_array();
    if (!is_side) {
      out += member.raw();
      continue;
    }
    std::vector<std::string> levels;
    for (Json level = member.first(); level.exists(); level = level.next()) {
      if (static_cast<std::int64_t>(levels.size()) == depth) break;
      levels.emplace_back(level.raw());
    }
    out += "[" + join(levels, ",") + "]";
  }
  return out + "}";
}

HttpReply orderbook(Parameters parameters, ServiceData& data) {
  const std::string instrument = parameters.text("instrument_id");
  if (instrument.empty()) parameters.fail("Missing parameter: instrument_id");
  const std::int64_t depth = parameters.whole("depth", kDefaultDepth, 1);
  if (!parameters.error().empty()) return refusal(400, parameters.error());
  ServiceData::Query query;
  query.stream = "orderbook";
  query.symbol = instrument;
  query.limit = 1;
  query.newest_first = true;
  const std::vector<std::string> books = data.history(query);
  JsonDoc doc;
  if (books.empty() || !doc.parse(books.front())) {
    return refusal(404, "Unknown instrument: " + instrument);
  }
  return value_reply(cut_to_depth(doc.root(), depth));
}

HttpReply portfolio(Parameters parameters, ServiceData& data) {
  parameters.require_wallet();
  if (!parameters.error().empty()) return refusal(400, parameters.error());
  ServiceData::Query query;
  query.stream = "portfolio";
  query.limit = 1;
  query.newest_first = true;
  const std::vector<std::string> states = data.history(query);
  return value_reply(states.empty() ? std::string_view("null") : std::string_view(states.front()));
}

}  // namespace

std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data) {
  using Handler = HttpReply (*)(Parameters, ServiceData&);
  struct Path {
    std::string_view path;
    Handler handler;
  };
  constexpr Path kPaths[] = {{"/trades", trades},
                             {"/fills", fills},
                             {"/orders", orders},
                             {"/orderbook", orderbook},
                             {"/portfolio", portfolio}};
  for (const Path& known : kPaths) {
    if (known.path != request.target.path) continue;
    if (request.method != "GET") return refusal(405, "Method not allowed: " + request.method);
    return known.handler(Parameters(request.target), data);
  }
  return std::nullopt;
}

}  // namespace tapedeck::hypercall
