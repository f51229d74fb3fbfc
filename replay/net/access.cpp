#include "replay/net/access.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "replay/net/server.h"

namespace tapedeck {
namespace {

// nullopt when `host` is no address; IPv4 comes as ::ffff:a.b.c.d.
std::optional<in6_addr> parse_address(std::string_view host) {
  const std::string text(host);
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) == 1) return six;
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) != 1) return std::nullopt;
  six.s6_addr[10] = six.s6_addr[11] = 0xff;
  std::memcpy(six.s6_addr + 12, &four, sizeof four);
  return six;
}

}  // namespace

bool is_loopback(std::string_view host) {
  const std::string name = to_lower(web::without_brackets(host));
  if (name == "localhost") return true;
  const std::optional<in6_addr> address = parse_address(name);
  if (!address) return false;
  if (IN6_IS_ADDR_V4MAPPED(&*address)) return address->s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&*address);
}

namespace web {
namespace {

constexpr std::array<std::string_view, 3> kLoopbackHosts = {"localhost", "127.0.0.1", "::1"};

bool is_wildcard(std::string_view host) {
  const std::string_view bare = without_brackets(host);
  return bare.empty() || bare == "0.0.0.0" || bare == "::";
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The host of `host`, `host:port`, `[::1]` or `[::1]:port`; nullopt for anything else.
std::optional<std::string> host_of(std::string_view header) {
  std::string_view host = header;
  std::string_view rest;
  if (header.starts_with('[')) {
    const std::size_t end = header.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = header.substr(0, end + 1);
    rest = header.substr(end + 1);
  } else if (const std::size_t colon = header.find(':'); colon != std::string_view::npos) {
    host = header.substr(0, colon);
    rest = header.substr(colon);
  }
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  return to_lower(without_brackets(host));
}

// Hashes make the lengths equal, so that nothing about the token shows in the time that this takes.
bool equal_secrets(std::string_view a, std::string_view b) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash_a{};
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash_b{};
  SHA256(reinterpret_cast<const unsigned char*>(a.data()), a.size(), hash_a.data());
  SHA256(reinterpret_cast<const unsigned char*>(b.data()), b.size(), hash_b.data());
  return CRYPTO_memcmp(hash_a.data(), hash_b.data(), hash_a.size()) == 0;
}

}  // namespace

std::string_view without_brackets(std::string_view host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return host;
  return host.substr(1, host.size() - 2);
}

HttpReply error_reply(int status, std::string_view message) {
  HttpReply reply;
  reply.status = status;
  reply.body = "{\"error\":" + json_string(message) + "}\n";
  return reply;
}

Access::Access(AccessRules rules)
    : rules_(std::move(rules)), is_wildcard_(is_wildcard(rules_.listen_host)) {
  const std::string scheme = rules_.tls ? "https://" : "http://";
  const bool is_default_port = rules_.port == (rules_.tls ? 443 : 80);
  for (const std::string_view host : kLoopbackHosts) {
    hosts_.emplace_back(host);
    const std::string bracketed = host.find(':') == std::string_view::npos
                                      ? std::string(host)
                                      : "[" + std::string(host) + "]";
    origins_.push_back(scheme + bracketed + ":" + std::to_string(rules_.port));
    if (is_default_port) origins_.push_back(scheme + bracketed);
  }
  if (!is_wildcard_) hosts_.push_back(to_lower(without_brackets(rules_.listen_host)));
  if (is_wildcard_ && !rules_.machine_name.empty()) {
    const std::string name = to_lower(rules_.machine_name);
    hosts_.push_back(name);
    hosts_.push_back(name.substr(0, name.find('.')));
  }
}

// Any port passes: behind a forwarded port a client names that one, and a rebound name is still
// foreign.
bool Access::knows_host(std::string_view host_header) const {
  const std::optional<std::string> host = host_of(trim(host_header));
  if (!host) return false;
  if (std::find(hosts_.begin(), hosts_.end(), *host) != hosts_.end()) return true;
  return is_wildcard_ && parse_address(*host).has_value();
}

bool Access::knows_origin(std::string_view origin) const {
  const auto& allowed = rules_.allow_origins;
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) return true;
  return std::find(origins_.begin(), origins_.end(), to_lower(origin)) != origins_.end();
}

// Services take their own keys as bearers too: whichever of the two places holds the token will do.
bool Access::has_token(const HttpRequest& request) const {
  constexpr std::string_view kBearer = "bearer ";
  bool found = equal_secrets(request.target.get("deck_token"), rules_.token);
  for (const auto& [name, value] : request.headers) {
    if (to_lower(name) != "authorization" || value.size() < kBearer.size()) continue;
    if (to_lower(std::string_view(value).substr(0, kBearer.size())) != kBearer) continue;
    found |= equal_secrets(trim(std::string_view(value).substr(kBearer.size())), rules_.token);
  }
  return found;
}

std::optional<HttpReply> Access::refuse(const HttpRequest& request) const {
  for (const auto& [name, value] : request.headers) {
    const std::string lower = to_lower(name);
    if (lower == "host" && !knows_host(value)) {
      return error_reply(403, "unknown Host " + value +
                                  "; use localhost, 127.0.0.1 or the address that --listen names");
    }
    if (lower == "origin" && !knows_origin(value)) {
      return error_reply(403, "foreign Origin " + value + "; --allow-origin admits it");
    }
  }
  if (!rules_.token.empty() && !has_token(request)) {
    HttpReply reply = error_reply(
        401,
        "the token is missing or wrong; send Authorization: Bearer TOKEN or ?deck_token=TOKEN");
    reply.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply;
  }
  return std::nullopt;
}

}  // namespace web
}  // namespace tapedeck
