// What a client of AlphaHub asks for.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/fakes.h"

namespace tapedeck::testing::alphahub {

using Actions = std::vector<std::string>;

// An ActionLog that also writes down a request's headers and body, and has a clock that the test
// sets.
class TimedLog final : public ClientActions {
 public:
  void connect(ConnectRequest request) override { log_.connect(std::move(request)); }
  void send(std::string_view text) override { log_.send(text); }
  void arm(int timer, Ns after) override { log_.arm(timer, after); }
  void request(RestRequest request) override {
    std::string line = "request " + request.purpose + " " + request.method + " " + request.url;
    for (const auto& [name, value] : request.headers) line += " [" + name + ": " + value + "]";
    log_.actions.push_back(line + " " + request.body);
    requested = std::move(request);
  }
  void learn_secret(std::string_view secret) override { log_.learn_secret(secret); }
  void ready(std::string_view stream) override { log_.ready(stream); }
  void refused(std::string_view stream, std::string_view why) override {
    log_.refused(stream, why);
  }
  void lost(std::string_view stream, GapCause cause, std::string_view why) override {
    EXPECT_EQ(cause, GapCause::channel);
    log_.lost(stream, cause, why);
  }
  void fail(Failure failure, std::string_view why) override { log_.fail(failure, why); }
  std::optional<Ns> mono_ns() const override { return now; }

  Actions take() { return log_.take(); }

  std::optional<Ns> now = 0;
  RestRequest requested;

 private:
  ActionLog log_;
};

}  // namespace tapedeck::testing::alphahub
