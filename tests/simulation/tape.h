// A tape in memory, with commits: what is not committed is gone when the recorder is killed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "recorder/journal.h"
#include "storage/tape_writer.h"
#include "tests/simulation/world.h"

namespace tapedeck::testing {

struct SimRow {
  TableId table = TableId::unparsed;
  std::string feed;
  Origin origin = Origin::live;
  Ns recv_ns = 0;
  Int event_ns;
  struct Cell {
    Value::Type type = Value::Type::null;
    std::int64_t integer = 0;
    std::string text;
  };
  std::vector<Cell> cells;

  // Views into this row.
  std::vector<Value> values() const;
};

// What is committed.
struct SimTape {
  Ns started_ns = 0;
  Ns newest_ns = 0;  // the last time on it
  Ns last_frame_ns = 0;
  std::int64_t frames = 0;
  std::map<std::int64_t, Ns> last_received;  // by connection
  std::vector<SimRow> rows;
  std::map<std::int64_t, Gap> gaps;
  std::map<std::int64_t, ConnectionInfo> connections;
  std::map<std::pair<std::string, std::string>, StreamInfo> streams;
  std::map<std::pair<std::string, std::string>, CursorRecord> cursors;
  std::vector<DriftRecord> drifts;

  // What the recorder's clock was ahead of the services', from which of its times on.
  std::vector<std::pair<Ns, Ns>> clock;
  // When it really was: `at_ns` by the recorder's clock, of which this tape has something.
  Ns true_ns(Ns at_ns) const;
};

class SimJournal final : public Journal {
 public:
  // `mirror`, where there is one, gets the same commits: the tape as the recorder would have left
  // it.
  explicit SimJournal(World& world, std::unique_ptr<TapeWriter> mirror = nullptr);

  std::int64_t next_connection_id() override { return ++connections_; }
  std::int64_t next_request_id() override { return ++requests_; }
  std::int64_t next_gap_id() override { return ++gaps_; }
  std::int64_t last_frame_id() const override { return frames_; }
  void put_connection(const ConnectionInfo& connection) override;
  void put_request(const RequestInfo& request) override;
  void put_gap(const Gap& gap) override;
  void put_stream(const StreamInfo& stream) override;
  void add_drift(const DriftRecord& drift) override;
  std::int64_t add_frame(std::int64_t connection_id, Ns recv_ns, Direction direction, Opcode opcode,
                         std::string_view payload) override;
  RowSink& rows_of(std::string_view feed, Int frame_id, Int request_id, Ns recv_ns) override;
  bool is_crowded() const override { return false; }
  void end_burst() override {}

  void commit();
  // The disk stands still until then: nothing is committed, and frames are refused.
  void stall(Ns for_ns);
  const SimTape& tape() const { return tape_; }

 private:
  class Rows final : public RowSink {
   public:
    explicit Rows(SimJournal& journal) : journal_(journal) {}
    void add_row(const Row& row) override;
    void set_cursor(std::string_view stream, std::string_view value) override;
    std::string feed;
    Int frame_id;
    Int request_id;
    Ns recv_ns = 0;

   private:
    SimJournal& journal_;
  };
  using Mirrored = std::function<Result<void>(TapeWriter&)>;
  void later(std::function<void(SimTape&)> change);
  // `make` gives what the mirror gets, if there is one.
  template <class Make>
  void mirror(Make make) {
    if (mirror_ != nullptr) pending_mirrored_.emplace_back(make());
  }
  Ns look_at_clock();  // gives the time

  World& world_;
  SimTape tape_;
  std::vector<std::function<void(SimTape&)>> pending_;
  std::unique_ptr<TapeWriter> mirror_;
  std::vector<Mirrored> pending_mirrored_;
  std::unique_ptr<Timer> due_;
  Rows rows_{*this};
  Ns latest_ns_ = 0;  // of what is pending
  Ns stalled_until_ = 0;
  std::int64_t connections_ = 0;
  std::int64_t requests_ = 0;
  std::int64_t gaps_ = 0;
  std::int64_t frames_ = 0;
};

}  // namespace tapedeck::testing
