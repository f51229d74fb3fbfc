// Broken AlphaHub messages: whatever arrives, normalizer, client and session account for it.
#include <gtest/gtest.h>

#include <random>

#include "tests/feeds/alphahub/driven.h"
#include "tests/support/damage.h"

namespace tapedeck {
namespace {

using testing::Inbound;
using testing::RowLog;
using testing::SessionLog;
using testing::testdata;
using testing::alphahub::Driven;

constexpr const char* kEndpoint = "socket/websocket";

const char* const kFiles[] = {
    "new_signals.json",  "new_signals_forms.json", "join_reply.json", "join_reply_refs.json",
    "join_refused.json", "heartbeat_reply.json",   "phx_error.json",  "phx_close.json",
    "join.json",         "heartbeat.json"};

class NoData final : public ServiceData {
 public:
  Ns now_ns() const override { return 0; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override { return {}; }
  std::vector<std::string> history(const Query& /*query*/) override { return {}; }
};

class Everything {
 public:
  Everything() : normalizer_(alphahub_feed().make_normalizer(1)), driven_(R"("algorithms":[14])") {
    driven_.begin();
  }

  // A frame is accounted for when it gives a row, when the service said it itself, or when it is a
  // signal whose lists are empty.
  void expect_accounted_for(const std::string& payload) {
    const Inbound inbound(kEndpoint, payload);
    RowLog log;
    ASSERT_NO_THROW(normalizer_->normalize(inbound.frame(), log)) << payload;
    const FrameRole role = normalizer_->classify(inbound.frame()).role;
    if (role == FrameRole::ack || role == FrameRole::heartbeat) {
      EXPECT_EQ(log.rows.size(), 0U) << payload;
    } else if (log.rows.empty()) {
      expect_no_legs(inbound.frame().root());
    }
    ASSERT_NO_THROW(driven_.receive(payload)) << payload;
    const auto session = alphahub_feed().service().open_session(kEndpoint, HttpRequest{}, data_);
    JsonDoc doc;
    doc.parse(payload);
    SessionLog actions;
    ASSERT_NO_THROW(session->on_message(payload, doc, actions)) << payload;
    EXPECT_GT(actions.actions.size(), 0U) << payload;
  }

 private:
  static void expect_no_legs(Json root) {
    const Json payload = root.at(4);
    EXPECT_TRUE(payload.is_object()) << root.raw();
    for (Json list = payload.first(); list.exists(); list = list.next()) {
      EXPECT_FALSE(list.first().is_object()) << root.raw();
    }
  }

  NoData data_;
  std::unique_ptr<Normalizer> normalizer_;
  Driven driven_;
};

TEST(AlphaHubMutations, AccountsForEveryTruncation) {
  Everything everything;
  for (const char* file : kFiles) {
    const std::string whole = testdata("alphahub", file);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      everything.expect_accounted_for(whole.substr(0, size));
    }
  }
}

TEST(AlphaHubMutations, AccountsForRandomDamage) {
  Everything everything;
  std::mt19937_64 random(20'210'426);
  for (const char* file : kFiles) {
    const std::string whole = testdata("alphahub", file);
    for (int round = 0; round < 1'500; ++round) {
      everything.expect_accounted_for(testing::damaged(whole, random));
    }
  }
}

// Damage that leaves the text JSON: parts swapped for values of every other kind.
TEST(AlphaHubMutations, AccountsForValuesOfTheWrongKind) {
  const char* const kValues[] = {"null", "true",  "0",  "-0.0", "1e999",
                                 "\"\"", "\"x\"", "[]", "{}",   "[[]]"};
  const char* const kEvents[] = {"new_signals", "phx_reply", "phx_error", "phx_close", "other"};
  const char* const kMembers[] = {"symbol", "side", "price", "timestamp", "weight"};
  Everything everything;
  for (const char* value : kValues) {
    const std::string any(value);
    for (const char* event : kEvents) {
      const std::string rest = std::string(R"("algorithms:14",")") + event + "\",";
      everything.expect_accounted_for("[null,null," + rest + any + "]");
      everything.expect_accounted_for("[" + any + "," + any + "," + rest + "{}]");
      everything.expect_accounted_for("[null,null," + rest + R"({"status":)" + any + "}]");
      everything.expect_accounted_for("[null,null," + rest + R"({"status":"error","response":)" +
                                      any + "}]");
      everything.expect_accounted_for("[null,null," + rest + R"({"open":[)" + any + "]}]");
    }
    everything.expect_accounted_for("[null,null," + any + R"(,"new_signals",{}])");
    everything.expect_accounted_for(R"([null,null,"algorithms:14",)" + any + ",{}]");
    for (const char* member : kMembers) {
      everything.expect_accounted_for(
          R"([null,null,"algorithms:14","new_signals",{"open":[{"symbol":"X",")" +
          std::string(member) + "\":" + any + "}]}]");
    }
  }
}

}  // namespace
}  // namespace tapedeck
