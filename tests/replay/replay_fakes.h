// A clock, a server, peers and a source that tests move by hand: no test of the replay waits for
// real time.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/audience.h"
#include "replay/block.h"
#include "replay/net/server.h"
#include "replay/source.h"
#include "schema/ws/codec.h"

namespace tapedeck::testing {

class ManualClock final : public Clock {
 public:
  Stamp now() const override { return stamp; }
  Stamp stamp;
};

// Timers fire and posted tasks run in advance() and settle(), in order of their times.
class FakeServer final : public Server {
 public:
  explicit FakeServer(ManualClock& clock) : clock_(clock) {}

  std::uint16_t port() const override { return 1; }
  std::string url() const override { return "http://127.0.0.1:1"; }
  void run() override {}
  void stop() override { stops += 1; }
  void post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  void on_signal(std::function<void()> /*task*/) override {}
  std::unique_ptr<Timer> make_timer() override { return std::make_unique<FakeTimer>(*this); }

  // Runs what is posted or due now.
  void settle() {
    while (run_task() || run_timer(clock_.stamp.mono)) {
    }
  }
  // Time goes on by `ns`, stopping at each timer on the way.
  void advance(Ns ns) {
    const Ns until = clock_.stamp.mono + ns;
    settle();
    for (auto due = next_timer(); due && *due <= until; due = next_timer()) {
      move_to(*due);
      settle();
    }
    move_to(until);
    settle();
  }
  // Time goes on while nothing gets to run: the machine was busy.
  void stall(Ns ns) { move_to(clock_.stamp.mono + ns); }
  std::optional<Ns> next_timer() const {
    if (timers_.empty()) return std::nullopt;
    return timers_.begin()->first.first;
  }

  int stops = 0;

 private:
  using Key = std::pair<Ns, std::uint64_t>;

  class FakeTimer final : public Timer {
   public:
    explicit FakeTimer(FakeServer& server) : server_(server) {}
    ~FakeTimer() override { cancel(); }
    void set(Ns mono_ns, std::function<void()> task) override {
      cancel();
      key_ = Key{mono_ns, ++server_.serial_};
      server_.timers_[*key_] = [this, task = std::move(task)] {
        key_.reset();
        const auto moved = task;  // the task may set the timer again
        moved();
      };
    }
    void cancel() override {
      if (key_) server_.timers_.erase(*key_);
      key_.reset();
    }

   private:
    FakeServer& server_;
    std::optional<Key> key_;
  };

  void move_to(Ns mono) {
    if (mono <= clock_.stamp.mono) return;
    clock_.stamp.wall += mono - clock_.stamp.mono;
    clock_.stamp.mono = mono;
  }
  bool run_task() {
    if (tasks_.empty()) return false;
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
    return true;
  }
  bool run_timer(Ns now) {
    if (timers_.empty() || timers_.begin()->first.first > now) return false;
    const auto task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
    return true;
  }

  ManualClock& clock_;
  std::uint64_t serial_ = 0;
  std::deque<std::function<void()>> tasks_;
  std::map<Key, std::function<void()>> timers_;
};

// Logs `text PAYLOAD`, `binary PAYLOAD`, `ping PAYLOAD`, `close CODE REASON`, `below BYTES`.
// Nothing leaves its queue unless `reads` is true.
class FakePeer final : public Peer {
 public:
  explicit FakePeer(std::uint64_t id = 7) : id_(id) {}

  std::uint64_t id() const override { return id_; }
  const std::string& address() const override { return address_; }
  void send(Opcode opcode, std::string_view payload) override { note(opcode, payload); }
  void send_shared(const SharedBytes& /*whole*/, std::string_view frames) override {
    ws::Decoder decoder(ws::Role::client, std::size_t{64} << 20U);
    frames.copy(decoder.prepare(frames.size()), frames.size());
    decoder.commit(frames.size());
    ws::Message message;
    while (decoder.next(message) == ws::Decoder::Status::message)
      note(message.opcode, message.payload);
  }
  void close(std::uint16_t code, std::string_view reason) override {
    log.push_back("close " + std::to_string(code) + " " + std::string(reason));
  }
  void cut() override { log.emplace_back("cut"); }
  void hang_up() override { log.emplace_back("hang up"); }
  void hold(bool yes) override { log.emplace_back(yes ? "hold" : "go on"); }
  std::size_t queued_bytes() const override { return queued; }
  void notify_below(std::size_t bytes) override { log.push_back("below " + std::to_string(bytes)); }

  std::vector<std::string> take() { return std::exchange(log, {}); }

  std::vector<std::string> log;
  std::size_t queued = 0;
  bool reads = true;

 private:
  void note(Opcode opcode, std::string_view payload) {
    static const std::map<Opcode, std::string> names = {{Opcode::text, "text "},
                                                        {Opcode::binary, "binary "},
                                                        {Opcode::ping, "ping "},
                                                        {Opcode::pong, "pong "}};
    log.push_back(names.at(opcode) + std::string(payload));
    if (!reads) queued += payload.size();
  }

