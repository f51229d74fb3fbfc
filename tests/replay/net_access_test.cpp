#include <gtest/gtest.h>

#include "replay/net/access.h"
#include "replay/net/server.h"

namespace tapedeck::web {
namespace {

HttpRequest request(const std::string& target, Headers headers) {
  HttpRequest out;
  out.target = parse_target(target);
  out.headers = std::move(headers);
  return out;
}

int verdict(const Access& access, const HttpRequest& asked) {
  const auto refusal = access.refuse(asked);
  return refusal ? refusal->status : 200;
}

AccessRules rules(const std::string& host) {
  AccessRules out;
  out.listen_host = host;
  out.port = 8765;
  out.machine_name = "Box.example";
  return out;
}

struct HeaderCase {
  std::string value;
  int status;
};

TEST(Access, a_loopback_listener_knows_its_own_host_names_only) {
  const Access access(rules("127.0.0.1"));
  const HeaderCase cases[] = {
      {"localhost", 200},
      {"LocalHost:8765", 200},
      {"127.0.0.1", 200},
      {"127.0.0.1:8765", 200},
      {"[::1]", 200},
      {"[::1]:8765", 200},
      {"localhost:9", 200},
      {"evil.example", 403},
      {"localhost.evil", 403},
      {"evil.example:8765", 403},
      {"10.0.0.7", 403},
      {"", 403},
      {"localhost:8765x", 403},
      {"[::1", 403},
      {"box", 403},
      {"127.0.0.1.evil", 403},
      {"localhost:8765:1", 403},
      {"localhost:", 403},
  };
  for (const auto& [host, status] : cases) {
    EXPECT_EQ(verdict(access, request("/", {{"Host", host}})), status) << host;
  }
}

TEST(Access, a_wildcard_listener_also_knows_addresses_and_the_machines_name) {
  for (const char* wildcard : {"0.0.0.0", "::", "[::]"}) {
    const Access access(rules(wildcard));
    const HeaderCase cases[] = {
        {"localhost:8765", 200}, {"10.0.0.7:8765", 200}, {"[fe80::1]:8765", 200}, {"box", 200},
        {"BOX.example", 200},    {"evil.example", 403},  {"box.evil", 403},
    };
    for (const auto& [host, status] : cases) {
      EXPECT_EQ(verdict(access, request("/", {{"host", host}})), status) << wildcard << " " << host;
    }
  }
}

TEST(Access, the_name_that_is_listened_on_is_known) {
  const Access access(rules("deck.lan"));
  EXPECT_EQ(verdict(access, request("/", {{"Host", "deck.lan:8765"}})), 200);
  EXPECT_EQ(verdict(access, request("/", {{"Host", "10.0.0.7"}})), 403);
  EXPECT_EQ(verdict(Access(rules("[fd00::7]")), request("/", {{"Host", "[fd00::7]:8765"}})), 200);
}

TEST(Access, origins_are_ours_with_the_port_or_allowed_by_name) {
  AccessRules allowing = rules("127.0.0.1");
  allowing.allow_origins = {"https://chart.example"};
  const Access access(allowing);
  const HeaderCase cases[] = {
      {"http://localhost:8765", 200},
      {"http://127.0.0.1:8765", 200},
      {"http://[::1]:8765", 200},
      {"https://chart.example", 200},
      {"http://localhost", 403},
      {"http://localhost:1", 403},
      {"https://localhost:8765", 403},
      {"https://evil.example", 403},
      {"null", 403},
      {"http://chart.example", 403},
      {"https://chart.example:1", 403},
      {"", 403},
      {"http://localhost:8765.evil", 403},
  };
  for (const auto& [origin, status] : cases) {
    EXPECT_EQ(verdict(access, request("/", {{"Host", "localhost"}, {"Origin", origin}})), status)
        << origin;
  }
}

TEST(Access, over_tls_the_own_origins_are_https) {
  AccessRules secure = rules("127.0.0.1");
  secure.tls = true;
  secure.port = 443;
  const Access access(secure);
  EXPECT_EQ(verdict(access, request("/", {{"Origin", "https://localhost:443"}})), 200);
  EXPECT_EQ(verdict(access, request("/", {{"Origin", "https://localhost"}})), 200);
  EXPECT_EQ(verdict(access, request("/", {{"Origin", "http://localhost:443"}})), 403);
}

TEST(Access, the_token_may_stand_in_either_place_beside_a_services_own_bearer) {
  AccessRules guarded = rules("127.0.0.1");
  guarded.token = "s3cret+/";
  const Access access(guarded);
  struct Case {
    std::string target;
    Headers headers;
    int status;
  };
  const Case cases[] = {
      {"/", {}, 401},
      {"/?deck_token=", {}, 401},
      {"/?deck_token=s3cret", {}, 401},
      {"/?deck_token=s3cret%2B%2F", {}, 200},
      {"/?token=s3cret%2B%2F", {}, 401},
      {"/", {{"Authorization", "Bearer s3cret+/"}}, 200},
      {"/", {{"authorization", "bearer  s3cret+/"}}, 200},
      {"/", {{"Authorization", "Basic s3cret+/"}}, 401},
      {"/", {{"Authorization", "s3cret+/"}}, 401},
      {"/", {{"Authorization", "Bearer services-own-key"}}, 401},
      {"/?deck_token=s3cret+/", {{"Authorization", "Bearer services-own-key"}}, 200},
      {"/?deck_token=wrong", {{"Authorization", "Bearer s3cret+/"}}, 200},
  };
  for (const auto& [target, headers, status] : cases) {
    EXPECT_EQ(verdict(access, request(target, headers)), status)
        << target << " " << (headers.empty() ? "" : headers[0].second);
  }
}

TEST(Access, a_refusal_says_what_would_be_right) {
  const auto refusal = Access(rules("127.0.0.1")).refuse(request("/", {{"Origin", "http://a\"b"}}));
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->content_type, "application/json");
  EXPECT_EQ(refusal->body,
            "{\"error\":\"foreign Origin http://a\\\"b; --allow-origin admits it\"}\n");
}

TEST(Access, loopback_is_told_from_everything_else) {
  for (const char* host :
       {"localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host :
       {"", "0.0.0.0", "::", "10.0.0.7", "box", "127.evil", "::ffff:10.0.0.7", "128.0.0.1"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace tapedeck::web
