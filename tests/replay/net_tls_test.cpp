#include <gtest/gtest.h>

#include "tests/replay/net_support.h"
#include "tests/support/certificate.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;

class Tls : public ::testing::Test {
 protected:
  Tls() {
    options_.tls_certificate_file = certificate_.certificate_file();
    options_.tls_key_file = certificate_.key_file();
    SSL_CTX_load_verify_locations(context_, options_.tls_certificate_file.c_str(), nullptr);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  }
  ~Tls() override { SSL_CTX_free(context_); }

  Certificate certificate_;
  ServerOptions options_;
  ScriptedWeb web_;
  SSL_CTX* context_ = SSL_CTX_new(TLS_client_method());
};

TEST_F(Tls, requests_and_web_sockets_work_as_without) {
  web_.dress = [](ScriptedPeer& peer) {
    peer.message = [](Peer& to, Opcode opcode, std::string_view payload) {
      to.send(opcode, payload);
    };
  };
  RunningServer server(web_, options_);
  EXPECT_EQ(server->url(), "https://127.0.0.1:" + std::to_string(server.port()));
  RawClient client(server.port(), context_);
  EXPECT_EQ(client.exchange("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").body,
            "GET /hello []");
  EXPECT_EQ(client.open("/", "Origin: https://localhost:" + std::to_string(server.port()) + "\r\n")
                .status(),
            101);
  client.send_frame(Opcode::text, "hello");
  EXPECT_EQ(client.next_message(), "text hello");
  client.send_frame(Opcode::binary, std::string(500'000, 'b'));
  EXPECT_EQ(client.next_message(), "binary #500000");
  client.send_frame(Opcode::close, ws::close_payload(1000, ""));
  EXPECT_EQ(client.messages_to_end(), (Lines{"close 1000 ", "end"}));
  client.hang_up();
  EXPECT_EQ(web_.log.wait_for(5),
            (Lines{"open", "text hello", "binary 500000", "closed", "destroyed"}));
}

TEST_F(Tls, a_cut_has_no_close_frame_and_no_close_notify) {
  web_.dress = [](ScriptedPeer& peer) {
    peer.message = [](Peer& to, Opcode, std::string_view) { to.cut(); };
  };
  RunningServer server(web_, options_);
  RawClient client(server.port(), context_);
  client.open();
  client.send_frame(Opcode::text, "go");
  EXPECT_EQ(client.messages_to_end(), Lines{"broken"});
  EXPECT_EQ(web_.log.wait_for(4), (Lines{"open", "text go", "closed", "destroyed"}));
}

TEST_F(Tls, a_client_without_tls_and_a_silent_one_disturb_nobody) {
  options_.handshake_ms_max = 300;
  RunningServer server(web_, options_);
  RawClient plain(server.port());
  plain.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  RawClient silent(server.port());
  served_client(server.port(), "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", context_);
  EXPECT_EQ(plain.read_to_end().find("200"), std::string::npos);
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(silent.end(), "end");
}

TEST_F(Tls, stop_says_goodbye) {
  RunningServer server(web_, options_);
  RawClient idle(server.port(), context_);
  RawClient client(server.port(), context_);
  client.open();
  server->stop();
  EXPECT_EQ(client.next_message(), "close 1001 ");
  client.send_frame(Opcode::close, ws::close_payload(1001, ""));
  EXPECT_EQ(client.next_message(), "end");
}

TEST_F(Tls, bad_files_are_named) {
  const auto error_of = [&](const std::string& certificate, const std::string& key) {
    ServerOptions options;
    options.tls_certificate_file = certificate;
    options.tls_key_file = key;
    const auto server = make_server(options, web_);
    return server ? "" : server.error().message;
  };
  const std::string good = options_.tls_certificate_file;
  EXPECT_EQ(error_of(good, ""), "TLS needs both a certificate file and its key file");
  EXPECT_TRUE(error_of("/nowhere.pem", options_.tls_key_file)
                  .starts_with("cannot use the TLS certificate /nowhere.pem: "));
  EXPECT_TRUE(error_of(good, good).starts_with("cannot use the TLS key " + good + ": "));
  Certificate other;
  EXPECT_TRUE(error_of(good, other.key_file())
                  .starts_with("cannot use the TLS key " + other.key_file() + ": "));
}

}  // namespace
}  // namespace tapedeck::testing
