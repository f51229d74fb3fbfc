// Market.ai's client driven by a table of what happens.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/feeds/marketai/feed.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {

using Lines = std::vector<std::string>;

// A client of one configuration, together with the normalizer that classifies for it.
class Driven {
 public:
  // `more` are further members beside the key.
  explicit Driven(const std::string& more = "")
      : plan_(plan_of(marketai_feed(), R"({"api_key":"KEY")" + more + "}")),
        client_(plan_->make_client("/", 0)),
        normalizer_(marketai_feed().make_normalizer(1)) {}

  Lines start() {
    client_->on_start(log_);
    return log_.take();
  }
  Lines open() {
    client_->on_open(log_);
    return log_.take();
  }
  void begin() {
    start();
    open();
  }
  Lines receive(std::string_view text, Opcode opcode = Opcode::text) {
    const Inbound inbound("/", text, 1'000, 0, opcode);
    client_->on_frame(inbound.frame(), normalizer_->classify(inbound.frame()), log_);
    return log_.take();
  }
  Lines document(const std::string& name) { return receive(testdata("marketai", name + ".json")); }
  Lines subscribed(const std::string& channel, const std::string& symbols = R"(["*"])") {
    return receive(R"({"type":"subscribed","channel":")" + channel + R"(","symbols":)" + symbols +
                   "}");
  }
  Lines error(const std::string& code, const std::string& message) {
    return receive(R"({"type":"error","code":")" + code + R"(","message":")" + message + R"("})");
  }
  Lines timer(int id) {
    client_->on_timer(id, log_);
    return log_.take();
  }
  Client& client() { return *client_; }

 private:
  std::unique_ptr<FeedPlan> plan_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<Normalizer> normalizer_;
  ActionLog log_;
};

inline constexpr int kPing = 1;
inline constexpr int kSettle = 2;
inline const char* const kThree = R"(,"ping_ms":0,"channels":["quotes","book","trades"])";

inline std::string channels(const std::string& list) {
  return R"(,"ping_ms":0,"channels":)" + list;
}

}  // namespace tapedeck::testing
