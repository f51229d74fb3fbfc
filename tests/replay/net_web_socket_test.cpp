#include <gtest/gtest.h>

#include "replay/net/handshake.h"
#include "tests/replay/net_support.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;

// Answers every data message with itself.
void echo(ScriptedPeer& peer) {
  peer.message = [](Peer& to, Opcode opcode, std::string_view payload) {
    if (is_data(opcode)) to.send(opcode, payload);
  };
}

TEST(Handshake, the_accept_key_is_the_one_of_rfc_6455) {
  EXPECT_EQ(web::accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, a_good_one_is_answered_without_extension_or_subprotocol) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  EXPECT_EQ(client
                .open("/?a=1",
                      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                      "Sec-WebSocket-Protocol: chat, superchat\r\n")
                .head,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(Handshake, tokens_are_found_in_lists_of_any_case) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  EXPECT_EQ(client
                .exchange("GET / HTTP/1.1\r\nhost: localhost\r\nUPGRADE: h2c, WebSocket\r\n"
                          "connection: keep-alive, UPGRADE\r\nsec-websocket-version: 13\r\n"
                          "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
                .status(),
            101);
}

TEST(Handshake, a_bad_one_is_refused_and_the_connection_goes_on_as_http) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  struct Case {
    std::string name;
    std::string from;
    std::string to;
    int status;
  };
  const Case cases[] = {
      {"method", "GET / ", "POST / ", 400},
      {"connection", "Connection: Upgrade\r\n", "", 400},
      {"no version", "Sec-WebSocket-Version: 13\r\n", "", 426},
      {"old version", "Version: 13", "Version: 8", 426},
      {"no key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400},
      {"short key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400},
      {"odd key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub2!jZQ==", 400},
  };
  for (const auto& [name, from, to, status] : cases) {
    std::string request = RawClient::upgrade_request();
    request.replace(request.find(from), from.size(), to);
    const auto reply = client.exchange(request);
    EXPECT_EQ(reply.status(), status) << name;
    EXPECT_EQ(reply.has("Sec-WebSocket-Version: 13"), status == 426) << name;
  }
  std::string old = RawClient::upgrade_request();
  old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
  EXPECT_EQ(RawClient(server.port()).exchange(old).status(), 400);
  EXPECT_EQ(web.log.lines(), Lines{});
  EXPECT_EQ(client.open().status(), 101);
}

TEST(Handshake, the_handlers_refusal_is_the_reply) {
  ScriptedWeb web;
  web.upgrade = [](const HttpRequest&) {
    HttpReply reply;
    reply.status = 503;
    reply.body = "away";
    reply.headers.emplace_back("Retry-After", "1");
    return reply;
  };
  RunningServer server(web);
  RawClient client(server.port());
  const auto reply = client.open();
  EXPECT_EQ(reply.status(), 503);
  EXPECT_TRUE(reply.has("Retry-After: 1"));
  EXPECT_EQ(reply.body, "away");
}

TEST(WebSocket, frames_sent_with_the_request_are_not_lost_nor_those_sent_from_on_open) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    echo(peer);
    peer.opened = [](Peer& to) { to.send(Opcode::text, "welcome"); };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.send(RawClient::upgrade_request() + RawClient::frame(Opcode::text, "early"));
  EXPECT_EQ(client.read_reply().status(), 101);
  EXPECT_EQ(client.next_message(), "text welcome");
  EXPECT_EQ(client.next_message(), "text early");
}

TEST(WebSocket, messages_come_whole_and_controls_are_answered_and_passed_on) {
  ScriptedWeb web;
  web.dress = echo;
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  std::string fragment = RawClient::frame(Opcode::text, "one ");
  fragment[0] = 0x01;  // without FIN
  std::string rest = RawClient::frame(Opcode::text, "two");
  rest[0] = static_cast<char>(0x80);  // the continuation
  client.send(fragment + RawClient::frame(Opcode::ping, "now?") + rest);
  client.send_frame(Opcode::pong, "by the way");
  client.send_frame(Opcode::binary, std::string("\0\xff", 2));
  client.send_frame(Opcode::text, std::string(70'000, 'x'));
  EXPECT_EQ(client.next_message(), "pong now?");
  EXPECT_EQ(client.next_message(), "text one two");
  EXPECT_EQ(client.next_message(), "binary " + std::string("\0\xff", 2));
  EXPECT_EQ(client.next_message(), "text #70000");
  client.send_frame(Opcode::close, ws::close_payload(4000, "bye"));
  EXPECT_EQ(client.messages_to_end(), (Lines{"close 4000 ", "end"}));
  EXPECT_EQ(web.log.wait_for(8),
            (Lines{"open", "ping now?", "text one two", "pong by the way",
                   "binary " + std::string("\0\xff", 2), "text 70000", "closed", "destroyed"}));
}

TEST(WebSocket, a_peer_that_breaks_the_protocol_is_told_how_and_dropped) {
  ScriptedWeb web;
  ServerOptions options;
  options.message_bytes_max = 1000;
  RunningServer server(web, options);
  std::string unmasked;
  ws::append_frame(unmasked, Opcode::text, "hi", nullptr);
  struct Case {
    std::string bytes;
    std::string close;
  };
  const Case cases[] = {
      {unmasked, "close 1002 the client did not mask a frame"},
      {"\xff\xff\xff\xff\xff\xff", "close 1002 reserved bits are set in a frame"},
      {RawClient::frame(Opcode::text, "\xc3\x28"), "close 1007 text that is not UTF-8"},
      {RawClient::frame(Opcode::text, std::string(1001, 'x')),
       "close 1009 a message is over the limit"},
      {RawClient::frame(Opcode::close, "x"), "close 1002 a close frame that RFC 6455 forbids"},
      {RawClient::frame(Opcode::close, "\x03\xed"),
       "close 1002 a close frame that RFC 6455 forbids"},
  };
  Lines expected;
  for (const auto& [bytes, close] : cases) {
    RawClient client(server.port());
    client.open();
    client.send(bytes + RawClient::frame(Opcode::text, "unheard") + std::string(100'000, 'z'));
    EXPECT_EQ(client.messages_to_end(), (Lines{close, "end"}));
    expected.insert(expected.end(), {"open", "closed", "destroyed"});
    EXPECT_EQ(web.log.wait_for(expected.size()), expected);
  }
}

TEST(WebSocket, close_sends_what_was_queued_first_and_nothing_after) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.message = [](Peer& to, Opcode, std::string_view) {
      const auto frames = std::make_shared<std::string>("before");
      for (int i = 0; i < 2; ++i) ws::append_frame(*frames, Opcode::text, "encoded", nullptr);
      const std::string_view encoded = std::string_view(*frames).substr(6);
      to.send_shared(frames, encoded);
      to.send(Opcode::binary, std::string(300'000, 'b'));
      to.close(1008, "slow client");
      to.close(1000, "too late");
      to.send(Opcode::text, "too late");
      to.send_shared(frames, encoded);
    };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  client.send(RawClient::frame(Opcode::text, "go") + RawClient::frame(Opcode::text, "unheard"));
  EXPECT_EQ(client.next_message(), "text encoded");
  EXPECT_EQ(client.next_message(), "text encoded");
  EXPECT_EQ(client.next_message(), "binary #300000");
  EXPECT_EQ(client.next_message(), "close 1008 slow client");
  client.send_frame(Opcode::close, ws::close_payload(1008, ""));
  EXPECT_EQ(client.next_message(), "end");
  EXPECT_EQ(web.log.wait_for(4), (Lines{"open", "text go", "closed", "destroyed"}));
}

TEST(WebSocket, a_client_that_never_answers_a_close_is_dropped) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.opened = [](Peer& to) { to.close(1000, "end of tape"); };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  EXPECT_EQ(client.messages_to_end(), (Lines{"close 1000 end of tape", "end"}));
  EXPECT_EQ(web.log.wait_for(3), (Lines{"open", "closed", "destroyed"}));
}

TEST(WebSocket, cut_ends_without_a_word_and_the_handler_hears_it_afterwards) {
  ScriptedWeb web;
  web.dress = [&](ScriptedPeer& peer) {
    peer.message = [&](Peer& to, Opcode, std::string_view) {
      to.send(Opcode::text, "never sent");
      to.cut();
      web.log.add("still here, queued " + std::to_string(to.queued_bytes()));
      to.cut();
      to.close(1000, "");
      to.send(Opcode::text, "nor this");
    };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  client.send(RawClient::frame(Opcode::text, "go") + RawClient::frame(Opcode::text, "unheard"));
  EXPECT_EQ(client.messages_to_end(), (Lines{"reset"}));
  EXPECT_EQ(web.log.wait_for(5),
            (Lines{"open", "text go", "still here, queued 0", "closed", "destroyed"}));
}

TEST(WebSocket, hanging_up_sends_what_is_queued_and_no_close_frame) {
  const std::string large(4'000'000, 'x');  // more than the sockets take at once
  ScriptedWeb web;
  web.dress = [&](ScriptedPeer& peer) {
    peer.message = [&](Peer& to, Opcode, std::string_view) {
      to.send(Opcode::text, large);
      to.send(Opcode::text, "last");
      to.hang_up();
      to.hang_up();
      to.close(1000, "");
      to.send(Opcode::text, "never sent");
    };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  client.send(RawClient::frame(Opcode::text, "go") + RawClient::frame(Opcode::text, "unheard"));
  EXPECT_EQ(client.messages_to_end(), (Lines{"text #4000000", "text last", "end"}));
  EXPECT_EQ(web.log.wait_for(4), (Lines{"open", "text go", "closed", "destroyed"}));
}

TEST(WebSocket, a_lost_client_is_told_to_its_handler_once) {
  ScriptedWeb web;
  RunningServer server(web);
  auto client = std::make_unique<RawClient>(server.port());
  client->open();
  client->send("\x81");  // half a header
  client.reset();
  EXPECT_EQ(web.log.wait_for(3), (Lines{"open", "closed", "destroyed"}));
}

TEST(WebSocket, a_client_may_end_its_side_with_its_close_and_still_gets_everything) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.opened = [](Peer& to) { to.send(Opcode::binary, std::string(20'000'000, 'b')); };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  client.send_frame(Opcode::close, ws::close_payload(1000, ""));
  client.finish_sending();
  EXPECT_EQ(client.messages_to_end(), (Lines{"binary #20000000", "close 1000 ", "end"}));
}

TEST(WebSocket, on_drained_comes_once_when_the_queue_has_fallen_far_enough) {
  constexpr std::size_t kBig = 20'000'000;
  ScriptedWeb web;
  web.dress = [&](ScriptedPeer& peer) {
    peer.opened = [&](Peer& to) {
      to.send(Opcode::binary, std::string(kBig, 'b'));
      web.log.add(to.queued_bytes() > kBig ? "full" : "not full");
      to.notify_below(1000);
    };
    peer.drained = [&](Peer& to) {
      web.log.add(to.queued_bytes() <= 1000 ? "low" : "not low");
      to.send(Opcode::text, "drained");
    };
    peer.message = [](Peer& to, Opcode, std::string_view) { to.notify_below(1000); };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  EXPECT_EQ(client.next_message(), "binary #20000000");
  EXPECT_EQ(client.next_message(), "text drained");
  client.send_frame(Opcode::text,
                    "again");  // with nothing queued: at once, but not from inside the call
  EXPECT_EQ(client.next_message(), "text drained");
  EXPECT_EQ(web.log.wait_for(7),
            (Lines{"open", "full", "drained", "low", "text again", "drained", "low"}));
}

TEST(WebSocket, what_is_sent_in_one_turn_leaves_in_order_whoever_encoded_it) {
  constexpr int kMessages = 20'000;
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.opened = [](Peer& to) {
      const auto frames = std::make_shared<std::string>();
      for (int i = 0; i < kMessages; ++i) {
        const std::size_t begin = frames->size();
        ws::append_frame(*frames, Opcode::text, std::to_string(i), nullptr);
        i % 2 == 0 ? to.send_shared(frames, std::string_view(*frames).substr(begin))
                   : to.send(Opcode::text, std::to_string(i));
      }
    };
  };
  RunningServer server(web);
  RawClient client(server.port());
  client.open();
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(client.next_message(), "text " + std::to_string(i));
}

TEST(WebSocket, peers_have_their_own_numbers_and_addresses) {
  ScriptedWeb web;
  web.dress = [](ScriptedPeer& peer) {
    peer.opened = [](Peer& to) {
      const std::string& address = to.address();
      to.send(Opcode::text, std::to_string(to.id()) + " " + address.substr(0, address.find(':')));
    };
  };
  RunningServer server(web);
  RawClient first(server.port());
  first.open();
  EXPECT_EQ(first.next_message(), "text 1 127.0.0.1");
  RawClient second(server.port());
  second.open();
  EXPECT_EQ(second.next_message(), "text 2 127.0.0.1");
}

}  // namespace
}  // namespace tapedeck::testing
