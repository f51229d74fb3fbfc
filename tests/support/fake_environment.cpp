#include "tests/support/fake_environment.h"

#include <algorithm>
#include <utility>

#include "schema/ws/codec.h"
#include "tests/support/fakes.h"

namespace tapedeck::testing {

class FakeTimer final : public Timer {
 public:
  explicit FakeTimer(FakeEnvironment& environment) : environment_(environment) {}
  ~FakeTimer() override { cancel(); }
  FakeTimer(const FakeTimer&) = delete;
  FakeTimer& operator=(const FakeTimer&) = delete;
  void set(Ns after, std::function<void()> task) override {
    environment_.timers_[this] = {environment_.time.stamp.mono + std::max<Ns>(after, 0),
                                  ++environment_.order_, std::move(task)};
  }
  void cancel() override { environment_.timers_.erase(this); }

 private:
  FakeEnvironment& environment_;
};

namespace {
class FakeRestCall final : public RestCall {};
}  // namespace

std::unique_ptr<Timer> FakeEnvironment::make_timer() {
  return std::make_unique<FakeTimer>(*this);
}

std::unique_ptr<Transport> FakeEnvironment::make_transport(TransportEvents& events) {
  auto transport = std::make_unique<FakeTransport>(*this, transports.size(), events);
  transports.push_back(transport.get());
  return transport;
}

std::unique_ptr<RestCall> FakeEnvironment::fetch(const RestRequest& request, Ns /*timeout*/,
                                                 std::function<void(RestResponse)> done) {
  calls.push_back({request, std::move(done)});
  return std::make_unique<FakeRestCall>();
}

void FakeEnvironment::advance(Ns by) {
  const Ns target = time.stamp.mono + by;
  for (;;) {
    const auto due =
        std::min_element(timers_.begin(), timers_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second.due, a.second.order) < std::pair(b.second.due, b.second.order);
        });
    if (due == timers_.end() || due->second.due > target) break;
    const Ns step = std::max<Ns>(0, due->second.due - time.stamp.mono);
    time.stamp.mono += step;
    time.stamp.wall += step;
    const std::function<void()> task = std::move(due->second.task);
    timers_.erase(due);
    task();
  }
  time.stamp.wall += target - time.stamp.mono;
  time.stamp.mono = target;
}

void FakeTransport::connect(const ConnectRequest& request, std::size_t /*message_bytes_max*/) {
  log.push_back("connect " + request.url);
}

void FakeTransport::send(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::close) {
    ws::Close close;
    ws::parse_close(payload, close);
    log.push_back("close " + std::to_string(close.code) +
                  (close.reason.empty() ? "" : " " + std::string(close.reason)));
    return;
  }
  const char* name = opcode == Opcode::text ? "text " : opcode == Opcode::ping ? "ping " : "pong ";
  log.push_back(name + std::string(payload));
}

void FakeTransport::abort(std::string why) {
  log.push_back("abort");
  later_ = environment_.make_timer();
  later_->set(0, [this, why = std::move(why)] { events->on_end({why, 0}); });
}

void FakeTransport::open() {
  for (const char* phase : {"name lookup", "TCP connect", "upgrade"}) events->on_phase(phase);
  events->on_open();
}

void FakeTransport::close(std::uint16_t code, std::string_view reason) {
  events->on_message(Opcode::close, ws::close_payload(code, reason), true);
}

std::int64_t FakeJournal::add_frame(std::int64_t /*connection_id*/, Ns /*recv_ns*/,
                                    Direction direction, Opcode opcode, std::string_view payload) {
  if (full) return 0;
  frames.push_back(std::string(to_string(direction)) + " " +
                   std::to_string(static_cast<int>(opcode)) + " " + std::string(payload));
  return static_cast<std::int64_t>(frames.size());
}

class FakeJournal::Rows final : public RowSink {
 public:
  explicit Rows(FakeJournal& journal) : journal_(journal) {}
  void add_row(const Row& row) override {
    RowLog log;
    log.add_row(row);
    journal_.rows.push_back(log.rows.front());
  }
  void set_cursor(std::string_view stream, std::string_view value) override {
    journal_.cursors[std::string(stream)] = value;
  }

 private:
  FakeJournal& journal_;
};

RowSink& FakeJournal::rows_of(std::string_view /*feed*/, Int /*frame_id*/, Int /*request_id*/,
                              Ns /*recv_ns*/) {
  if (sink_ == nullptr) sink_ = std::make_shared<Rows>(*this);
  return *sink_;
}

std::string gap_line(const Gap& gap) {
  const auto at = [](Ns t) {
    return std::to_string(t / kNsPerSec) + "+" + std::to_string(t % kNsPerSec / kNsPerMs) + "ms";
  };
  return std::string(to_string(gap.cause)) + " " + gap.stream + " " + at(gap.from_ns) + ".." +
         (gap.to_ns ? at(*gap.to_ns) : "") + " " + gap.detail;
}

}  // namespace tapedeck::testing
