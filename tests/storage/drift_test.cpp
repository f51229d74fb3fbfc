// The drift table, written and read.
#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

// A tape with two rows.
std::unique_ptr<TapeWriter> tape_with_drift(const TempDir& directory) {
  auto tape =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  must(tape->begin());
  must(tape->add_drift({"hypercall", "Trade", "price", "kind: string -> number", 7, 40}));
  must(tape->add_drift({"alphahub", "new_signals", "[4].open[].fee", "new field", 9, 41}));
  must(tape->commit());
  return tape;
}

Lines drift_of(const std::string& path) {
  Lines lines;
  for (const auto& d : must(must(open_tape(path))->drift())) {
    lines.push_back(d.feed + " " + d.type + " " + d.path + " " + d.what + " f" +
                    std::to_string(d.frame_id) + " @" + std::to_string(d.recv_ns));
  }
  return lines;
}

TEST(TapeDrift, IsReadInTheOrderInWhichItWasFound) {
  const TempDir directory;
  const auto tape = tape_with_drift(directory);
  EXPECT_EQ(drift_of(tape->path()),
            (Lines{"hypercall Trade price kind: string -> number f7 @40",
                   "alphahub new_signals [4].open[].fee new field f9 @41"}));
  EXPECT_EQ(raw_query(tape->path(), "SELECT * FROM drift WHERE id = 2"),
            Lines{"2|alphahub|new_signals|[4].open[].fee|new field|9|41"});
}

TEST(TapeDrift, IsNoneOnATapeOfARecorderThatDidNotLookForIt) {
  const TempDir directory;
  const auto tape = tape_with_drift(directory);
  raw_query(tape->path(), "DROP TABLE drift");
  EXPECT_EQ(drift_of(tape->path()), Lines{});
}

}  // namespace
}  // namespace tapedeck::testing
