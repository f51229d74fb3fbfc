#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <ctime>
#include <random>

#include "tests/replay/net_support.h"

namespace tapedeck::testing {
namespace {

const std::string kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(Hostile, half_a_request_is_dropped_in_time_while_others_are_served) {
  ScriptedWeb web;
  ServerOptions options;
  options.handshake_ms_max = 200;
  RunningServer server(web, options);
  RawClient silent(server.port());
  RawClient half(server.port());
  half.send("GET /hello HTTP/1.1\r\nHost: loc");
  RawClient body(server.port());
  body.send("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhal");
  const auto second = served_client(server.port(), kHello);
  second->send("GET /he");
  const auto honest = served_client(server.port(), kHello);
  for (RawClient* client : {&silent, &half, &body, second.get()}) {
    EXPECT_EQ(client->read_to_end(), "");
    EXPECT_EQ(client->end(), "end");
  }
  EXPECT_EQ(honest->exchange(kHello).status(), 200);  // between requests more time is given
}

TEST(Hostile, a_trickle_of_bytes_does_not_extend_the_time) {
  ScriptedWeb web;
  ServerOptions options;
  options.handshake_ms_max = 200;
  RunningServer server(web, options);
  RawClient loris(server.port());
  loris.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nX: ");
  const auto start = std::chrono::steady_clock::now();
  while (!loris.is_readable(10) && loris.send("x")) {
    ASSERT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(kPatienceMs));
  }
  EXPECT_EQ(loris.read_to_end(), "");
}

TEST(Hostile, garbage_of_any_kind_disturbs_nobody) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.message = [](Peer& to, Opcode opcode, std::string_view payload) {
      if (is_data(opcode)) to.send(opcode, payload);
    };
  };
  RunningServer server(web);
  RawClient honest(server.port());
  honest.open();
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    std::string bytes(random() % 3000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    RawClient vandal(server.port());
    if (round % 3 == 0) vandal.open();
    if (round % 3 == 1) bytes = "GET / HTTP/1.1\r\n" + bytes;
    vandal.send(bytes);
    if (round % 2 == 0) vandal.hang_up();
    honest.send_frame(Opcode::text, std::to_string(round));
    ASSERT_EQ(honest.next_message(), "text " + std::to_string(round));
  }
}

TEST(Hostile, pings_without_reading_do_not_fill_the_memory) {
  constexpr int kPings = 200'000;
  ScriptedWeb web;
  std::size_t queued_max = 0;
  web.upgrade = [&](const HttpRequest&) {
    auto peer = std::make_unique<ScriptedPeer>(web.log);
    peer->message = [&](Peer& to, Opcode, std::string_view) {
      queued_max = std::max(queued_max, to.queued_bytes());
    };
    return peer;
  };
  RunningServer server(web);
  RawClient flood(server.port(), nullptr, 4096);
  flood.open();
  std::string pings;
  for (int i = 0; i < kPings; ++i) pings += RawClient::frame(Opcode::ping, std::string(120, 'p'));
  flood.send(pings + RawClient::frame(Opcode::ping, "last"));
  flood.send_frame(Opcode::close, "");
  std::string last;
  for (std::string message; (message = flood.next_message()) != "close" && flood.end().empty();)
    last = message;
  EXPECT_EQ(last, "pong last");
  server.stop();
  EXPECT_LT(queued_max, std::size_t{256} << 10U);
}

TEST(Hostile, a_client_that_is_gone_does_not_raise_a_signal) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.message = [](Peer& to, Opcode, std::string_view) {
      to.send(Opcode::binary, std::string(5'000'000, 'b'));
    };
  };
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  RunningServer server(web);
  for (int i = 0; i < 5; ++i) {
    RawClient client(server.port());
    client.open();
    client.send(RawClient::frame(Opcode::text, "go") + RawClient::frame(Opcode::text, "go"));
    EXPECT_EQ(client.is_readable(kPatienceMs), true);
    client.hang_up();
  }
  EXPECT_EQ(RawClient(server.port()).exchange(kHello).status(), 200);
  server.stop();
  std::signal(SIGPIPE, before);
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

TEST(Hostile, without_file_descriptors_the_server_waits_and_goes_on) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient before(server.port());
  EXPECT_EQ(before.exchange(kHello).status(), 200);

  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlimit low = limit;
  low.rlim_cur = 128;
  setrlimit(RLIMIT_NOFILE, &low);
  std::vector<int> hoard;
  for (int fd = dup(0); fd >= 0; fd = dup(0)) hoard.push_back(fd);
  ASSERT_FALSE(hoard.empty());
  ::close(hoard.back());
  hoard.pop_back();
  RawClient waiting(server.port());  // takes the last one
  waiting.send(kHello);

  const double start = processor_seconds();
  EXPECT_FALSE(waiting.is_readable(300));
  EXPECT_LT(processor_seconds() - start, 0.2);  // it does not spin
  EXPECT_EQ(before.exchange(kHello).status(), 200);

  for (const int fd : hoard) ::close(fd);
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(waiting.read_reply().status(), 200);
}

}  // namespace
}  // namespace tapedeck::testing