  std::uint64_t id_;
  std::string address_ = "127.0.0.1:50000";
};

struct ScriptedFrame {
  Ns pos_ns = 0;
  std::string payload;
  FrameRole role = FrameRole::data;
  Opcode opcode = Opcode::text;
  Direction direction = Direction::in;
  bool is_duplicate = false;
  bool is_snapshot = false;
};

// Serves its frames in order, `block_frames` a block; holds blocks back while `available` is 0.
class ScriptedSource final : public FrameSource {
 public:
  ScriptedSource(const Endpoint* endpoint, std::vector<ScriptedFrame> frames)
      : endpoint_(endpoint), frames_(std::move(frames)) {}

  void seek(Ns pos) override {
    seeks.push_back(pos);
    next_ = 0;
    is_over_ = false;
    while (next_ < frames_.size() && frames_[next_].pos_ns < pos) ++next_;
  }
  void seek_with_rows(Ns pos, std::size_t passed) override {
    seek(pos);
    rows_after.emplace_back(pos, passed);
    next_ += passed;
  }
  std::unique_ptr<Block> take() override {
    if (available == 0 || is_over_) return nullptr;
    --available;
    auto block = std::make_unique<Block>();
    if (next_ == frames_.size()) {
      block->kind = loops           ? Block::Kind::wrap
                    : error.empty() ? Block::Kind::end
                                    : Block::Kind::error;
      block->message = error;
      if (loops) next_ = 0;
      is_over_ = !loops;
      return block;
    }
    for (std::size_t i = 0; i < block_frames && next_ < frames_.size(); ++i, ++next_) add(*block);
    return block;
  }
  void on_ready(std::function<void()> task) override { ready = std::move(task); }

  std::vector<Ns> seeks;
  std::vector<std::pair<Ns, std::size_t>> rows_after;  // each seek_with_rows()
  std::function<void()> ready;
  std::size_t available = 1'000'000;
  std::size_t block_frames = 2;
  bool loops = false;
  std::string error;

 private:
  void add(Block& block) const {
    const ScriptedFrame& scripted = frames_[next_];
    DueFrame frame;
    frame.endpoint = endpoint_;
    frame.frame_id = static_cast<std::int64_t>(next_) + 1;
    frame.recv_ns = scripted.pos_ns;
    frame.pos_ns = scripted.pos_ns;
    frame.direction = scripted.direction;
    frame.is_duplicate = scripted.is_duplicate;
    frame.served.opcode = scripted.opcode;
    frame.served.payload = scripted.payload;
    frame.served.tag.role = scripted.role;
    frame.served.tag.is_snapshot = scripted.is_snapshot;
    block.add(frame);
  }

  const Endpoint* endpoint_;
  std::vector<ScriptedFrame> frames_;
  std::size_t next_ = 0;
  bool is_over_ = false;
};

// Logs `@MS PAYLOAD` for each frame, `state playing|waiting|paused|ended SPEED @MS`, `end`, `close
// CODE REASON`.
class FakeListener final : public Listener {
 public:
  explicit FakeListener(const ManualClock& clock, const Endpoint* endpoint = nullptr)
      : clock_(clock), endpoint_(endpoint) {}

  void on_due(const DueFrame& frame) override {
    log.push_back(at(clock_.stamp.mono) + std::string(frame.served.payload));
    if (!reads) queued += frame.served.payload.size();
  }
  void on_state(const DeckState& state) override {
    if (!hears_state) return;
    const std::string what = state.has_ended    ? "ended"
                             : state.is_waiting ? "waiting"
                             : state.is_playing ? "playing"
                                                : "paused";
    log.push_back("state " + what + " " + to_json(state.speed) + " @" +
                  std::to_string(state.pos_ns / kNsPerMs));
  }
  void on_end() override { log.emplace_back("end"); }
  const Endpoint* endpoint() const override { return endpoint_; }
  bool is_subscribed() const override { return subscribed; }
  std::size_t queued_bytes() const override { return queued; }
  void notify_below(std::size_t bytes) override { log.push_back("below " + std::to_string(bytes)); }
  void close(std::uint16_t code, std::string_view reason) override {
    log.push_back("close " + std::to_string(code) + " " + std::string(reason));
  }
  void hang_up() override { log.emplace_back("hang up"); }
  ClientInfo info() const override { return {}; }

  std::vector<std::string> take() { return std::exchange(log, {}); }

  std::vector<std::string> log;
  bool subscribed = true;
  bool hears_state = false;
  bool reads = true;
  std::size_t queued = 0;

 private:
  static std::string at(Ns ns) { return "@" + std::to_string(ns / kNsPerMs) + " "; }

  const ManualClock& clock_;
  const Endpoint* endpoint_;
};

}  // namespace tapedeck::testing
