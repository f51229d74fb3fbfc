// Whole halves of the product in one process, over real sockets on loopback.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "recorder/config.h"
#include "recorder/ingest.h"
#include "recorder/net/io_loop.h"
#include "recorder/supervisor.h"
#include "replay/replay.h"
#include "replay/sim.h"

namespace tapedeck::testing {

// What crossed one of the simulator's connections, as `OPCODE PAYLOAD`, in order.
struct Conversation {
  std::string feed;
  std::string endpoint;
  std::vector<std::string> sent;      // by the service
  std::vector<std::string> received;  // by the service
};

// The simulated services on a thread of their own, keeping the truth of what they sent.
class SimulatedServices {
 public:
  explicit SimulatedServices(SimOptions options);
  ~SimulatedServices();
  SimulatedServices(const SimulatedServices&) = delete;
  SimulatedServices& operator=(const SimulatedServices&) = delete;

  // Waits until every one of `connections` connections was sent at least `each` messages.
  void wait_until_sent(std::size_t connections, std::size_t each);
  // Waits until `more` messages have been sent from now on; false when that takes 20 s.
  bool wait_for_messages(std::int64_t more);
  // Drops the services with all their connections.
  void stop();

  std::vector<Conversation> conversations() const;  // in order of connecting
  // What was served, and the faults that struck, in one line. Once stopped.
  std::string summary() const { return server_->summary(); }
  std::uint16_t port() const { return server_->port(); }
  const std::string& host() const { return host_; }  // `127.0.0.1:PORT`

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Conversation> conversations_;
  std::int64_t sent_ = 0;
  std::string host_;
  std::unique_ptr<SimServer> server_;
  std::thread thread_;
};

// `record` without its command line: everything between a configuration and a finished tape.
class Recording {
 public:
  // `config`: JSON text. The tape goes to `directory`. Fails the test when it cannot be set up.
  Recording(const std::string& config, const std::string& directory);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Asks for the end, waits for it, and gives the tape's path.
  std::string stop();
  // Waits until every connection has ended by itself (given up), then as stop().
  std::string wait();
  // Waits until each of its connections has been ready, with all its streams, that many times: one
  // that is not hears no goodbye, and what it was sent is not taken.
  void wait_until_ready(int times = 1);
  // Waits until `n` frames are committed.
  void wait_until_committed(std::int64_t n);
  IngestStats stats() const { return ingest_->stats(); }

 private:
  SystemClock clock_;
  std::unique_ptr<RecorderConfig> config_;
  std::unique_ptr<IoLoop> loop_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<Supervisor> supervisor_;
  std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t connections_ = 0;
  std::map<std::string, int> times_ready_;  // by connection
  std::thread thread_;
};

// `replay` on a thread of its own.
class Replaying {
 public:
  explicit Replaying(ReplayOptions options);
  ~Replaying();
  Replaying(const Replaying&) = delete;
  Replaying& operator=(const Replaying&) = delete;

  std::uint16_t port() const { return server_->port(); }
  std::string host() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  // Waits until it has ended by itself (exit_at_end).
  void wait();

 private:
  std::unique_ptr<ReplayServer> server_;
  std::thread thread_;
};

// A configuration that records every feed of the registry, everything it has, from `host`
// (`127.0.0.1:PORT`). `ca_file`: over TLS, trusting that certificate.
std::string config_for(const std::string& host,
                       const std::optional<std::string>& ca_file = std::nullopt);

// What config_for() records: connections, and the streams on them.
struct Extent {
  std::size_t connections = 0;
  std::size_t streams = 0;
};
Extent extent();

// The tape's frames as `OPCODE PAYLOAD`, by feed and endpoint in order, of one direction; only
// those for which `keep`.
using FramesByEndpoint = std::map<std::string, std::vector<std::string>>;
FramesByEndpoint frames_of(
    const std::string& tape, Direction direction,
    const std::function<bool(const std::string& feed, const InFrame&)>& keep);
// Keeps, of inbound frames, the text and binary ones that are data (what a replay serves again).
std::function<bool(const std::string& feed, const InFrame&)> only_data();
FramesByEndpoint data_frames_of(const std::string& tape);
// Every normalized row as one line, by table and endpoint (sockets overtake each other), in order,
// without its ids and times of receipt.
std::map<std::string, std::vector<std::string>> rows_of(const std::string& tape);

}  // namespace tapedeck::testing
