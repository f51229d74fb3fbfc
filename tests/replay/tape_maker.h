// Small tapes for tests, in a directory that goes with them.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/tape_reader.h"
#include "storage/tape_writer.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::testing {

// 2026-03-17T10:00:00Z
inline constexpr Ns kTapeStart = 1'773'741'600 * kNsPerSec;

// Writes one tape. Times are milliseconds from kTapeStart; frames get ids from 1 in the order
// written.
class TapeMaker {
 public:
  explicit TapeMaker(const std::string& path, Ns start_ms = 0) : start_ms_(start_ms) {
    SessionInfo session;
    session.name = "test";
    session.started_ns = at(start_ms);
    session.recorder_version = "test";
    session.config = "{}";
    auto created = create_tape_at(path, session, Durability::process);
    EXPECT_TRUE(created.ok()) << created.error().message;
    writer_ = std::move(*created);
    EXPECT_TRUE(writer_->begin().ok());
  }

  static Ns at(Ns ms) { return kTapeStart + ms * kNsPerMs; }

  // A connection that is open since `opened_ms`; gives its id.
  std::int64_t connection(std::string_view feed, std::string_view endpoint, int slot = 0,
                          Ns opened_ms = 0) {
    ConnectionInfo connection;
    connection.id = ++connections_;
    connection.feed = feed;
    connection.endpoint = endpoint;
    connection.slot = slot;
    connection.url = "wss://host";
    connection.opened_ns = at(opened_ms);
    EXPECT_TRUE(writer_->put_connection(connection).ok());
    known_.push_back(connection);
    return connection.id;
  }

  // It was ready at `ready_ms` and ended at `closed_ms`.
  void end(std::int64_t connection, Ns ready_ms, Ns closed_ms, ClosedBy by,
           std::optional<int> code = std::nullopt, std::string_view reason = "") {
    ConnectionInfo& info = known_[static_cast<std::size_t>(connection) - 1];
    info.ready_ns = at(ready_ms);
    info.closed_ns = at(closed_ms);
    info.closed_by = by;
    info.close_code = code;
    if (code) info.close_reason = std::string(reason);
    EXPECT_TRUE(writer_->put_connection(info).ok());
  }

  // The next frame's id, as other programs may number them.
  TapeMaker& go_on_from(std::int64_t frame_id) {
    frames_ = frame_id - 1;
    return *this;
  }

  TapeMaker& frame(std::int64_t connection, Ns ms, std::string_view payload,
                   Opcode opcode = Opcode::text, Direction direction = Direction::in) {
    FrameRecord frame;
    frame.id = ++frames_;
    frame.connection_id = connection;
    frame.recv_ns = last_recv_ns_ = at(ms);
    frame.direction = direction;
    frame.opcode = opcode;
    frame.payload = payload;
    last_ms_ = std::max(last_ms_, ms);
    EXPECT_TRUE(writer_->add_frame(frame).ok());
    return *this;
  }

  // A row of the last frame.
  template <class Record>
  TapeMaker& row(std::string_view feed, const Record& record, Int event_ns = std::nullopt,
                 Origin origin = Origin::live) {
    const auto values = record.values();
    RowRecord row{0, frames_, std::nullopt, feed, last_recv_ns_, {}};
    row.row = Row{&table_of(Record::kTable), origin, event_ns, values};
    EXPECT_TRUE(writer_->add_row(row).ok());
    return *this;
  }

  // A gap-fill's exchange that was answered at `ms`; rows of filled() are of the last one.
  TapeMaker& request(std::string_view feed, Ns ms) {
    RequestInfo request;
    request.id = ++requests_;
    request.feed = feed;
    request.purpose = "gapfill";
    request.sent_ns = at(ms - 1);
    request.recv_ns = at(ms);
    request.method = "GET";
    request.url = "https://host/history";
    request.status = 200;
    requested_ms_ = ms;
    EXPECT_TRUE(writer_->put_request(request).ok());
    return *this;
  }
  template <class Record>
  TapeMaker& filled(std::string_view feed, const Record& record, Int event_ns,
                    Origin origin = Origin::gapfill) {
    const auto values = record.values();
    RowRecord row{0, std::nullopt, requests_, feed, at(requested_ms_), {}};
    row.row = Row{&table_of(Record::kTable), origin, event_ns, values};
    EXPECT_TRUE(writer_->add_row(row).ok());
    return *this;
  }
  TapeMaker& gap(std::string_view feed, std::string_view stream, Ns from_ms, Ns to_ms) {
    Gap gap;
    gap.id = ++gaps_;
    gap.feed = feed;
    gap.stream = stream;
    gap.from_ns = at(from_ms);
    gap.to_ns = at(to_ms);
    gap.method = GapMethod::after;
    gap.status = GapStatus::filled;
    EXPECT_TRUE(writer_->put_gap(gap).ok());
    return *this;
  }

  // What was written so far can be read; the tape goes on. Without finish() it is interrupted.
  void commit() {
    EXPECT_TRUE(writer_->commit().ok());
    EXPECT_TRUE(writer_->begin().ok());
  }
  void finish() {
    EXPECT_TRUE(writer_->commit().ok());
    EXPECT_TRUE(writer_->finish(at(std::max(start_ms_, last_ms_)), "closed").ok());
    writer_.reset();
  }

 private:
  Ns start_ms_;
  Ns last_ms_ = 0;
  std::int64_t connections_ = 0;
  std::vector<ConnectionInfo> known_;
  std::int64_t frames_ = 0;
  std::int64_t requests_ = 0;
  std::int64_t gaps_ = 0;
  Ns requested_ms_ = 0;
  Ns last_recv_ns_ = 0;
  std::unique_ptr<TapeWriter> writer_;
};

inline std::unique_ptr<TapeReader> must_open(const std::string& path) {
  auto reader = open_tape(path);
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  return std::move(*reader);
}

}  // namespace tapedeck::testing
