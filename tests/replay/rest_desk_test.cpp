// Searching the tapes for REST does not hold up the server's thread.
#include "replay/rest_desk.h"

#include <gtest/gtest.h>

#include <future>

#include "schema/feeds/registry.h"
#include "tests/replay/net_support.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck::testing {
namespace {

HttpReply reply_of(const std::string& body) {
  HttpReply reply;
  reply.body = body;
  return reply;
}

std::string request_for(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

class RestDeskTest : public ::testing::Test {
 protected:
  RestDeskTest() {
    TapeMaker tape(folder_.file("a.tape"));
    const auto market = tape.connection("hypercall", "ws", 0, 5);
    Trade trade;
    trade.symbol = "BTC";
    tape.frame(market, 10, "{}").row("hypercall", trade, TapeMaker::at(10)).finish();
    web_.later = [this](const HttpRequest& request, WebHandler::Answer answer) {
      if (request.target.path == "/fast") return answer(reply_of("fast"));
      desk_->ask(*find_feed("hypercall"), TapeMaker::at(20), question_,
                 [answer = std::move(answer)](const std::optional<HttpReply>& reply) {
                   answer(reply.value_or(reply_of("no such path")));
                 });
    };
    server_.emplace(web_);
    std::vector<std::unique_ptr<TapeReader>> readers;
    readers.push_back(must_open(folder_.file("a.tape")));
    desk_.emplace(std::move(readers), **server_);
  }
  ~RestDeskTest() override {
    desk_->stop();
    server_->stop();
  }
  std::string ask(const std::string& path) {
    return RawClient(server_->port()).exchange(request_for(path)).body;
  }
  static ServiceData::Query trades() {
    ServiceData::Query query;
    query.stream = "trades";
    return query;
  }

  TempDir folder_;
  ScriptedWeb web_;
  RestDesk::Question question_;
  std::optional<RunningServer> server_;
  std::optional<RestDesk> desk_;
};

TEST_F(RestDeskTest, OthersAreServedWhileItSearches) {
  std::promise<void> begun;
  std::promise<void> found;
  question_ = [&](ServiceData& data) {
    begun.set_value();
    found.get_future().wait();
    return reply_of(std::to_string(data.history(trades()).size()) + " trades as of " +
                    std::to_string((data.now_ns() - kTapeStart) / kNsPerMs));
  };
  auto slow = std::async(std::launch::async, [this] { return ask("/slow"); });
  begun.get_future().wait();
  EXPECT_EQ(ask("/fast"), "fast");
  found.set_value();
  EXPECT_EQ(slow.get(), "1 trades as of 20");
}

TEST_F(RestDeskTest, WhatIsNoPathIsToldAsThat) {
  question_ = [](ServiceData&) { return std::nullopt; };
  EXPECT_EQ(ask("/slow"), "no such path");
}

TEST_F(RestDeskTest, WhoHasGoneMeanwhileGetsNothingAndNobodyIsDisturbed) {
  std::promise<void> begun;
  std::promise<void> found;
  question_ = [&](ServiceData&) {
    begun.set_value();
    found.get_future().wait();
    return reply_of("late");
  };
  RawClient gone(server_->port());
  gone.send(request_for("/slow"));
  begun.get_future().wait();
  gone.hang_up();
  found.set_value();
  question_ = [](ServiceData&) { return reply_of("in time"); };
  EXPECT_EQ(ask("/slow"), "in time");
}

TEST_F(RestDeskTest, ASearchEndsWithTheReplay) {
  std::promise<void> begun;
  std::atomic<bool> has_begun = false;
  question_ = [&](ServiceData& data) {
    while (!data.history(trades()).empty()) {
      if (!has_begun.exchange(true)) begun.set_value();
    }
    return reply_of("the end");
  };
  RawClient client(server_->port());
  client.send(request_for("/slow"));
  begun.get_future().wait();
  desk_->stop();  // or it would never come back
  EXPECT_TRUE(has_begun);
}

}  // namespace
}  // namespace tapedeck::testing
