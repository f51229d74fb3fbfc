#include "replay/net/handshake.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "replay/net/access.h"

namespace tapedeck::web {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// A header may come several times, each a comma-separated list.
bool has_token(const HttpRequest& request, std::string_view header, std::string_view token) {
  for (const auto& [name, value] : request.headers) {
    if (to_lower(name) != header) continue;
    for (const std::string& item : split_list(value)) {
      if (to_lower(item) == token) return true;
    }
  }
  return false;
}

// The base64 of 16 bytes: 22 characters that count and two of padding.
bool is_key(std::string_view key) {
  const auto is_base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return key.size() == 24 && key.ends_with("==") &&
         std::all_of(key.begin(), key.begin() + 22, is_base64);
}

}  // namespace

bool is_upgrade(const HttpRequest& request) {
  return has_token(request, "upgrade", "websocket");
}

std::optional<HttpReply> refuse_handshake(const HttpRequest& request, bool is_http_1_1) {
  if (request.method != "GET") return error_reply(400, "a WebSocket is opened with GET");
  if (!is_http_1_1) return error_reply(400, "a WebSocket needs HTTP/1.1");
  if (!has_token(request, "connection", "upgrade")) {
    return error_reply(400, "the header Connection: Upgrade is missing");
  }
  if (trim(request.header("sec-websocket-version")) != "13") {
    HttpReply reply = error_reply(426, "only Sec-WebSocket-Version: 13 is spoken here");
    reply.headers.emplace_back("Sec-WebSocket-Version", "13");
    reply.headers.emplace_back("Upgrade", "websocket");
    return reply;
  }
  if (!is_key(trim(request.header("sec-websocket-key")))) {
    return error_reply(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  }
  return std::nullopt;
}

std::string handshake_answer(const HttpRequest& request) {
  return "HTTP/1.1 101 Switching Protocols\r\n"
         "Upgrade: websocket\r\n"
         "Connection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_for(trim(request.header("sec-websocket-key"))) + "\r\n\r\n";
}

std::string accept_for(std::string_view key) {
  std::string text(key);
  text.append(kGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return base64_encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace tapedeck::web
