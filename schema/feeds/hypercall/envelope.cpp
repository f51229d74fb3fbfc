#include "schema/feeds/hypercall/envelope.h"

#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

constexpr std::size_t kWordsMax = 160;

// A refusal inside of a 2xx answer; empty when it is none.
std::string refusal_in(Json root) {
  const Json error = first_of(root, {"error", "errors"});
  const Json success = root["success"];
  if (!error.exists() && success.boolean().value_or(true)) return {};
  const Json words = error.is_object() ? first_of(error, {"message", "code"}) : error;
  std::string text(words.scalar().data() != nullptr ? words.scalar() : error.raw());
  if (text.size() > kWordsMax) text.resize(kWordsMax);
  return "the service refused: " + (text.empty() ? "it does not say why" : text);
}

struct Body {
  std::string problem;
  Json value;
  bool is_null = false;
};

Body body_of(Json root) {
  Body body;
  if (!root.is_object()) {
    body.value = root;
    return body;
  }
  body.problem = refusal_in(root);
  body.value = first_of(root, {"data", "result"});
  if (body.value.exists()) return body;
  body.is_null = root["data"].exists() || root["result"].exists();
  if (!body.is_null) body.value = root;
  return body;
}

}  // namespace

Listing read_listing(Json root) {
  Listing listing;
  const Body body = body_of(root);
  listing.problem = body.problem;
  if (!listing.problem.empty() || body.is_null) return listing;
  Json list = body.value;
  if (list.is_object()) {
    list = first_of(list, {"data", "trades", "fills", "orders", "rows", "items", "list"});
  }
  if (!list.is_array()) {
    listing.problem = "no list of rows";
    return listing;
  }
  listing.list = list;
  listing.items = static_cast<std::int64_t>(list.size());
  for (const Json part : {root, body.value}) {
    if (!listing.limit) listing.limit = part["pagination"]["limit"].integer();
  }
  if (listing.limit && *listing.limit <= 0) listing.limit.reset();
  return listing;
}

Single read_single(Json root) {
  Single single;
  const Body body = body_of(root);
  single.problem = body.problem;
  if (!single.problem.empty() || body.is_null) return single;
  if (!body.value.is_object()) {
    single.problem = "no object";
    return single;
  }
  single.object = body.value;
  return single;
}

}  // namespace tapedeck::hypercall
