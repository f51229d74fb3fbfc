// The payloads of every feed's document, broken: whatever arrives, decoder, client and session
// account for it.
#include "tests/support/damage.h"

#include <gtest/gtest.h>

#include "tests/conformance/wire_loop.h"

namespace tapedeck::testing {
namespace {

// No empty list or object: a message with nothing in it may give no row.
constexpr std::string_view kValues[] = {
    "null", "true",  "0",     "-0.0",         "1e999", "18446744073709551616",
    "\"\"", "\"x\"", "[[7]]", "{\"type\":{}}"};

class DamageConformance : public ForEveryFeed {
 protected:
  void SetUp() override {
    ForEveryFeed::SetUp();
    for (const std::string& endpoint : plan().endpoints()) {
      loops_.push_back({endpoint, std::make_unique<WireLoop>(feed(), plan(), endpoint)});
      loops_.back().loop->start();
      ASSERT_FALSE(loops_.back().loop->ready.empty()) << endpoint;
    }
  }

  // `is_full`: nothing in it was emptied, so that data must give a row.
  void take(const std::string& text, bool is_full) {
    for (const auto& [endpoint, loop] : loops_) {
      const Inbound inbound(endpoint, text);
      const auto normalizer = feed().make_normalizer(1);
      RowLog log;
      FrameTag tag;
      ASSERT_NO_THROW(tag = normalizer->classify(inbound.frame())) << text;
      ASSERT_NO_THROW(normalizer->normalize(inbound.frame(), log)) << text;
      if (is_full && tag.role == FrameRole::data) {
        ASSERT_FALSE(log.rows.empty()) << text;
      }
      for (const std::string& row : log.rows) ASSERT_NE(row, "unparsed live reason=") << text;
      ASSERT_NO_THROW(loop->client().on_frame(inbound.frame(), tag, actions_)) << text;
      expect_one_failure_and_nothing_after_it(text);
      ServedFrame frame{6'000, endpoint, Opcode::text, inbound.frame().payload, tag};
      ASSERT_NO_THROW(loop->session()->on_data(frame, session_actions_)) << text;
      JsonDoc doc;
      doc.parse(text);
      ASSERT_NO_THROW(loop->session()->on_message(text, doc, session_actions_)) << text;
    }
  }

 private:
  void expect_one_failure_and_nothing_after_it(const std::string& text) {
    const auto actions = actions_.take();
    for (std::size_t i = 0; i < actions.size(); ++i) {
      if (!actions[i].starts_with("fail ")) continue;
      ASSERT_EQ(i + 1, actions.size()) << text;
    }
  }

  struct Loop {
    std::string endpoint;
    std::unique_ptr<WireLoop> loop;
  };
  std::vector<Loop> loops_;
  ActionLog actions_;
  SessionLog session_actions_;
};
INSTANTIATE_TEST_SUITE_P(Feeds, DamageConformance, every_feed(), feed_name);

TEST_P(DamageConformance, AccountsForEveryPayloadCutAnywhere) {
  for (const Payload& payload : payloads_of(feed().name())) {
    for (std::size_t size = 0; size < payload.text.size(); ++size) {
      take(payload.text.substr(0, size), true);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(DamageConformance, AccountsForEveryPayloadDamagedAtRandom) {
  std::mt19937_64 random(20'261'126);
  for (const Payload& payload : payloads_of(feed().name())) {
    for (int round = 0; round < 300; ++round) {
      take(damaged(payload.text, random), false);
      if (HasFatalFailure()) return;
    }
  }
}

// The text stays JSON.
TEST_P(DamageConformance, AccountsForAnyValueWhereAnotherIsDue) {
  for (const Payload& payload : payloads_of(feed().name())) {
    JsonDoc doc;
    ASSERT_TRUE(doc.parse(payload.text)) << payload.file;
    with_each_value_replaced(doc.root(), doc.root(), kValues,
                             [&](const std::string& text, std::string_view value) {
                               if (!HasFatalFailure()) take(text, value != "null");
                             });
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tapedeck::testing
