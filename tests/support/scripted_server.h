// A server of plain blocking sockets that follows a script: an independent peer for the recorder's
// network.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace tapedeck::testing {

// One accepted connection. Calls block; what fails ends the script quietly (the test sees it from
// its side).
class ScriptedSocket {
 public:
  explicit ScriptedSocket(int descriptor) : descriptor_(descriptor) {}
  ~ScriptedSocket();
  ScriptedSocket(const ScriptedSocket&) = delete;
  ScriptedSocket& operator=(const ScriptedSocket&) = delete;

  // Reads up to and including the blank line after a request's header.
  std::string read_header();
  // Exactly `bytes`, fewer at the end of the stream.
  std::string read(std::size_t bytes);
  // Until the peer ends.
  std::string read_all();
  void write(std::string_view bytes);
  // The answer to a WebSocket upgrade whose header is given; `extra` goes behind it in the same
  // write.
  void accept_upgrade(const std::string& header, std::string_view extra = "");
  void end();    // no more from us
  void reset();  // drops the connection at once

 private:
  int descriptor_;
};

// Listens on a free loopback port and plays `script` to the first client, on a thread of its own.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(ScriptedSocket&)> script);
  ~ScriptedServer();  // waits for the script's end
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  std::string url(std::string_view scheme, std::string_view target = "/") const;

 private:
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace tapedeck::testing
