#include "tests/simulation/tape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace tapedeck::testing {
namespace {
constexpr Ns kCommitNs = 50 * kNsPerMs;
}  // namespace

std::vector<Value> SimRow::values() const {
  std::vector<Value> all;
  for (const Cell& cell : cells) {
    Value value;
    value.type = cell.type;
    value.integer = cell.integer;
    if (cell.type == Value::Type::text) value.text = cell.text;
    all.push_back(value);
  }
  return all;
}

SimJournal::SimJournal(World& world, std::unique_ptr<TapeWriter> mirror)
    : world_(world), mirror_(std::move(mirror)), due_(world.make_timer()) {
  tape_.started_ns = tape_.newest_ns = look_at_clock();
}

Ns SimTape::true_ns(Ns at_ns) const {
  Ns ahead_ns = clock.front().second;
  for (const auto& [from_ns, ahead] : clock) {
    if (from_ns > at_ns) break;
    ahead_ns = ahead;
  }
  return at_ns - ahead_ns;
}

Ns SimJournal::look_at_clock() {
  const Ns now = world_.clock().now().wall;
  const Ns ahead_ns = now - world_.wall();
  if (tape_.clock.empty() || tape_.clock.back().second != ahead_ns) {
    tape_.clock.emplace_back(now, ahead_ns);
  }
  return now;
}

void SimJournal::later(std::function<void(SimTape&)> change) {
  if (pending_.empty()) due_->set(kCommitNs, [this] { commit(); });
  latest_ns_ = look_at_clock();
  pending_.push_back(std::move(change));
}

void SimJournal::commit() {
  if (world_.mono() < stalled_until_) {
    due_->set(stalled_until_ - world_.mono(), [this] { commit(); });
    return;
  }
  for (auto& change : std::exchange(pending_, {})) change(tape_);
  tape_.newest_ns = std::max(tape_.newest_ns, latest_ns_);
  if (mirror_ == nullptr) return;
  Result<void> mirrored = mirror_->begin();
  for (const Mirrored& change : std::exchange(pending_mirrored_, {})) {
    if (mirrored) mirrored = change(*mirror_);
  }
  if (mirrored) mirrored = mirror_->commit();
  EXPECT_TRUE(mirrored) << mirrored.error().message;
}

void SimJournal::stall(Ns for_ns) {
  stalled_until_ = world_.mono() + for_ns;
}

void SimJournal::put_connection(const ConnectionInfo& connection) {
  later([connection](SimTape& tape) { tape.connections[connection.id] = connection; });
  mirror(
      [&] { return [connection](TapeWriter& tape) { return tape.put_connection(connection); }; });
}
void SimJournal::put_request(const RequestInfo& request) {
  later([](SimTape&) {});
  mirror([&] { return [request](TapeWriter& tape) { return tape.put_request(request); }; });
}
void SimJournal::put_gap(const Gap& gap) {
  later([gap](SimTape& tape) { tape.gaps[gap.id] = gap; });
  mirror([&] { return [gap](TapeWriter& tape) { return tape.put_gap(gap); }; });
}
void SimJournal::put_stream(const StreamInfo& stream) {
  later([stream](SimTape& tape) { tape.streams[{stream.feed, stream.stream}] = stream; });
  mirror([&] { return [stream](TapeWriter& tape) { return tape.put_stream(stream); }; });
}

void SimJournal::add_drift(const DriftRecord& drift) {
  later([drift](SimTape& tape) { tape.drifts.push_back(drift); });
  mirror([&] { return [drift](TapeWriter& tape) { return tape.add_drift(drift); }; });
}

std::int64_t SimJournal::add_frame(std::int64_t connection_id, Ns recv_ns, Direction direction,
                                   Opcode opcode, std::string_view payload) {
  if (world_.mono() < stalled_until_) return 0;
  const std::int64_t id = ++frames_;
  later([=](SimTape& tape) {
    ++tape.frames;
    if (direction == Direction::in) tape.last_received[connection_id] = recv_ns;
    tape.last_frame_ns = recv_ns;
  });
  mirror([&] {
    return [=, bytes = std::string(payload)](TapeWriter& tape) {
      return tape.add_frame({id, connection_id, recv_ns, direction, opcode, bytes});
    };
  });
  return id;
}

RowSink& SimJournal::rows_of(std::string_view feed, Int frame_id, Int request_id, Ns recv_ns) {
  rows_.feed = std::string(feed);
  rows_.frame_id = frame_id;
  rows_.request_id = request_id;
  rows_.recv_ns = recv_ns;
  return rows_;
}

void SimJournal::Rows::add_row(const Row& row) {
  SimRow kept;
  kept.table = row.table->id;
  kept.feed = feed;
  kept.origin = row.origin;
  kept.recv_ns = recv_ns;
  kept.event_ns = row.event_ns;
  for (const Value& value : row.values) {
    kept.cells.push_back({value.type, value.integer, std::string(value.text)});
  }
  journal_.mirror([&] {
    return [kept, frame = frame_id, request = request_id](TapeWriter& tape) {
      const std::vector<Value> values = kept.values();
      return tape.add_row({0,
                           frame,
                           request,
                           kept.feed,
                           kept.recv_ns,
                           {&table_of(kept.table), kept.origin, kept.event_ns, values}});
    };
  });
  journal_.later(
      [kept = std::move(kept)](SimTape& tape) mutable { tape.rows.push_back(std::move(kept)); });
}

void SimJournal::Rows::set_cursor(std::string_view stream, std::string_view value) {
  CursorRecord cursor{feed, std::string(stream), std::string(value), recv_ns};
  journal_.later([cursor](SimTape& tape) { tape.cursors[{cursor.feed, cursor.stream}] = cursor; });
  journal_.mirror([&] { return [cursor](TapeWriter& tape) { return tape.put_cursor(cursor); }; });
}

}  // namespace tapedeck::testing
