// The parts that feed.cpp puts together; nobody else includes this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/client.h"
#include "schema/feed.h"
#include "schema/normalize.h"
#include "schema/service.h"
#include "schema/shape.h"

namespace tapedeck::alterscope {

enum class Auth : std::uint8_t {
  bearer,  // `Authorization: Bearer KEY`, as documented
  query,   // `?token=KEY`
};

// One user's configuration, checked.
struct Settings {
  std::string ws_url;  // both without a slash at the end
  std::string rest_url;
  std::string api_key;
  Auth auth = Auth::bearer;
  std::vector<std::string> opportunities;
  std::vector<std::string> categories;
  std::optional<std::string> alert_threshold;  // a decimal, as it is sent
  bool details = true;
  std::string factors_path;
  int page_limit = 0;
};
Result<Settings> read_settings(ConfigReader& config, const LinkSettings& link);
// The key's header, unless it goes into the query.
Headers auth_headers(const Settings& settings);

// `settings` must outlive the client.
std::unique_ptr<Client> make_client(const Settings& settings);

// What of the configuration a decoder has to know.
struct Subscription {
  std::vector<std::string> categories;  // empty: all
  bool has_threshold = false;           // the service leaves out small changes
};
std::unique_ptr<Normalizer> make_normalizer(int connections, Subscription subscription);

// `settings` must outlive the fill.
std::unique_ptr<GapFill> make_fill(const Settings& settings, const FillTask& task);

const FeedShapes& shapes();

const Service& service();
const Recall& recall();
// The answer of the service's REST paths; nullopt: no such path.
std::optional<HttpReply> answer_rest(const HttpRequest& request, ServiceData& data);
// 401 in the service's form when neither a bearer token nor `?token=` is there.
std::optional<HttpReply> refuse_stranger(const HttpRequest& request);
// The service's form of a refusal. `request_id` is made from the request, so that it is the same
// each time.
HttpReply error_reply(const HttpRequest& request, int status, std::string_view code,
                      std::string_view message);

std::unique_ptr<Simulator> make_simulator(std::uint64_t seed);

}  // namespace tapedeck::alterscope
