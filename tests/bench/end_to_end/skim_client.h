// A WebSocket client that takes frames off a socket and looks at nothing but their headers: the
// cheapest reader there can be, so that what is measured is the server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck::bench {

class SkimClient {
 public:
  // Connects to 127.0.0.1 and upgrades; stops the program when that fails.
  SkimClient(std::uint16_t port, const std::string& target);
  ~SkimClient();
  SkimClient(const SkimClient&) = delete;
  SkimClient& operator=(const SkimClient&) = delete;

  void send_text(std::string_view text);

  struct Seen {
    std::int64_t frames = 0;  // text and binary
    std::int64_t bytes = 0;
    Ns first_ns = 0;  // steady clock, of the first and the last data frame's arrival
    Ns last_ns = 0;
    double per_second() const;
  };
  // Until the server closes. The first `skip` data frames (acknowledgements) are not counted. With
  // `times`: when each one came.
  Seen read_to_end(std::int64_t skip, std::vector<Ns>* times = nullptr);

 private:
  bool fill();

  int socket_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// An HTTP GET's body.
std::string http_get(std::uint16_t port, const std::string& target);

}  // namespace tapedeck::bench
