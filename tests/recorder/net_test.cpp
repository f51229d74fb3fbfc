#include <gtest/gtest.h>

#include "recorder/net/io_loop.h"
#include "recorder/net/url.h"
#include "schema/base/text.h"
#include "schema/ws/codec.h"
#include "tests/support/held_port.h"
#include "tests/support/scripted_server.h"

namespace tapedeck {
namespace {

using testing::HeldPort;
using testing::ScriptedServer;
using testing::ScriptedSocket;
using Lines = std::vector<std::string>;

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  ws::append_frame(out, opcode, payload, nullptr);
  return out;
}

// Runs one transport until it ends and writes its events down.
class Probe final : public TransportEvents {
 public:
  explicit Probe(IoLoop& loop)
      : loop_(loop), timer_(loop.make_timer()), transport_(loop.make_transport(*this)) {}

  void run(const std::string& url, Headers headers = {},
           std::size_t message_bytes_max = 1U << 20U) {
    transport_->connect({url, std::move(headers)}, message_bytes_max);
    loop_.run();
  }

  void on_phase(std::string_view phase) override { phases.emplace_back(phase); }
  void on_open() override { lines.emplace_back("open"); }
  void on_refused(const RestResponse& response) override {
    lines.push_back("refused " + std::to_string(response.status) + " " + response.body);
  }
  void on_message(Opcode opcode, std::string_view payload, bool valid_utf8) override {
    lines.push_back(std::to_string(static_cast<int>(opcode)) + (valid_utf8 ? " " : " broken ") +
                    std::string(payload));
    if (opcode == Opcode::text && payload == "send") {
      transport_->send(Opcode::text, "one");
      transport_->send(Opcode::ping, "two");
    }
    if (opcode == Opcode::text && payload == "rest") {
      transport_->pause(true);
      transport_->send(Opcode::text, "resting");
      timer_->set(50 * kNsPerMs, [this] {
        lines.emplace_back("go on");
        transport_->pause(false);
      });
    }
    if (opcode == Opcode::close) {
      transport_->send(Opcode::close, payload);
      transport_->shutdown();
    }
  }
  void on_read_end() override {}
  void on_protocol_error(const TransportEnd& end) override {
    lines.push_back("protocol error " + std::to_string(end.protocol_code) + " " + end.error);
    transport_->send(Opcode::close, ws::close_payload(end.protocol_code, ""));
    transport_->shutdown();
  }
  void on_end(const TransportEnd& end) override {
    lines.push_back("end " + end.error);
    transport_.reset();
    loop_.stop();
  }

  Lines lines;
  Lines phases;

 private:
  IoLoop& loop_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Transport> transport_;
};

class NetTest : public ::testing::Test {
 protected:
  NetTest() : loop_(std::move(*IoLoop::make(clock_, {}))) {}

  Lines run(const std::string& url, std::size_t message_bytes_max = 1U << 20U) {
    Probe probe(*loop_);
    probe.run(url, {}, message_bytes_max);
    return probe.lines;
  }

