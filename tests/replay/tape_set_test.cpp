#include "replay/tape_set.h"

#include <gtest/gtest.h>

#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::kTapeStart;
using testing::TapeMaker;
using testing::TempDir;

constexpr std::string_view kHandshake = R"({"type":"HANDSHAKE","payload":{}})";
constexpr std::string_view kSnapshot = R"({"type":"SNAPSHOT","payload":{"events":[]}})";
constexpr std::string_view kEvent = R"({"type":"EVENT","payload":{"id":1}})";

TEST(TapeSet, AFolderStandsForItsTapesByStart) {
  const TempDir folder;
  TapeMaker late(folder.file("a.tape"), 500);
  late.frame(late.connection("hypercall", "ws"), 900, "x").finish();
  TapeMaker early(folder.file("b.tape"), 100);
  early.frame(early.connection("nexusglass", "ws"), 200, "x").finish();
  EndpointTable endpoints;
  const auto set = TapeSet::open({folder.path()}, endpoints);
  ASSERT_TRUE(set.ok()) << set.error().message;
  ASSERT_EQ((*set)->tapes().size(), 2U);
  EXPECT_EQ((*set)->tapes()[0].reader->path(), folder.file("b.tape"));
  EXPECT_EQ((*set)->start_ns(), TapeMaker::at(100));
  EXPECT_EQ((*set)->end_ns(), TapeMaker::at(900));
  EXPECT_EQ((*set)->feeds(), (std::vector<std::string>{"hypercall", "nexusglass"}));
}

TEST(TapeSet, ErrorsNameWhatIsMissing) {
  const TempDir folder;
  EndpointTable endpoints;
  EXPECT_EQ(TapeSet::open({folder.path()}, endpoints).error().message,
            folder.path() + ": no tapes (*.tape) in this directory");
  EXPECT_EQ(TapeSet::open({}, endpoints).error().message,
            "no tape given: name a *.tape file or a directory of them");
  const auto missing = TapeSet::open({folder.file("no.tape")}, endpoints);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find("no.tape"), std::string::npos);
}

TEST(TapeSet, ATapeWithoutFramesEndsAtItsStart) {
  const TempDir folder;
  TapeMaker(folder.file("a.tape"), 300).finish();
  EndpointTable endpoints;
  const auto set = TapeSet::open({folder.file("a.tape")}, endpoints);
  ASSERT_TRUE(set.ok());
  EXPECT_EQ((*set)->start_ns(), TapeMaker::at(300));
  EXPECT_EQ((*set)->end_ns(), TapeMaker::at(300));
}

class SnapshotIndexTest : public ::testing::Test {
 protected:
  void open() {
    auto set = TapeSet::open({folder.path()}, endpoints);
    EXPECT_TRUE(set.ok());
    tapes = std::move(*set);
    EXPECT_TRUE(index.scan(*tapes, endpoints).ok());
  }
  // The id of the frame that a client joining at `ms` begins with; 0: none.
  std::int64_t at(Ns ms, std::string_view endpoint = "ws") {
    const auto place = index.find(endpoints.intern("nexusglass", endpoint), TapeMaker::at(ms));
    return place ? place->frame_id : 0;
  }
  TempDir folder;
  EndpointTable endpoints;
  std::unique_ptr<TapeSet> tapes;
  SnapshotIndex index;
};

TEST_F(SnapshotIndexTest, IsTheLatestAtOrBeforeThePosition) {
  TapeMaker tape(folder.file("a.tape"));
  const auto first = tape.connection("nexusglass", "ws", 0, 10);
  const auto second = tape.connection("nexusglass", "ws", 0, 1'000);
  tape.frame(first, 20, kHandshake).frame(first, 30, kSnapshot).frame(first, 40, kEvent);
  tape.frame(second, 1'010, kHandshake).frame(second, 1'020, kSnapshot).finish();
  open();
  EXPECT_EQ(at(30), 2);
  EXPECT_EQ(at(1'019), 2);
  EXPECT_EQ(at(1'020), 5);
  EXPECT_EQ(at(9'999), 5);
}

TEST_F(SnapshotIndexTest, WhoComesBackAfterALossBeginsWithTheOneThatCameThen) {
  TapeMaker tape(folder.file("a.tape"));
  const auto first = tape.connection("nexusglass", "ws", 0, 10);
  const auto second = tape.connection("nexusglass", "ws", 0, 1'000);
  const auto redundant = tape.connection("nexusglass", "ws", 1, 2'000);
  tape.end(first, 20, 900, ClosedBy::server, 1012);
  tape.end(second, 1'010, 5'000, ClosedBy::client, 1000);
  tape.frame(first, 20, kHandshake).frame(first, 30, kSnapshot);
  tape.frame(second, 1'010, kHandshake).frame(second, 1'020, kSnapshot);
  tape.frame(redundant, 2'010, kHandshake).frame(redundant, 2'020, kSnapshot).finish();
  open();
  EXPECT_EQ(at(999), 2);
  EXPECT_EQ(at(1'000), 4);
  EXPECT_EQ(at(1'020), 4);
  EXPECT_EQ(at(2'019), 4) << "the service was there all the time";
  EXPECT_EQ(at(2'020), 6);
}

TEST_F(SnapshotIndexTest, BeforeTheFirstOneItIsThatOneIfTheEndpointBeginsWithIt) {
  TapeMaker tape(folder.file("a.tape"));
  const auto first = tape.connection("nexusglass", "ws", 0, 10);
  const auto late = tape.connection("nexusglass", "ws/fastfeed", 0, 15);
  const auto again = tape.connection("nexusglass", "ws/fastfeed", 0, 100);
  tape.frame(first, 20, kHandshake).frame(late, 25, kEvent).frame(first, 30, kSnapshot);
  tape.frame(again, 110, kSnapshot).finish();
  open();
  EXPECT_EQ(at(0), 3);
  EXPECT_EQ(at(0, "ws/fastfeed"), 0) << "events came first there";
  EXPECT_EQ(at(110, "ws/fastfeed"), 4);
  EXPECT_EQ(at(0, "ws/nexus-bridge"), 0) << "not on the tape";
}

TEST_F(SnapshotIndexTest, OneThatCameLaterOnAConnectionIsRememberedOnceItWasPlayed) {
  TapeMaker tape(folder.file("a.tape"));
  const auto c = tape.connection("nexusglass", "ws", 0, 10);
  tape.frame(c, 30, kSnapshot).frame(c, 40, kEvent).frame(c, 50, kSnapshot).finish();
  open();
  EXPECT_EQ(at(60), 1);
  DueFrame played;
  played.endpoint = endpoints.intern("nexusglass", "ws");
  played.frame_id = 3;
  played.pos_ns = TapeMaker::at(50);
  index.remember(played);
  index.remember(played);
  EXPECT_EQ(at(60), 3);
  EXPECT_EQ(at(49), 1);
}

}  // namespace
}  // namespace tapedeck
