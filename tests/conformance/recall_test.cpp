// What a feed makes of its rows again must decode to the same rows.
#include "schema/recall.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/conformance/feed_cases.h"

namespace tapedeck::testing {
namespace {

class RecallConformance : public ForEveryFeed {
 protected:
  // One message's rows, kept.
  class Kept final : public RowSink {
   public:
    void add_row(const Row& row) override {
      auto& values = values_.emplace_back(row.values.begin(), row.values.end());
      for (Value& value : values) {
        if (value.type == Value::Type::text) value.text = texts_.emplace_back(value.text);
      }
      rows.push_back({row.table, 1'000, row.event_ns, values, 1, Json()});
    }
    void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}
    std::vector<RecordedRow> rows;

   private:
    std::deque<std::vector<Value>> values_;
    std::deque<std::string> texts_;
  };
  static std::string text_of(const RecordedRow& row) {
    RowLog log;
    log.add_row(Row{row.table, Origin::live, row.event_ns, row.values});
    return log.rows.front();
  }
};
INSTANTIATE_TEST_SUITE_P(Feeds, RecallConformance, every_feed(), feed_name);

TEST_P(RecallConformance, AMessageMadeOfRowsDecodesToThem) {
  const Recall* recall = feed().service().recall();
  ASSERT_NE(recall, nullptr);
  const auto simulator = feed().make_simulator(7);
  const auto normalizer = feed().make_normalizer(1);
  int messages = 0;
  for (std::int64_t k = 0; k < 2 * simulator->cycle(); ++k) {
    // Whole milliseconds, which every service can say.
    const auto sent = simulator->message(k, 1'795'253'400'000 * kNsPerMs + k * kNsPerSec);
    const Inbound inbound(sent.endpoint, sent.payload);
    Kept kept;
    normalizer->normalize(inbound.frame(), kept);
    for (std::size_t i = 0; i < kept.rows.size(); ++i) {
      if (recall->is_part(kept.rows[i])) continue;
      std::size_t end = i + 1;
      while (end < kept.rows.size() && recall->is_part(kept.rows[end])) ++end;
      const RecordedEvent event = RecordedEvent(kept.rows).subspan(i, end - i);
      const auto message = recall->message(event);
      if (!message) continue;
      ++messages;
      if (message->is_for_tape_only) continue;
      EXPECT_FALSE(recall->stream_of(event.front()).empty());
      const auto again = feed().make_normalizer(1);
      const Inbound made(message->endpoint, message->payload);
      EXPECT_EQ(again->classify(made.frame()).role, FrameRole::data) << message->payload;
      Kept decoded;
      again->normalize(made.frame(), decoded);
      ASSERT_GE(decoded.rows.size(), event.size()) << message->payload;
      for (std::size_t n = 0; n < event.size(); ++n)
        EXPECT_EQ(text_of(decoded.rows[n]), text_of(event[n])) << sent.payload;
    }
  }
  EXPECT_GT(messages, 0);
}

TEST_P(RecallConformance, AnswersAreJsonOfTheStreamThatIsAskedFor) {
  const Recall* recall = feed().service().recall();
  const auto simulator = feed().make_simulator(7);
  const auto normalizer = feed().make_normalizer(1);
  int answers = 0;
  JsonDoc doc;
  for (std::int64_t k = 0; k < simulator->cycle(); ++k) {
    const auto sent = simulator->message(k, 1'795'253'400'000 * kNsPerMs + k * kNsPerSec);
    const Inbound inbound(sent.endpoint, sent.payload);
    Kept kept;
    normalizer->normalize(inbound.frame(), kept);
    for (RecordedRow& row : kept.rows) {
      ServiceData::Query query;
      query.stream = recall->stream_of(row);
      if (recall->table_of(query.stream) != row.table->id || recall->is_part(row)) continue;
      ASSERT_TRUE(recall->is_asked(query, row));
      for (const Json message : {Json(), inbound.frame().root()}) {
        row.message = message;
        const std::string answer = recall->answer(query, RecordedEvent(&row, 1));
        EXPECT_TRUE(doc.parse(answer) && doc.root().is_object()) << answer;
        ++answers;
      }
    }
  }
  EXPECT_GT(answers, 0);
}

}  // namespace
}  // namespace tapedeck::testing