  SystemClock clock_;
  std::unique_ptr<IoLoop> loop_;
};

TEST_F(NetTest, SpeaksWebSocketWithAServerItDoesNotKnow) {
  std::string sent;
  std::string header;
  Lines lines;
  {
    const ScriptedServer server([&](ScriptedSocket& peer) {
      header = peer.read_header();
      peer.accept_upgrade(header, frame(Opcode::text, "early"));  // in one write with the answer
      peer.write(frame(Opcode::text, "send"));
      peer.write(frame(Opcode::ping, "p") + frame(Opcode::binary, std::string("\0\1", 2)));
      peer.write(frame(Opcode::close, ws::close_payload(1001, "bye")));
      sent = peer.read_all();
    });
    lines = run(server.url("ws", "/ws?token=abc"));
  }
  EXPECT_EQ(lines, (Lines{"open", "1 early", "1 send", "9 p", "2 " + std::string("\0\1", 2),
                          "8 " + ws::close_payload(1001, "bye"), "end "}));
  EXPECT_TRUE(header.starts_with("GET /ws?token=abc HTTP/1.1\r\nHost: 127.0.0.1:")) << header;
  ws::Decoder decoder(ws::Role::server, 1'000);
  sent.copy(decoder.prepare(sent.size()), sent.size());
  decoder.commit(sent.size());
  Lines received;
  ws::Message message;
  while (decoder.next(message) == ws::Decoder::Status::message) {
    received.push_back(std::to_string(static_cast<int>(message.opcode)) + " " +
                       std::string(message.payload));
  }
  EXPECT_EQ(received, (Lines{"1 one", "9 two", "8 " + ws::close_payload(1001, "bye")}));
}

TEST_F(NetTest, ReadsNothingWhileItIsPausedAndLosesNothing) {
  const ScriptedServer server([](ScriptedSocket& peer) {
    peer.accept_upgrade(peer.read_header());
    // What came with one read is handed over all the same.
    peer.write(frame(Opcode::text, "rest") + frame(Opcode::text, "same read"));
    peer.read(1);  // it rests
    peer.write(frame(Opcode::text, "later") + frame(Opcode::close, ""));
    peer.read_all();
  });
  EXPECT_EQ(run(server.url("ws")),
            (Lines{"open", "1 rest", "1 same read", "go on", "1 later", "8 ", "end "}));
}

TEST_F(NetTest, NamesItsPhases) {
  const ScriptedServer server(
      [](ScriptedSocket& peer) { peer.accept_upgrade(peer.read_header()); });
  Probe probe(*loop_);
  probe.run(server.url("ws"));
  EXPECT_EQ(probe.phases, (Lines{"name lookup", "TCP connect", "upgrade"}));
  EXPECT_EQ(probe.lines, (Lines{"open", "end "}));
}

TEST_F(NetTest, TellsARefusedUpgradeWithItsBody) {
  const ScriptedServer server([](ScriptedSocket& peer) {
    peer.read_header();
    peer.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\n{\"a\":\"nope\"}");
  });
  EXPECT_EQ(run(server.url("ws")),
            (Lines{"refused 401 {\"a\":\"nope\"}", "end the upgrade was refused with HTTP 401"}));
}

TEST_F(NetTest, RefusesHandshakesThatAreNone) {
  const struct {
    const char* answer;
    const char* why;
  } cases[] = {
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Accept: wrong\r\n\r\n",
       "no WebSocket handshake"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "no WebSocket handshake"},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "is no HTTP"},
      {"", "no whole answer"},
  };
  for (const auto& c : cases) {
    const ScriptedServer server([&](ScriptedSocket& peer) {
      peer.read_header();
      peer.write(c.answer);
      peer.end();
    });
    const Lines lines = run(server.url("ws"));
    ASSERT_EQ(lines.size(), 1U) << c.answer;
    EXPECT_NE(lines[0].find(c.why), std::string::npos) << lines[0];
    loop_ = std::move(*IoLoop::make(clock_, {}));
  }
}

TEST_F(NetTest, TellsALossWithoutAClose) {
  {
    const ScriptedServer server([](ScriptedSocket& peer) {
      peer.accept_upgrade(peer.read_header(), frame(Opcode::text, "x"));
      peer.end();
    });
    EXPECT_EQ(run(server.url("ws")), (Lines{"open", "1 x", "end "}));
  }
  loop_ = std::move(*IoLoop::make(clock_, {}));
  const ScriptedServer server([](ScriptedSocket& peer) {
    peer.accept_upgrade(peer.read_header(), frame(Opcode::text, "send"));
    peer.read(1);  // its answer is there: the reset cannot overtake what was sent before
    peer.reset();
  });
  EXPECT_EQ(run(server.url("ws")), (Lines{"open", "1 send", "end Connection reset by peer"}));
}

