// A small tape with some of everything, and what a subcommand says about it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "storage/tape_writer.h"
#include "tests/support/temp_dir.h"
#include "tools/cli/cli.h"

namespace tapedeck::testing {

inline constexpr Ns kStart = 1'795'253'400 * kNsPerSec;  // 2026-11-21T09:30:00Z

inline Ns at(double seconds) {
  return kStart + static_cast<Ns>(seconds * 1000) * kNsPerMs;
}

inline void expect_ok(const Result<void>& result) {
  if (!result) ADD_FAILURE() << result.error().message;
}

// Writes tapes in few words; every failure fails the test.
class TapeMaker {
 public:
  explicit TapeMaker(const std::string& path) {
    SessionInfo session;
    session.name = "demo";
    session.started_ns = kStart;
    session.recorder_version = "9.9";
    session.host = "here";
    session.config = R"({"name":"demo"})";
    auto made = create_tape_at(path, session, Durability::process);
    if (!made) {
      ADD_FAILURE() << made.error().message;
      return;
    }
    writer_ = std::move(*made);
  }

  void begin() { expect_ok(writer_->begin()); }
  void commit() { expect_ok(writer_->commit()); }
  void connection(const ConnectionInfo& info) { expect_ok(writer_->put_connection(info)); }
  void gap(const Gap& gap) { expect_ok(writer_->put_gap(gap)); }
  void stream(const StreamInfo& stream) { expect_ok(writer_->put_stream(stream)); }
  void request(const RequestInfo& request) { expect_ok(writer_->put_request(request)); }
  void cursor(const CursorRecord& cursor) { expect_ok(writer_->put_cursor(cursor)); }
  void drift(const DriftRecord& drift) { expect_ok(writer_->add_drift(drift)); }

  // The next frame's id, as other programs may number them.
  void go_on_from(std::int64_t frame_id) { frames_ = frame_id - 1; }

  std::int64_t frame(std::int64_t connection, Ns t, Direction direction, Opcode opcode,
                     std::string_view payload) {
    FrameRecord frame{++frames_, connection, t, direction, opcode, payload};
    expect_ok(writer_->add_frame(frame));
    return frames_;
  }

  template <class Record>
  void row(std::string_view feed, std::int64_t frame_id, Ns t, const Record& record) {
    const auto values = record.values();
    RowRecord row;
    row.frame_id = frame_id;
    row.feed = feed;
    row.recv_ns = t;
    row.row = Row{&table_of(Record::kTable), Origin::live, std::nullopt, values};
    expect_ok(writer_->add_row(row));
  }

  void finish(Ns t) { expect_ok(writer_->finish(t, "closed")); }

 private:
  std::unique_ptr<TapeWriter> writer_;
  std::int64_t frames_ = 0;
};

inline ConnectionInfo connection_of(std::int64_t id, std::string feed, std::string endpoint) {
  ConnectionInfo info;
  info.id = id;
  info.feed = std::move(feed);
  info.endpoint = std::move(endpoint);
  info.url = "wss://host/" + info.endpoint;
  return info;
}

inline constexpr std::string_view kHandshake = R"({"type":"HANDSHAKE","payload":{"tier":"PULSE"}})";
inline constexpr std::string_view kEvent =
    R"({"type":"EVENT","payload":{"id":7,"symbol":"BTCUSDT"}})";
inline constexpr std::string_view kError =
    R"({"type":"ERROR","payload":{"code":"RATE","message":"slow down"}})";
inline constexpr std::string_view kTrade =
    R"({"type":"Trade","symbol":"BTC","price":"0.05","size":"5.0","side":"buy","timestamp":1795253402000})";

// Two feeds; the second loses its connection once. Ends 10 s after the start.
inline void write_sample(const std::string& path) {
  TapeMaker tape(path);
  tape.begin();
  ConnectionInfo news = connection_of(1, "nexusglass", "ws/fastfeed");
  news.opened_ns = at(0.1);
  news.ready_ns = at(0.2);
  ConnectionInfo market = connection_of(2, "hypercall", "ws");
  market.opened_ns = at(0.3);
  tape.connection(news);
  tape.connection(market);
  tape.frame(1, at(0.2), Direction::in, Opcode::text, kHandshake);
  tape.frame(2, at(0.4), Direction::out, Opcode::text,
             R"({"type":"Subscribe","channel":"trades"})");
  tape.frame(2, at(0.5), Direction::in, Opcode::text,
             R"({"type":"Subscribed","channel":"trades"})");
  tape.frame(1, at(1), Direction::in, Opcode::text, kEvent);
  const std::int64_t trade = tape.frame(2, at(2), Direction::in, Opcode::text, kTrade);
  Trade row;
  row.symbol = "BTC";
  row.price = "0.05";
  tape.row("hypercall", trade, at(2), row);
  tape.drift({"hypercall", "Trade", "fee", "new field", trade, at(2)});
  tape.drift({"hypercall", "Trade", "price", "kind: string -> number", trade, at(2)});
  tape.frame(2, at(2.5), Direction::in, Opcode::ping, "hb");
  tape.frame(2, at(2.5), Direction::out, Opcode::pong, "hb");
  const std::int64_t error = tape.frame(1, at(3), Direction::in, Opcode::text, kError);
  tape.row("nexusglass", error, at(3), FeedError{"RATE", "slow down"});
  const std::int64_t odd =
      tape.frame(1, at(3.5), Direction::in, Opcode::binary, std::string_view("\x00\xff", 2));
  tape.row("nexusglass", odd, at(3.5), Unparsed{"binary frame"});
  tape.frame(2, at(4), Direction::in, Opcode::close,
             "\x03\xe9"
             "bye");
  market.ready_ns = at(0.5);
  market.closed_ns = at(4);
  market.close_code = 1001;
  market.close_reason = "bye";
  market.closed_by = ClosedBy::server;
  tape.connection(market);
  ConnectionInfo retry = connection_of(3, "hypercall", "ws");
  retry.closed_ns = at(5);
  retry.closed_by = ClosedBy::network;
  retry.error = "connection refused";
  tape.connection(retry);
  Gap gap;
  gap.id = 1;
  gap.feed = "hypercall";
  gap.stream = "trades";
  gap.from_ns = at(4);
  gap.to_ns = at(10);
  gap.method = GapMethod::snapshot;
  gap.status = GapStatus::unfillable;
  gap.detail = "no history";
  tape.gap(gap);
  RequestInfo request;
  request.id = 1;
  request.feed = "hypercall";
  request.purpose = "gapfill";
  request.sent_ns = at(6);
  request.recv_ns = at(6.5);
  request.method = "GET";
  request.url = "https://host/trades";
  request.status = 503;
  tape.request(request);
  tape.cursor({"nexusglass", "ws/fastfeed", "7", at(1)});
  tape.stream({"nexusglass", "ws/fastfeed", "ws/fastfeed", at(0.2)});
  tape.stream({"hypercall", "trades", "ws", at(0.5)});
  news.closed_ns = at(10);
  news.close_code = 1000;
  news.closed_by = ClosedBy::client;
  tape.connection(news);
  tape.commit();
  tape.finish(at(10));
}

struct Said {
  int code = -1;
  std::string out;
  std::string err;
};

inline Said run_cli(const std::vector<std::string>& args, int width = 0) {
  std::ostringstream out;
  std::ostringstream err;
  cli::Io io{out, err, width};
  Said said;
  said.code = cli::run(args, io);
  said.out = out.str();
  said.err = err.str();
  return said;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace tapedeck::testing
