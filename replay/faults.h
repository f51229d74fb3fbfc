// Carries out a fault plan: on each client's data frames, and on its connection.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replay/fault_plan.h"
#include "replay/net/server.h"
#include "schema/service.h"

namespace tapedeck {

// What a fault line asks of its client.
class FaultExit {
 public:
  virtual ~FaultExit() = default;

  // The frame leaves now.
  virtual void leave(const ServedFrame& frame) = 0;
  // Nothing is sent from now on, pings and answers included; or everything is again.
  virtual void stall(bool yes) = 0;
  // The connection ends: with a close frame, or cut when there is no code.
  virtual void end(std::optional<std::uint16_t> code, const std::string& reason) = 0;
  // What was held back has left.
  virtual void released() = 0;
  virtual Ns mono() const = 0;
};

using FaultCounts = std::array<std::int64_t, kFaultKinds>;

class Faults;

// What lies between one client's session and its socket. On the server's thread.
class FaultLine {
 public:
  // The references outlive the line.
  FaultLine(Faults& faults, FaultDice dice, std::string who, FaultExit& exit, Server& server);
  ~FaultLine();
  FaultLine(const FaultLine&) = delete;
  FaultLine& operator=(const FaultLine&) = delete;

  // A data frame on its way: it leaves by the exit, now or later, changed, twice or never.
  void take(const ServedFrame& frame);
  // The moment of a rule with `at`.
  void strike(const FaultRule& rule);
  // Everything that is held back leaves now: the client is about to be closed.
  void flush();

  // Of delayed frames. What only waits for further frames does not count.
  std::size_t held_bytes() const { return delayed_bytes_; }
  std::int64_t count() const { return count_; }

 private:
  struct Held {
    std::int64_t id = 0;
    Opcode opcode = Opcode::text;
    std::string payload;
  };
  struct Late {
    Held frame;
    int copies = 1;
    int after = 0;  // further frames
  };
  struct Delayed {
    Held frame;
    Ns due_mono = 0;
  };

  void note(FaultKind kind);
  void note(const FrameFate& fate);
  void stall(const FaultRule& rule);
  void end(const FaultRule& rule);
  void emit(const ServedFrame& frame, int copies, Ns delay);
  void emit_late();
  void release();
  static ServedFrame served(const Held& held);

  Faults& faults_;
  FaultDice dice_;
  const std::string who_;
  FaultExit& exit_;
  std::unique_ptr<Server::Timer> stall_timer_;
  std::unique_ptr<Server::Timer> delay_timer_;
  std::list<Late> late_;
  std::deque<Delayed> delayed_;
  std::size_t delayed_bytes_ = 0;
  Ns stalled_until_ = 0;
  std::int64_t count_ = 0;
  bool is_over_ = false;
};

// One plan for all clients of a server. On the server's thread.
class Faults {
 public:
  explicit Faults(FaultPlan plan) : plan_(std::move(plan)) {}

  const FaultPlan& plan() const { return plan_; }
  // nullptr when no rule concerns the endpoint. Connections of an endpoint are counted from 1.
  std::unique_ptr<FaultLine> open_line(std::string_view feed, std::string_view endpoint,
                                       FaultExit& exit, Server& server);
  // The moment of a rule with `at` has come, for everybody who is there.
  void strike(const FaultRule& rule);

  void count(FaultKind kind) { ++counts_.at(static_cast<std::size_t>(kind)); }
  // `{"drop":3,"close":1}`, the kinds that happened.
  std::string json() const;
  // `3 drop, 1 close`; "" when none happened.
  std::string text() const;

 private:
  friend class FaultLine;

  const FaultPlan plan_;
  FaultCounts counts_{};
  std::vector<FaultLine*> lines_;
  std::map<std::pair<std::string, std::string>, std::uint64_t, std::less<>> clients_;
};

}  // namespace tapedeck
