#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "tests/replay/net_support.h"
#include "tests/support/held_port.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;

TEST(Server, a_used_port_is_named_with_the_remedy) {
  ScriptedWeb web;
  RunningServer server(web);
  ServerOptions options;
  options.port = server.port();
  const auto second = make_server(options, web);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "cannot listen on " + server.host() +
                                        ": address already in use; choose another with --listen");
}

TEST(Server, an_unknown_host_is_an_error) {
  ScriptedWeb web;
  ServerOptions options;
  options.host = "no-such-host.invalid";
  options.port = 1;
  const auto server = make_server(options, web);
  ASSERT_FALSE(server.ok());
  EXPECT_TRUE(server.error().message.starts_with("cannot listen on no-such-host.invalid:1: "));
}

TEST(Server, its_url_can_be_typed) {
  ScriptedWeb web;
  const std::pair<std::string, std::string> cases[] = {{"127.0.0.1", "http://127.0.0.1:"},
                                                       {"localhost", "http://localhost:"},
                                                       {"0.0.0.0", "http://127.0.0.1:"}};
  for (const auto& [host, url] : cases) {
    ServerOptions options;
    options.host = host;
    RunningServer server(web, options);
    EXPECT_EQ(server->url(), url + std::to_string(server.port()));
    EXPECT_NE(server.port(), 0);
    EXPECT_EQ(RawClient(server.port())
                  .exchange("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                  .status(),
              200);
  }
}

TEST(Server, tasks_run_on_its_thread_in_order_wherever_they_were_posted) {
  ScriptedWeb web;
  RunningServer server(web);
  std::promise<std::thread::id> own;
  server->post([&] { own.set_value(std::this_thread::get_id()); });
  const auto thread = own.get_future().get();
  for (int i = 0; i < 5; ++i) {
    server->post([&, i] {
      web.log.add(std::to_string(i) + (std::this_thread::get_id() == thread ? "" : " elsewhere"));
    });
  }
  EXPECT_EQ(web.log.wait_for(5), (Lines{"0", "1", "2", "3", "4"}));
}

TEST(Server, timers_fire_at_their_time_move_and_are_disarmed) {
  ScriptedWeb web;
  RunningServer server(web);
  EventLog set_again;  // those that are due in the same turn may go before it
  std::vector<std::unique_ptr<Server::Timer>> timers;
  Ns due = 0;
  server->post([&] {
    for (int i = 0; i < 6; ++i) timers.push_back(server->make_timer());
    const Ns now = SystemClock().now().mono;
    due = now + 30 * kNsPerMs;
    timers[0]->set(due,
                   [&] { web.log.add(SystemClock().now().mono >= due ? "last" : "too early"); });
    timers[1]->set(now + 20 * kNsPerMs, [&] { web.log.add("cancelled"); });
    timers[1]->cancel();
    timers[2]->set(now + 10 * kNsPerMs, [&] { web.log.add("destroyed"); });
    timers[2].reset();
    timers[3]->set(now + 3'600 * kNsPerSec, [&] { web.log.add("not moved"); });
    timers[3]->set(now + 15 * kNsPerMs, [&] { web.log.add("moved"); });
    timers[4]->set(now - kNsPerSec, [&] {
      web.log.add("past");
      timers[4]->set(0, [&] { set_again.add("again"); });
    });
    timers[5]->set(0, [&] { web.log.add("cancelled when due"); });
    timers[5]->cancel();
    web.log.add("set");
  });
  EXPECT_EQ(web.log.wait_for(4), (Lines{"set", "past", "moved", "last"}));
  EXPECT_EQ(set_again.wait_for(1), Lines{"again"});
  server.stop();
}

TEST(Server, a_timer_may_outlive_its_server) {
  ScriptedWeb web;
  std::unique_ptr<Server::Timer> timer;
  {
    RunningServer server(web);
    std::promise<void> made;
    server->post([&] {
      timer = server->make_timer();
      timer->set(SystemClock().now().mono + 3'600 * kNsPerSec, [&] { web.log.add("fired"); });
      made.set_value();
    });
    made.get_future().wait();
  }
  timer->set(0, [&] { web.log.add("fired"); });
  timer.reset();
  EXPECT_EQ(web.log.lines(), Lines{});
}

TEST(Server, stop_says_goodbye_to_every_client_and_frees_the_port) {
  ScriptedWeb web;
  const HeldPort port;
  ServerOptions options;
  options.port = port.number();
  {
    RunningServer server(web, options);
    RawClient idle(server.port());
    RawClient peer(server.port());
    peer.open();
    RawClient deaf(server.port());
    deaf.open();
    web.log.wait_for(2);
    server->stop();
    EXPECT_EQ(peer.next_message(), "close 1001 ");
    peer.send_frame(Opcode::close, ws::close_payload(1001, ""));
    EXPECT_EQ(peer.next_message(), "end");
    EXPECT_EQ(idle.read_to_end(), "");
    server.stop();  // a second time, and waits for the one that never answers
    EXPECT_EQ(deaf.messages_to_end(), (Lines{"close 1001 ", "end"}));
  }
  auto lines = web.log.lines();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"closed", "closed", "destroyed", "destroyed", "open", "open"}));
  EXPECT_TRUE(make_server(options, web).ok());
}

TEST(Server, stop_leaves_a_close_that_is_under_way_its_code) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.opened = [](Peer& to) { to.close(1000, "end of tape"); };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  server->stop();
  EXPECT_EQ(client.messages_to_end(), (Lines{"close 1000 end of tape", "end"}));
}

TEST(Server, a_client_that_does_not_read_holds_up_a_stop_for_two_seconds_at_most) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.opened = [](Peer& to) { to.send(Opcode::binary, std::string(50'000'000, 'b')); };
  };
  RunningServer server(web);
  RawClient client(server.port(), nullptr, 4096);
  client.open();
  const auto start = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(8));
  EXPECT_EQ(web.log.lines(), (Lines{"open", "closed", "destroyed"}));
}

TEST(Server, stopped_before_it_runs_it_returns_and_a_handler_may_stop_it) {
  ScriptedWeb web;
  {
    auto server = make_server({}, web);
    ASSERT_TRUE(server.ok());
    (*server)->stop();
    (*server)->stop();
    (*server)->run();
  }
  { ASSERT_TRUE(make_server({}, web).ok()); }
  auto server = make_server({}, web);
  ASSERT_TRUE(server.ok());
  web.request = [&](const HttpRequest&) {
    (*server)->stop();
    HttpReply reply;
    reply.body = "stopping";
    return reply;
  };
  std::thread thread([&] { (*server)->run(); });
  EXPECT_EQ(RawClient((*server)->port()).exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").body,
            "stopping");
  thread.join();
}

TEST(Server, signals_are_heard_on_its_thread) {
  ScriptedWeb web;
  auto server = make_server({}, web);
  ASSERT_TRUE(server.ok());
  (*server)->on_signal([&] {
    web.log.add("signal");
    if (web.log.lines().size() == 2) (*server)->stop();
  });
  std::thread thread([&] { (*server)->run(); });
  kill(getpid(), SIGTERM);
  web.log.wait_for(1);
  kill(getpid(), SIGINT);
  thread.join();
  EXPECT_EQ(web.log.lines(), (Lines{"signal", "signal"}));
}

}  // namespace
}  // namespace tapedeck::testing
