// The recorder's outside world made of thin air: time moves when the test says so, sockets are
// scripted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/journal.h"
#include "recorder/seams.h"

namespace tapedeck::testing {

class ManualClock final : public Clock {
 public:
  Stamp now() const override { return stamp; }
  Stamp stamp{1'000 * kNsPerSec, 500 * kNsPerSec};
};

class FakeTransport;

// Timers fire in order of time from advance(); transports and REST calls are kept for the test to
// play.
class FakeEnvironment final : public Environment {
 public:
  const Clock& clock() const override { return time; }
  double uniform() override { return chance; }
  std::unique_ptr<Timer> make_timer() override;
  std::unique_ptr<Transport> make_transport(TransportEvents& events) override;
  std::unique_ptr<RestCall> fetch(const RestRequest& request, Ns timeout,
                                  std::function<void(RestResponse)> done) override;

  // Moves both clocks on, firing what falls due on the way.
  void advance(Ns by);
  void advance_ms(std::int64_t ms) { advance(ms * kNsPerMs); }
  // Fires what is due now.
  void settle() { advance(0); }

  ManualClock time;
  double chance = 0.5;                     // no jitter
  std::vector<FakeTransport*> transports;  // in order of making; nullptr once destroyed
  FakeTransport& last() { return *transports.back(); }
  struct Call {
    RestRequest request;
    std::function<void(RestResponse)> done;
  };
  std::vector<Call> calls;

 private:
  friend class FakeTimer;
  struct Entry {
    Ns due = 0;
    std::uint64_t order = 0;
    std::function<void()> task;
  };
  std::map<const void*, Entry> timers_;
  std::uint64_t order_ = 0;
};

// Writes down what was asked of it; the test plays the server through `events`.
class FakeTransport final : public Transport {
 public:
  FakeTransport(FakeEnvironment& environment, std::size_t index, TransportEvents& owner)
      : events(&owner), environment_(environment), index_(index) {}
  ~FakeTransport() override { environment_.transports[index_] = nullptr; }
  FakeTransport(const FakeTransport&) = delete;
  FakeTransport& operator=(const FakeTransport&) = delete;

  void connect(const ConnectRequest& request, std::size_t message_bytes_max) override;
  void send(Opcode opcode, std::string_view payload) override;
  void pause(bool yes) override { log.emplace_back(yes ? "pause" : "go on"); }
  void shutdown() override { log.push_back("shutdown"); }
  void abort(std::string why) override;

  // The server's part.
  void open();
  void text(std::string_view payload) { events->on_message(Opcode::text, payload, true); }
  void close(std::uint16_t code, std::string_view reason);
  void end(const std::string& error = "") { events->on_end({error, 0}); }

  std::vector<std::string> take() { return std::exchange(log, {}); }

  TransportEvents* events;
  std::vector<std::string> log;

 private:
  FakeEnvironment& environment_;
  std::size_t index_;
  std::unique_ptr<Timer> later_;
};

// Keeps what the recorder wrote down, as lines:
//   connection 1 nexusglass/ws attempt=1 …, frame 1 c1 in 1 PAYLOAD, gap 1 …, row TABLE …
class FakeJournal final : public Journal {
 public:
  std::int64_t next_connection_id() override { return ++connections_; }
  std::int64_t next_request_id() override { return ++requests_; }
  std::int64_t next_gap_id() override { return ++gaps_; }
  std::int64_t last_frame_id() const override { return static_cast<std::int64_t>(frames.size()); }
  void put_connection(const ConnectionInfo& connection) override {
    connections[connection.id] = connection;
  }
  void put_request(const RequestInfo& request) override { requests[request.id] = request; }
  void put_gap(const Gap& gap) override { gaps[gap.id] = gap; }
  void put_stream(const StreamInfo& stream) override { streams[stream.stream] = stream; }
  void add_drift(const DriftRecord& drift) override { drifts.push_back(drift); }
  std::int64_t add_frame(std::int64_t connection_id, Ns recv_ns, Direction direction, Opcode opcode,
                         std::string_view payload) override;
  RowSink& rows_of(std::string_view feed, Int frame_id, Int request_id, Ns recv_ns) override;
  bool is_crowded() const override { return crowded; }
  void end_burst() override { ++bursts; }

  std::map<std::int64_t, ConnectionInfo> connections;
  std::map<std::int64_t, RequestInfo> requests;
  std::map<std::int64_t, Gap> gaps;
  std::map<std::string, StreamInfo> streams;
  std::map<std::string, std::string> cursors;
  std::vector<DriftRecord> drifts;
  std::vector<std::string> frames;  // `in 1 PAYLOAD`
  std::vector<std::string> rows;    // `TABLE` lines, as RowLog writes them
  int bursts = 0;
  bool full = false;  // add_frame refuses
  bool crowded = false;

 private:
  class Rows;
  std::int64_t connections_ = 0;
  std::int64_t requests_ = 0;
  std::int64_t gaps_ = 0;
  std::shared_ptr<RowSink> sink_;
};

// `disconnect trades 1000+250ms..1001+0ms why` with times as seconds and milliseconds since 1970.
std::string gap_line(const Gap& gap);

}  // namespace tapedeck::testing
