// Tapes that earlier recorders left behind, made by hand.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "recorder/lineage.h"
#include "storage/tape_reader.h"
#include "storage/tape_writer.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::testing {

using Lines = std::vector<std::string>;

constexpr Ns kStart = 1'795'253'400 * kNsPerSec;  // 2026-11-21T09:30:00Z
inline Ns at(int seconds) {
  return kStart + seconds * kNsPerSec;
}

class EarlierTapes : public ::testing::Test {
 protected:
  std::unique_ptr<TapeWriter> tape(Ns started_ns, const std::string& name = "live",
                                   const std::string& follows = "",
                                   std::optional<std::vector<std::string>> beside = {}) {
    SessionInfo session;
    session.name = name;
    session.follows = follows;
    session.beside = std::move(beside);
    session.started_ns = started_ns;
    auto made = create_tape(directory_.path(), session, Durability::process);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  static void connection(TapeWriter& tape, std::int64_t id, int slot, Ns ready_ns,
                         std::optional<Ns> closed_ns = std::nullopt,
                         const std::string& feed = "hypercall") {
    ConnectionInfo info;
    info.id = id;
    info.feed = feed;
    info.endpoint = "ws";
    info.slot = slot;
    info.ready_ns = ready_ns;
    info.closed_ns = closed_ns;
    EXPECT_TRUE(tape.put_connection(info));
  }
  static void streams(TapeWriter& tape, const std::vector<Lineage::Stream>& all) {
    for (const auto& [feed, stream] : all) {
      EXPECT_TRUE(tape.put_stream({feed, stream, "ws", std::nullopt}));
    }
  }
  void frame(TapeWriter& tape, std::int64_t connection, Ns recv_ns,
             Direction direction = Direction::in) {
    EXPECT_TRUE(tape.add_frame({++frames_, connection, recv_ns, direction, Opcode::text, "{}"}));
  }
  // What a session goes on with that records these feeds.
  Lineage find(const std::string& name = "live", Ns now_ns = at(100'000),
               const std::vector<std::string>& feeds = {"hypercall", "nexusglass"}) {
    auto found = find_lineage(directory_.path(), name, now_ns, feeds);
    EXPECT_TRUE(found);
    return found ? std::move(*found) : Lineage();
  }
  static std::string file_of(const TapeWriter& tape) {
    return std::filesystem::path(tape.path()).filename();
  }
  static Lines lines(const std::vector<Gap>& gaps) {
    Lines out;
    for (const Gap& gap : gaps) {
      const auto second = [](Ns t) { return std::to_string((t - kStart) / kNsPerSec); };
      out.push_back(std::string(to_string(gap.cause)) + " " + second(gap.from_ns) + ".." +
                    (gap.to_ns ? second(*gap.to_ns) : "") + " floor " + second(gap.floor_ns) +
                    " after " + gap.after_cursor.value_or("-"));
    }
    return out;
  }

  TempDir directory_;
  std::int64_t frames_ = 0;
};

}  // namespace tapedeck::testing
