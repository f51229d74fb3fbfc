#include "recorder/net/url.h"

#include <algorithm>

#include "schema/base/text.h"

namespace tapedeck {

Result<Url> parse_url(std::string_view text) {
  const auto fail = [&](const char* why) {
    return Error{"\"" + std::string(text) + "\" is no URL: " + why};
  };
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return fail("it has no scheme such as wss://");
  Url url;
  const std::string scheme = to_lower(text.substr(0, colon));
  if (scheme == "https" || scheme == "wss") {
    url.tls = true;
  } else if (scheme != "http" && scheme != "ws") {
    return fail("its scheme is none of ws, wss, http, https");
  }
  std::string_view rest = text.substr(colon + 3);
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  rest.remove_prefix(slash);
  if (authority.find('@') != std::string_view::npos)
    return fail("user names in URLs are not taken");

  std::size_t port_at = authority.rfind(':');
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return fail("its host lacks a closing bracket");
    url.host = std::string(authority.substr(1, bracket - 1));
    if (port_at != std::string_view::npos && port_at < bracket) port_at = std::string_view::npos;
  } else {
    url.host = std::string(authority.substr(0, port_at));
  }
  if (url.host.empty()) return fail("it has no host");
  url.port = url.tls ? "443" : "80";
  if (port_at != std::string_view::npos) {
    url.port = std::string(authority.substr(port_at + 1));
    const bool digits =
        !url.port.empty() && url.port.size() <= 5 &&
        std::all_of(url.port.begin(), url.port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || std::stoi(url.port) > 65'535 || std::stoi(url.port) == 0)
      return fail("its port is none");
  }
  url.host_header = std::string(authority);
  rest = rest.substr(0, rest.find('#'));
  url.target = rest.empty() || rest.front() != '/' ? "/" + std::string(rest) : std::string(rest);
  return url;
}

}  // namespace tapedeck
