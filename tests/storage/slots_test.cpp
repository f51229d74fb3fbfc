// Redundant connections on tapes that have the documented columns alone.
#include "storage/slots.h"

#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

ConnectionInfo connection(std::int64_t id, const std::string& endpoint, std::optional<Ns> opened_s,
                          std::optional<Ns> closed_s) {
  ConnectionInfo one;
  one.id = id;
  one.feed = "hypercall";
  one.endpoint = endpoint;
  if (opened_s) one.opened_ns = kStart + *opened_s * kNsPerSec;
  if (closed_s) one.closed_ns = kStart + *closed_s * kNsPerSec;
  return one;
}

std::vector<int> slots_of(const std::vector<ConnectionInfo>& connections) {
  std::vector<int> slots;
  for (const ConnectionInfo& one : connections) slots.push_back(one.slot);
  return slots;
}

TEST(DerivedSlots, ThoseThatOverlapGetTheLowestFreeOneInOrderOfOpening) {
  std::vector<ConnectionInfo> all = {
      connection(1, "ws", 0, 10), connection(2, "ws", 1, 4),  connection(3, "other", 2, 9),
      connection(4, "ws", 5, 30), connection(5, "ws", 6, 20), connection(6, "ws", 10, 12),
      connection(7, "ws", {}, 3),
  };
  derive_slots(all, {});
  EXPECT_EQ(slots_of(all), (std::vector<int>{0, 1, 0, 1, 2, 0, 0}));
}

TEST(DerivedSlots, WhatHasNoEndLastsAsLongAsItReceived) {
  std::vector<ConnectionInfo> all = {connection(1, "ws", 0, {}), connection(2, "ws", 1, {}),
                                     connection(3, "ws", 5, {})};
  EXPECT_EQ(without_known_end(all), (std::set<std::int64_t>{1, 2}));
  derive_slots(all, {{1, kStart + 6 * kNsPerSec}, {2, kStart + 4 * kNsPerSec}});
  EXPECT_EQ(slots_of(all), (std::vector<int>{0, 1, 1}));
}

TEST(DerivedSlots, AreWhatAReaderGivesWhereTheTapeHasNone) {
  const TempDir directory;
  {
    const auto tape = tape_with(directory, [](TapeWriter& writer) {
      for (const auto& one :
           {connection(1, "ws", 0, {}), connection(2, "ws", 1, 3), connection(3, "ws", 4, {})}) {
        must(writer.put_connection(one));
      }
      must(writer.add_frame(frame_of(1, kStart + 2 * kNsPerSec, "{}")));
    });
    must(tape->finish(kStart + 9 * kNsPerSec, "closed"));
  }
  const auto path = directory.file("a.tape");
  EXPECT_EQ(slots_of(must(must(open_tape(path))->connections())), (std::vector<int>{0, 0, 0}));
  raw_query(path, "ALTER TABLE connection DROP COLUMN slot");
  EXPECT_EQ(slots_of(must(must(open_tape(path))->connections())), (std::vector<int>{0, 1, 0}));
}

}  // namespace
}  // namespace tapedeck::testing
