// What the merge tests share: tapes of a made-up service with an option market's trades and a
// stream of alerts with a history, and merged tapes read back.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "schema/feeds/registry.h"
#include "storage/merge.h"
#include "tests/storage/tape_files.h"

namespace tapedeck::testing {

inline const std::string kTrades = "hypercall";   // identified by nothing
inline const std::string kAlerts = "nexusglass";  // identified by their ids

inline std::string trade_text(const std::string& price) {
  return R"({"type":"Trade","symbol":"BTC-20261225-100000-C","price":")" + price +
         R"(","size":"1","side":"buy","timestamp":1795253400000})";
}

inline std::string alert_body(int id) {
  return R"({"id":)" + std::to_string(id) +
         R"(,"type":"LIQ","symbol":"BTCUSDT","detected_at":"2026-11-21T09:30:00Z"})";
}
inline std::string alert_text(int id) {
  return R"({"type":"EVENT","payload":)" + alert_body(id) + "}";
}

// Decodes with each feed's default decoder, for as many connections as there are.
inline DecoderSource default_decoders(const SessionInfo& /*session*/,
                                      const std::vector<ConnectionInfo>& connections) {
  std::map<std::string, int> slots;
  for (const ConnectionInfo& one : connections) {
    slots[one.feed] = std::max(slots[one.feed], one.slot + 1);
  }
  return [slots](std::string_view feed) -> std::unique_ptr<Normalizer> {
    const Feed* known = find_feed(feed);
    return known == nullptr ? nullptr : known->make_normalizer(slots.at(std::string(feed)));
  };
}

// One recorder's tape, written as its recorder would: rows are derived.
class RecorderTape {
 public:
  RecorderTape(std::string path, SessionInfo session)
      : path_(std::move(path)),
        writer_(must(create_tape_at(path_, session, Durability::process))),
        derivation_([](std::string_view feed) {
          const Feed* known = find_feed(feed);
          return known == nullptr ? nullptr : known->make_normalizer(1);
        }) {
    must(writer_->begin());
  }

  std::int64_t connect(const std::string& feed, const std::string& endpoint, Ns at_ns,
                       const std::string& query = "") {
    ConnectionInfo one;
    one.id = static_cast<std::int64_t>(connections_.size()) + 1;
    one.feed = feed;
    one.endpoint = endpoint;
    one.url = "wss://host/" + endpoint + query;
    one.opened_ns = one.ready_ns = at_ns;
    must(writer_->put_connection(one));
    connections_.push_back(one);
    return one.id;
  }
  void stream(const std::string& feed, const std::string& name, const std::string& endpoint,
              Ns ready_ns) {
    must(writer_->put_stream({feed, name, endpoint, ready_ns}));
  }
  void frame(std::int64_t connection, Ns at_ns, std::string_view payload,
             Direction direction = Direction::in, Opcode opcode = Opcode::text) {
    const FrameRecord frame{++frames_, connection, at_ns, direction, opcode, payload};
    must(writer_->add_frame(frame));
    const ConnectionInfo& one = connections_.at(static_cast<std::size_t>(connection) - 1);
    Rows rows(*writer_, {0, frames_, std::nullopt, one.feed, at_ns, {}});
    derivation_.frame(frame, one, rows);
  }
  void answer(RequestInfo request, const Gap* gap) {
    request.id = ++requests_;
    request.after_frame_id = frames_;
    must(writer_->put_request(request));
    Rows rows(*writer_, {0, std::nullopt, request.id, request.feed, *request.recv_ns, {}});
    derivation_.request(request, gap, rows);
  }
  void gap(const Gap& gap) { must(writer_->put_gap(gap)); }
  TapeWriter& writer() { return *writer_; }

  std::string finish(Ns at_ns, std::string_view outcome = "closed") {
    must(writer_->commit());
    must(writer_->finish(at_ns, outcome));
    writer_.reset();
    return path_;
  }

 private:
  class Rows final : public RowSink {
   public:
    Rows(TapeWriter& tape, RowRecord common) : tape_(tape), record_(common) {}
    void add_row(const Row& row) override {
      record_.row = row;
      must(tape_.add_row(record_));
    }
    void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}

   private:
    TapeWriter& tape_;
    RowRecord record_;
  };

  std::string path_;
  std::unique_ptr<TapeWriter> writer_;
  Derivation derivation_;
  std::vector<ConnectionInfo> connections_;
  std::int64_t frames_ = 0;
  std::int64_t requests_ = 0;
};

inline SessionInfo session_on(const std::string& host, Ns started_ns = kStart) {
  SessionInfo session = session_named("live");
  session.host = host;
  session.started_ns = started_ns;
  session.config = "{}";
  return session;
}

inline Result<MergeReport> merge_files(const std::vector<std::string>& paths,
                                       const std::string& out, Ns skew_ns = 0) {
  std::vector<std::unique_ptr<TapeReader>> tapes;
  for (const std::string& path : paths) tapes.push_back(must(open_tape(path)));
  MergeOptions options;
  options.out = out;
  options.recorder_version = "9.9";
  options.skew_ns = skew_ns;
  options.decoders = default_decoders;
  return merge_tapes(std::move(tapes), options);
}

// A table's rows without ids and times of receipt, sorted: events, however they came.
inline std::multiset<std::string> events_of(const std::string& path, TableId table) {
  auto tape = must(open_tape(path));
  auto cursor = must(tape->rows(table));
  std::multiset<std::string> events;
  TapeRow row;
  while (must(cursor->next(row))) {
    std::string line(row.feed);
    for (const Value& value : row.values) {
      line += value.type == Value::Type::integer ? "|" + std::to_string(value.integer)
                                                 : "|" + std::string(value.text);
    }
    events.insert(line);
  }
  return events;
}

// `FROM-TO METHOD STATUS RECOVERED`, times in seconds since kStart.
inline Lines gaps_of(const std::string& path) {
  Lines lines;
  for (const Gap& gap : must(must(open_tape(path))->gaps())) {
    lines.push_back(gap.stream + " " + std::to_string((gap.from_ns - kStart) / kNsPerSec) + "-" +
                    std::to_string((*gap.to_ns - kStart) / kNsPerSec) + " " +
                    std::string(to_string(gap.method)) + " " + std::string(to_string(gap.status)) +
                    " " + std::to_string(gap.recovered));
  }
  return lines;
}

// The tapes of two recorders, a and b, that both received these trades; gives their paths.
inline std::vector<std::string> two_tapes_of(int trades, const TempDir& directory) {
  std::vector<std::string> paths;
  for (const std::string name : {"a", "b"}) {
    RecorderTape tape(directory.file(name + ".tape"), session_on(name));
    tape.stream(kTrades, "trades", "ws", kStart);
    const auto connection = tape.connect(kTrades, "ws", kStart);
    for (int n = 1; n <= trades; ++n) {
      tape.frame(connection, kStart + n, trade_text(std::to_string(n)));
    }
    paths.push_back(tape.finish(kStart + trades + 1));
  }
  return paths;
}

}  // namespace tapedeck::testing
