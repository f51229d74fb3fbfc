// The judges that share no code with us: what they see is what users' own clients will see.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/replay/net_support.h"

namespace tapedeck::testing {
namespace {

// What tests/clients/websocket_judge.py expects of its server.
void obey(ScriptedPeer& peer) {
  peer.message = [](Peer& to, Opcode opcode, std::string_view payload) {
    if (opcode == Opcode::pong) return to.send(Opcode::text, "pong " + std::string(payload));
    if (!is_data(opcode)) return;
    if (payload.starts_with("ping ")) return to.send(Opcode::ping, payload.substr(5));
    if (payload == "cut") return to.cut();
    if (payload.starts_with("close ")) {
      const auto code = static_cast<std::uint16_t>(std::stoi(std::string(payload.substr(6, 4))));
      return to.close(code, payload.substr(11));
    }
    to.send(opcode, payload);
  };
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot start";
  char chunk[4096];
  for (std::size_t got = 0; (got = fread(chunk, 1, sizeof chunk, pipe)) > 0;)
    out.append(chunk, got);
  pclose(pipe);
  return out;
}

TEST(Clients, python_websockets_finds_a_server_after_its_taste) {
  ScriptedWeb web;
  web.dress = obey;
  RunningServer server(web);
  EXPECT_EQ(
      output_of("/usr/bin/python3 " TAPEDECK_SOURCE_DIR "/tests/clients/websocket_judge.py ws://" +
                server.host() + "/"),
      "text same\n"
      "empty same\n"
      "unicode same\n"
      "binary same\n"
      "large same\n"
      "larger than a frame's short lengths same\n"
      "fragments: in three fragments\n"
      "ponged\n"
      "after a ping: pong Marco\n"
      "extensions: [] subprotocol: None\n"
      "closed by us: 1000\n"
      "close 1000 end of tape: 1000 end of tape\n"
      "close 4001 x: 4001 x\n"
      "close 1008 slow client: 1008 slow client\n"
      "cut: 1006 \n"
      "too large: 1009\n"
      "foreign origin: 403\n");
}

}  // namespace
}  // namespace tapedeck::testing
