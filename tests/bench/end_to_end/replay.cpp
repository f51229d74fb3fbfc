// A tape out over sockets as fast as it goes, beside a server that has everything in memory.
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/end_to_end/measures.h"
#include "tests/bench/end_to_end/skim_client.h"
#include "tests/bench/end_to_end/tapes.h"
#include "tests/loopback/harness.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::bench {
namespace {

using testing::Replaying;
using testing::TempDir;
using Seen = SkimClient::Seen;

// What `clients` of the tape get from a replay at full speed.
std::vector<Seen> replay(const std::string& tape, int clients, bool is_tape_socket) {
  ReplayOptions options;
  options.tapes = {tape};
  options.max_speed = true;
  options.exit_at_end = true;
  options.wait_clients = clients;
  options.grace_ns = 100 * kNsPerMs;
  const Replaying replaying(options);
  std::vector<Seen> seen(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  for (Seen& one : seen) {
    threads.emplace_back([&] {
      SkimClient client(replaying.port(), is_tape_socket ? "/tape" : "/hypercall/ws");
      if (!is_tape_socket) client.send_text(R"({"type":"Subscribe","channel":"trades"})");
      one = client.read_to_end(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return seen;
}

// The same messages from Node's usual WebSocket library. 0 where there is no Node.
double peer_per_second(std::int64_t messages) {
  const std::string command = "node " TAPEDECK_SOURCE_DIR
                              "/tests/bench/end_to_end/peer_server.mjs '" +
                              trade_message(1) + "' " + std::to_string(messages);
  FILE* const pipe = ::popen(command.c_str(), "r");
  int port = 0;
  if (pipe == nullptr || std::fscanf(pipe, "%d", &port) != 1) return 0;
  // The client is gone before its server is waited for.
  const double rate = SkimClient(static_cast<std::uint16_t>(port), "/").read_to_end(0).per_second();
  ::pclose(pipe);
  return rate;
}

}  // namespace

void measure_replay(Report& report, const Scale& scale) {
  const TempDir directory;
  const std::string tape = directory.file("trades.tape");
  make_trade_tape(tape, scale.trades, kNsPerMs);
  const double one = replay(tape, 1, false).front().per_second();
  report.at_least("replay at max, one client", one, "messages/s", 1e6);
  report.compare("replay at max, one client", one, "messages/s", "Node server, all in memory",
                 peer_per_second(scale.trades), 5);
  report.at_least("replay at max, /tape", replay(tape, 1, true).front().per_second(), "messages/s",
                  0.6e6);
  constexpr int kClients = 10;
  Seen all;
  for (const Seen& seen : replay(tape, kClients, false)) {
    if (seen.frames != scale.trades) die("a client did not get every frame");
    all.frames += seen.frames;
    all.first_ns = all.first_ns == 0 ? seen.first_ns : std::min(all.first_ns, seen.first_ns);
    all.last_ns = std::max(all.last_ns, seen.last_ns);
  }
  report.compare("replay at max, ten clients together", all.per_second(), "messages/s",
                 "one client", one, 1);
}

}  // namespace tapedeck::bench
