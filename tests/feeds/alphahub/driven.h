// A client of one configuration, driven step by step; together with the normalizer that classifies
// for it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/feeds/alphahub/feed.h"
#include "tests/feeds/alphahub/timed_log.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing::alphahub {

inline constexpr const char* kLogin =
    "request login POST http://host/api/v1/session "
    "[Content-Type: application/x-www-form-urlencoded] "
    "user%5Bemail%5D=a%2Bb%40c.d&user%5Bpassword%5D=p%26w%20%3D1";
inline constexpr const char* kConnect =
    "connect ws://host/socket/websocket?vsn=2.0.0&api_token=T%2F1";
inline constexpr const char* kTokens = R"({"data":{"renew_token":"R1","token":"T/1"}})";

class Driven {
 public:
  // `more`: further members of the configuration.
  explicit Driven(const std::string& more)
      : plan_(plan_of(alphahub_feed(), R"({"email":"a+b@c.d","password":"p&w =1",)" + more + "}")),
        client_(plan_->make_client("socket/websocket", 0)),
        normalizer_(alphahub_feed().make_normalizer(1)) {}

  Actions start() {
    client_->on_start(log);
    return log.take();
  }
  Actions answer(int status, std::string_view body, std::string_view error = "") {
    RestResponse response;
    response.tag = 1;
    response.status = status;
    response.body = body;
    response.error = error;
    client_->on_response(response, log);
    return log.take();
  }
  Actions open() {
    client_->on_open(log);
    return log.take();
  }
  // Start, login and upgrade.
  Actions begin() {
    start();
    answer(200, kTokens);
    return open();
  }
  Actions receive(std::string_view text) {
    const Inbound inbound("socket/websocket", text);
    client_->on_frame(inbound.frame(), normalizer_->classify(inbound.frame()), log);
    return log.take();
  }
  // `refs`: `join_ref,ref` as JSON texts.
  Actions reply(const std::string& refs, const std::string& topic,
                const std::string& payload = R"({"response":{},"status":"ok"})") {
    return receive("[" + refs + ",\"" + topic + R"(","phx_reply",)" + payload + "]");
  }
  Actions refuse(const std::string& refs, const std::string& topic, const std::string& reason) {
    return reply(refs, topic, R"({"response":{"reason":")" + reason + R"("},"status":"error"})");
  }
  Actions tell(const std::string& refs, const std::string& topic, const std::string& event) {
    return receive("[" + refs + ",\"" + topic + "\",\"" + event + "\",{}]");
  }
  Actions fire(int timer) {
    client_->on_timer(timer, log);
    return log.take();
  }
  Client& client() { return *client_; }

  TimedLog log;

 private:
  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Normalizer> normalizer_;
};

}  // namespace tapedeck::testing::alphahub
