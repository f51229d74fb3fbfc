// What faults are written down as, and what they decide.
#include "replay/fault_plan.h"

#include <gtest/gtest.h>

#include "schema/ws/codec.h"

namespace tapedeck {
namespace {

constexpr Ns kStart = 1'773'741'600 * kNsPerSec;  // 2026-03-17T10:00:00Z

FaultPlan plan_of(std::string_view spec) {
  auto plan = parse_faults(spec, kStart);
  EXPECT_TRUE(plan.ok()) << spec << ": " << plan.error().message;
  return plan ? std::move(*plan) : FaultPlan{};
}

TEST(FaultSpec, EveryWordIsRead) {
  const FaultPlan plan = plan_of(
      "drop:p=0.25,feed=hypercall; duplicate:frame=3,endpoint=ws/fastfeed;reorder:frame=1,by=4;"
      "corrupt:at=2026-03-17T10:00:01Z,how=utf8;delay:at=+1m,for=200ms;"
      "close:at=5s,code=1012,reason=be%20back%2C soon;close:frame=9;stall:p=1,for=2s;seed=42");
  EXPECT_EQ(plan.seed, 42U);
  ASSERT_EQ(plan.rules.size(), 8U);
  EXPECT_EQ(plan.rules[0].kind, FaultKind::drop);
  EXPECT_EQ(plan.rules[0].probability, 0.25);
  EXPECT_EQ(plan.rules[0].feed, "hypercall");
  EXPECT_EQ(plan.rules[1].kind, FaultKind::duplicate);
  EXPECT_EQ(plan.rules[1].frame, 3);
  EXPECT_EQ(plan.rules[1].endpoint, "ws/fastfeed");
  EXPECT_EQ(plan.rules[2].by, 4);
  EXPECT_EQ(plan.rules[3].at_ns, kStart + kNsPerSec);
  EXPECT_EQ(plan.rules[3].damage, FaultRule::Damage::utf8);
  EXPECT_EQ(plan.rules[4].at_ns, kStart + 60 * kNsPerSec);
  EXPECT_EQ(plan.rules[4].for_ns, 200 * kNsPerMs);
  EXPECT_EQ(plan.rules[5].code, 1012);
  EXPECT_EQ(plan.rules[5].reason, "be back, soon");
  EXPECT_EQ(plan.rules[6].code, std::nullopt);
  EXPECT_EQ(plan.rules[7].kind, FaultKind::stall);
}

struct Wrong {
  std::string spec;
  std::string message;
};
class FaultSpecWrong : public ::testing::TestWithParam<Wrong> {};

TEST_P(FaultSpecWrong, IsAnsweredWithWhatWouldBeRight) {
  const auto plan = parse_faults(GetParam().spec, kStart);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Specs, FaultSpecWrong,
    ::testing::Values(
        Wrong{"", "there is no fault in it; give one like drop:p=0.01 or close:at=+5s,code=1012"},
        Wrong{"seed=1",
              "there is no fault in it; give one like drop:p=0.01 or close:at=+5s,code=1012"},
        Wrong{"seed=x;drop:p=1", "seed=x is no seed; give a whole number, like seed=7"},
        Wrong{"dopr:p=1", "'dopr' is no fault; did you mean drop?"},
        Wrong{"explode:p=1",
              "'explode' is no fault; there are drop, duplicate, reorder, corrupt, delay, close, "
              "stall"},
        Wrong{"drop", "drop: say when, with one of frame=N, at=TIME and p=PROBABILITY"},
        Wrong{"drop:p=0.1,frame=2",
              "drop: say when, with one of frame=N, at=TIME and p=PROBABILITY"},
        Wrong{"drop:p=2", "drop: p=2 is no probability; give more than 0 and at most 1, like 0.01"},
        Wrong{"drop:p=nan",
              "drop: p=nan is no probability; give more than 0 and at most 1, like 0.01"},
        Wrong{"drop:frame=0", "drop: frame=0 is no number of a frame; the first is 1"},
        Wrong{"drop:at=noon",
              "drop: at=noon is no time; give one like 2026-11-21T09:30:00Z or +5s"},
        Wrong{"drop:p=1,feed=hypercal", "drop: feed=hypercal is no feed; did you mean hypercall?"},
        Wrong{"drop:p=1,for=1s", "drop does not take for; there are frame, at, p, feed, endpoint"},
        Wrong{"close:p=1,cod=1000", "close does not take cod; did you mean code?"},
        Wrong{"drop:p", "drop: 'p' is no KEY=VALUE, like p=0.01"},
        Wrong{"delay:p=1", "delay: say for how long, like for=200ms"},
        Wrong{"stall:p=1,for=0s", "stall: for=0s is no length of time; give one like 200ms or 5s"},
        Wrong{"reorder:p=1,by=0", "reorder: by=0 is no number of frames from 1 to 1000"},
        Wrong{"corrupt:p=1,how=badly",
              "corrupt: how=badly is no damage; there are byte, cut, utf8"},
        Wrong{"close:p=1,code=1006",
              "close: code=1006 is no code that a close frame may carry; give one like 1012, or "
              "none for a connection that is cut"},
        Wrong{"close:p=1,reason=x", "close: a reason needs its code, like code=1012"}));

// The numbers of the frames among `frames` (ids from 1) that are dropped.
std::vector<std::int64_t> dropped(const FaultPlan& plan, std::uint64_t client,
                                  std::int64_t first = 1, std::int64_t last = 2'000,
                                  std::string_view endpoint = "ws") {
  FaultDice dice(plan, "hypercall", endpoint, client);
  std::vector<std::int64_t> ids;
  for (std::int64_t id = first; id <= last; ++id) {
    if (dice.next(id).is_dropped) ids.push_back(id);
  }
  return ids;
}

TEST(FaultDiceTest, TheSameSeedDecidesTheSame) {
  const FaultPlan plan = plan_of("drop:p=0.1;seed=7");
  const auto ids = dropped(plan, 1);
  EXPECT_GT(ids.size(), 150U);
  EXPECT_LT(ids.size(), 250U);
  EXPECT_EQ(dropped(plan_of("drop:p=0.1;seed=7"), 1), ids);
  EXPECT_NE(dropped(plan_of("drop:p=0.1;seed=8"), 1), ids);
}

TEST(FaultDiceTest, AFramesFateDoesNotDependOnWhatCameBeforeIt) {
  const FaultPlan plan = plan_of("drop:p=0.1;seed=7");
  std::vector<std::int64_t> late = dropped(plan, 1);
  std::erase_if(late, [](std::int64_t id) { return id < 500; });
  EXPECT_EQ(dropped(plan, 1, 500), late);
}

TEST(FaultDiceTest, ClientsAndEndpointsHaveTheirOwnLuck) {
  const FaultPlan plan = plan_of("drop:p=0.1");
  EXPECT_NE(dropped(plan, 1), dropped(plan, 2));
  EXPECT_NE(dropped(plan, 1), dropped(plan, 1, 1, 2'000, "ws/fastfeed"));
}

TEST(FaultDiceTest, AFrameNumberCountsTheClientsFrames) {
  const FaultPlan plan = plan_of("drop:frame=3");
  EXPECT_EQ(dropped(plan, 1, 100, 200), (std::vector<std::int64_t>{102}));
  EXPECT_EQ(dropped(plan, 2, 7, 200), (std::vector<std::int64_t>{9}));
}

TEST(FaultDiceTest, ARuleOfAnotherPlaceConcernsNobodyHere) {
  const FaultPlan plan = plan_of("drop:p=1,feed=nexusglass;drop:p=1,endpoint=ws/fastfeed");
  EXPECT_TRUE(FaultDice(plan, "hypercall", "ws", 1).is_empty());
  EXPECT_EQ(dropped(plan, 1, 1, 2, "ws/fastfeed"), (std::vector<std::int64_t>{1, 2}));
}

TEST(FaultDiceTest, AMomentConcernsTheNextFrameAlone) {
  const FaultPlan plan = plan_of("drop:at=+5s");
  FaultDice dice(plan, "hypercall", "ws", 1);
  EXPECT_FALSE(dice.next(1).is_dropped);
  dice.arm(plan.rules[0]);
  EXPECT_TRUE(dice.next(2).is_dropped);
  EXPECT_FALSE(dice.next(3).is_dropped);
}

TEST(FaultDiceTest, SeveralRulesAddUp) {
  const FaultPlan plan = plan_of(
      "duplicate:frame=1;delay:frame=1,for=1s;delay:frame=1,for=2s;corrupt:frame=1;"
      "stall:frame=1,for=3s;close:frame=2,code=1001");
  FaultDice dice(plan, "hypercall", "ws", 1);
  const FrameFate first = dice.next(1);
  EXPECT_EQ(first.copies, 2);
  EXPECT_EQ(first.delay_ns, 2 * kNsPerSec);
  EXPECT_EQ(first.corrupt, &plan.rules[3]);
  EXPECT_EQ(first.stall, &plan.rules[4]);
  EXPECT_EQ(first.close, nullptr);
  EXPECT_EQ(dice.next(2).close, &plan.rules[5]);
}

TEST(FaultDamage, IsTheSameForTheSameNumberAndNeverNone) {
  const std::string text = R"({"name":"grüße","price":"1.50"})";
  using Damage = FaultRule::Damage;
  for (std::uint64_t random = 0; random < 1'000; ++random) {
    const std::uint64_t mixed = random * 0x9e3779b97f4a7c15ULL;
    const std::string byte = damaged(text, Opcode::text, Damage::byte, mixed);
    EXPECT_EQ(byte, damaged(text, Opcode::text, Damage::byte, mixed));
    EXPECT_NE(byte, text);
    EXPECT_EQ(byte.size(), text.size());
    EXPECT_TRUE(ws::is_valid_utf8(byte)) << byte;
    const std::string cut = damaged(text, Opcode::text, Damage::cut, mixed);
    EXPECT_LT(cut.size(), text.size());
    EXPECT_TRUE(text.starts_with(cut));
    EXPECT_TRUE(ws::is_valid_utf8(cut)) << cut;
    EXPECT_FALSE(ws::is_valid_utf8(damaged(text, Opcode::text, Damage::utf8, mixed)));
    EXPECT_NE(damaged("\x01\xff", Opcode::binary, Damage::byte, mixed), "\x01\xff");
    EXPECT_NE(damaged("ü", Opcode::text, Damage::byte, mixed), "ü");
  }
  EXPECT_EQ(damaged("", Opcode::text, Damage::byte, 5), "");
}

}  // namespace
}  // namespace tapedeck