TEST_F(NetTest, RefusesAMessageOverTheLimitWith1009) {
  std::string sent;
  {
    const ScriptedServer server([&](ScriptedSocket& peer) {
      peer.accept_upgrade(peer.read_header(), frame(Opcode::text, std::string(2'000, 'x')));
      sent = peer.read_all();
    });
    EXPECT_EQ(run(server.url("ws"), 1'000),
              (Lines{"open", "protocol error 1009 a message is over the limit", "end "}));
  }
  ASSERT_GE(sent.size(), 2U);
  EXPECT_EQ(static_cast<unsigned char>(sent[0]), 0x88);
}

TEST_F(NetTest, ErrorsNameTheHost) {
  const HeldPort port;  // nobody listens there
  const std::string host = "127.0.0.1:" + std::to_string(port.number());
  EXPECT_EQ(run("ws://" + host + "/"),
            Lines{"end cannot connect to " + host + ": Connection refused"});
}

// ---- REST
// --------------------------------------------------------------------------------------------

class RestTest : public NetTest {
 protected:
  RestResponse fetch(RestRequest request, Ns timeout = 10 * kNsPerSec) {
    RestResponse answer;
    const auto call = loop_->fetch(request, timeout, [&](RestResponse response) {
      answer = std::move(response);
      loop_->stop();
    });
    loop_->run();
    return answer;
  }
};

TEST_F(RestTest, GivesStatusHeadersAndWholeBody) {
  std::string header;
  RestResponse answer;
  {
    const ScriptedServer server([&](ScriptedSocket& peer) {
      header = peer.read_header();
      peer.write(
          "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n");
      peer.write("5\r\nhello\r\n");
      peer.write("6\r\n world\r\n0\r\n\r\n");
    });
    RestRequest request;
    request.url = server.url("http", "/a?b=c");
    request.headers = {{"X-API-Key", "k"}};
    answer = fetch(request);
  }
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_EQ(answer.error, "");
  EXPECT_NE(header.find("GET /a?b=c HTTP/1.1\r\n"), std::string::npos);
  EXPECT_NE(header.find("\r\nX-API-Key: k\r\n"), std::string::npos);
}

TEST_F(RestTest, PostsABody) {
  std::string body;
  {
    const ScriptedServer server([&](ScriptedSocket& peer) {
      peer.read_header();
      body = peer.read(9);
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    });
    RestRequest request;
    request.method = "POST";
    request.url = server.url("http");
    request.body = "user=a%40";
    EXPECT_EQ(fetch(request).body, "{}");
  }
  EXPECT_EQ(body, "user=a%40");
}

TEST_F(RestTest, ABodyUntilTheEndOfTheStreamIsWhole) {
  const ScriptedServer server([](ScriptedSocket& peer) {
    peer.read_header();
    peer.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    peer.end();
  });
  RestRequest request;
  request.url = server.url("http");
  EXPECT_EQ(fetch(request).body, "until the end");
}

TEST_F(RestTest, ACutAnswerIsAnError) {
  const ScriptedServer server([](ScriptedSocket& peer) {
    peer.read_header();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    peer.end();
  });
  RestRequest request;
  request.url = server.url("http");
  const RestResponse answer = fetch(request);
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.error, "no whole answer from 127.0.0.1: the connection was closed");
}

TEST_F(RestTest, AnAnswerThatDoesNotComeInTimeIsAnError) {
  ScriptedServer server([](ScriptedSocket& peer) { peer.read_all(); });
  RestRequest request;
  request.url = server.url("http");
  const RestResponse answer = fetch(request, 50 * kNsPerMs);
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.error, "no answer from 127.0.0.1 within 50 ms");
}

// ---- URLs
// --------------------------------------------------------------------------------------------

TEST(UrlTest, TakesUrlsApart) {
  const struct {
    const char* text;
    bool tls;
    const char* host;
    const char* port;
    const char* target;
    const char* host_header;
  } cases[] = {
      {"wss://nexusglass.live/ws/fastfeed?token=a/b", true, "nexusglass.live", "443",
       "/ws/fastfeed?token=a/b", "nexusglass.live"},
      {"ws://127.0.0.1:8790/x", false, "127.0.0.1", "8790", "/x", "127.0.0.1:8790"},
      {"HTTPS://h", true, "h", "443", "/", "h"},
      {"http://h?a=1#frag", false, "h", "80", "/?a=1", "h"},
      {"ws://[::1]:99/", false, "::1", "99", "/", "[::1]:99"},
      {"wss://[::1]/", true, "::1", "443", "/", "[::1]"},
  };
  for (const auto& c : cases) {
    const auto url = parse_url(c.text);
    ASSERT_TRUE(url.ok()) << c.text;
    EXPECT_EQ(url->tls, c.tls) << c.text;
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->target, c.target);
    EXPECT_EQ(url->host_header, c.host_header);
  }
}

TEST(UrlTest, RefusesWhatIsNone) {
  for (const char* text : {"", "nexusglass.live", "ftp://h", "ws://", "ws://h:0", "ws://h:70000",
                           "ws://h:1x", "ws://user@h/", "ws://[::1"}) {
    EXPECT_FALSE(parse_url(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tapedeck
