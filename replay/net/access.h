// Who may talk to the server (contract section 5, "Access"). Private to replay/net.
//
// A page of any web site can make a browser talk to a loopback server; the checks of Origin and
// Host are what keeps it out, the token keeps out other machines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/service.h"

namespace tapedeck::web {

struct AccessRules {
  std::string listen_host;  // as given by the user, with or without brackets
  std::uint16_t port = 0;   // the one that is listened on
  bool tls = false;
  std::string token;  // empty: none is demanded
  std::vector<std::string> allow_origins;
  std::string machine_name;
};

// Const and thread-safe.
class Access {
 public:
  explicit Access(AccessRules rules);

  // The refusal (401 or 403), or nullopt when the request may pass.
  std::optional<HttpReply> refuse(const HttpRequest& request) const;

 private:
  bool knows_host(std::string_view host_header) const;
  bool knows_origin(std::string_view origin) const;
  bool has_token(const HttpRequest& request) const;

  AccessRules rules_;
  bool is_wildcard_;
  std::vector<std::string> hosts_;    // in lower case, without brackets
  std::vector<std::string> origins_;  // in lower case
};

// `{"error": message}`.
HttpReply error_reply(int status, std::string_view message);

// `[::1]` → `::1`; everything else as it is.
std::string_view without_brackets(std::string_view host);

}  // namespace tapedeck::web
