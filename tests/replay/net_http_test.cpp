#include <gtest/gtest.h>

#include "tests/replay/net_support.h"

namespace tapedeck::testing {
namespace {

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

TEST(Http, a_reply_is_json_with_its_length_and_the_connection_stays) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  const auto first = client.exchange(get("/hello"));
  EXPECT_EQ(first.head,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n"
            "Connection: keep-alive\r\n\r\n");
  EXPECT_EQ(first.body, "GET /hello []");
  const auto second = client.exchange(get("/nowhere"));
  EXPECT_EQ(second.status(), 404);
  EXPECT_EQ(second.body, "GET /nowhere []");
}

TEST(Http, the_handler_sees_the_decoded_target_the_headers_in_order_and_the_body) {
  ScriptedWeb web;
  web.request = [](const HttpRequest& request) {
    HttpReply reply;
    reply.body = request.method + " " + request.target.path;
    for (const auto& [name, value] : request.target.query) reply.body += " " + name + "=" + value;
    for (const auto& [name, value] : request.headers) reply.body += " | " + name + ": " + value;
    reply.body += " | " + request.body;
    return reply;
  };
  RunningServer server(web);
  RawClient client(server.port());
  const auto reply = client.exchange(
      "POST /a/b?to=%2B30s&x=%3D HTTP/1.1\r\nX-Z: 1\r\nX-Z: 2\r\nHost: localhost\r\nX-A: 3\r\n"
      "Content-Length: 4\r\n\r\nbody");
  EXPECT_EQ(reply.body,
            "POST /a/b to=+30s x== | X-Z: 1 | X-Z: 2 | Host: localhost | X-A: 3 | Content-Length: "
            "4 | body");
}

TEST(Http, requests_may_come_in_one_piece_or_byte_by_byte) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  client.send(get("/hello") + "\r\n" + get("/one") + get("/two", "Connection: close\r\n"));
  EXPECT_EQ(client.read_reply().body, "GET /hello []");
  EXPECT_EQ(client.read_reply().body, "GET /one []");
  EXPECT_EQ(client.read_reply().body, "GET /two []");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), "end");

  RawClient slow(server.port());
  for (const char byte :
       std::string("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi")) {
    slow.send({&byte, 1});
  }
  EXPECT_EQ(slow.read_reply().body, "POST /hello [hi]");
}

TEST(Http, a_chunked_body_is_put_together) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  EXPECT_EQ(
      client
          .exchange("POST /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
          .body,
      "POST /hello [abcde]");
}

TEST(Http, head_is_get_without_the_body) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = client.read_reply(false);
  EXPECT_EQ(head.status(), 200);
  EXPECT_TRUE(head.has("Content-Length: 13"));
  EXPECT_EQ(client.exchange(get("/hello")).body, "GET /hello []");
}

TEST(Http, connection_close_and_http_1_0_end_the_connection) {
  ScriptedWeb web;
  RunningServer server(web);
  for (const std::string& request :
       {get("/hello", "Connection: close\r\n"), std::string("GET /hello HTTP/1.0\r\n\r\n")}) {
    RawClient client(server.port());
    const auto reply = client.exchange(request);
    EXPECT_EQ(reply.body, "GET /hello []");
    EXPECT_TRUE(reply.has("Connection: close"));
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(client.end(), "end");
  }
}

TEST(Http, a_client_that_asks_first_is_told_to_continue) {
  ScriptedWeb web;
  RunningServer server(web);
  RawClient client(server.port());
  client.send(
      "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(client.read_reply().head, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(client.read_reply().body, "POST /hello [ok]");
}

TEST(Http, what_is_no_request_or_too_large_is_refused_and_the_connection_ends) {
  ScriptedWeb web;
  ServerOptions options;
  options.header_bytes_max = 1024;
  options.body_bytes_max = 1024;
  RunningServer server(web, options);
  struct Case {
    std::string name;
    std::string bytes;
    int status;
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: localhost\r\n";
  const Case cases[] = {
      {"no HTTP", "hello there\r\n\r\n", 400},
      {"TLS",
       std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(500, '\xa7'),
       400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"no path", "GET hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"bad length", post + "Content-Length: -1\r\n\r\n", 400},
      {"bad chunk", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"long header", get("/", "X: " + std::string(5000, 'x') + "\r\n"), 431},
      {"endless header", "GET / HTTP/1.1\r\nX: " + std::string(5000, 'x'), 431},
      {"long target", get("/" + std::string(5000, 'x')), 431},
      {"long body", post + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'x'), 413},
      {"long chunk", post + "Transfer-Encoding: chunked\r\n\r\n1388\r\n" + std::string(5000, 'x'),
       413},
  };
  for (const auto& [name, bytes, status] : cases) {
    RawClient client(server.port());
    client.send(bytes);
    const auto reply = client.read_reply();
    EXPECT_EQ(reply.status(), status) << name;
    EXPECT_TRUE(reply.has("Connection: close")) << name;
    EXPECT_TRUE(reply.body.starts_with("{\"error\":\"")) << name << reply.body;
    EXPECT_EQ(client.read_to_end(), "") << name;
    EXPECT_EQ(client.end(), "end") << name;
  }
  EXPECT_EQ(RawClient(server.port()).exchange(get("/hello")).status(), 200);
}

TEST(Http, access_is_checked_before_the_handler_on_requests_and_upgrades) {
  ScriptedWeb web;
  ServerOptions options;
  options.token = "s3cret";
  RunningServer server(web, options);
  RawClient client(server.port());
  EXPECT_EQ(client.exchange(get("/hello")).status(), 401);
  EXPECT_EQ(client.exchange(get("/hello?deck_token=s3cret")).body, "GET /hello []");
  EXPECT_EQ(
      client.exchange(get("/hello?deck_token=s3cret", "Origin: http://evil.example\r\n")).status(),
      403);
  EXPECT_EQ(client.exchange("GET /hello?deck_token=s3cret HTTP/1.1\r\nHost: evil.example\r\n\r\n")
                .status(),
            403);
  EXPECT_EQ(client.open("/").status(), 401);
  EXPECT_EQ(client.open("/?deck_token=s3cret", "Origin: http://evil.example\r\n").status(), 403);
  EXPECT_EQ(web.log.lines(), std::vector<std::string>{});
  EXPECT_EQ(client
                .open("/", "Origin: http://localhost:" + std::to_string(server.port()) +
                               "\r\nAuthorization: Bearer s3cret\r\n")
                .status(),
            101);
  EXPECT_EQ(web.log.wait_for(1), std::vector<std::string>{"open"});
}

TEST(Http, a_handlers_header_cannot_be_split_by_what_a_client_sent) {
  ScriptedWeb web;
  web.request = [](const HttpRequest& request) {
    HttpReply reply;
    reply.headers.emplace_back("X-Echo", request.target.get("x"));
    return reply;
  };
  RunningServer server(web);
  RawClient client(server.port());
  EXPECT_TRUE(client.exchange(get("/?x=a%0d%0aSet-Cookie:b")).has("X-Echo: aSet-Cookie:b"));
}

}  // namespace
}  // namespace tapedeck::testing
