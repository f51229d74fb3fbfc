// A service that says what it is told to, recorded.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "schema/ws/codec.h"
#include "tests/loopback/harness.h"
#include "tests/support/scripted_server.h"

namespace tapedeck::testing {

struct Said {
  std::string payload;
  Opcode opcode = Opcode::text;
};

// What the service answers to a message that holds `asked`.
struct Answer {
  std::string_view asked;
  std::string_view said;
};

// A payload as the feed's document prints it, byte for byte.
inline Said as_documented(const std::string& feed, const std::string& name) {
  std::ifstream file(TAPEDECK_SOURCE_DIR "/tests/feeds/" + feed + "/testdata/" + name + ".json");
  return {{std::istreambuf_iterator<char>(file), {}}};
}

inline void say(ScriptedSocket& socket, const Said& message) {
  std::string bytes;
  ws::append_frame(bytes, message.opcode, message.payload, nullptr);
  socket.write(bytes);
}

// Upgrades one client; gives `answers`, and `messages` after the last of them (without any: at
// once); ends with the client's close.
inline std::function<void(ScriptedSocket&)> said_service(std::vector<Said> messages,
                                                         std::vector<Answer> answers) {
  return [messages = std::move(messages), answers = std::move(answers)](ScriptedSocket& socket) {
    const std::string header = socket.read_header();
    if (header.empty()) return;
    socket.accept_upgrade(header);
    const auto say_all = [&] {
      for (const Said& message : messages) say(socket, message);
    };
    if (answers.empty()) say_all();
    ws::Decoder decoder(ws::Role::server, 1U << 20U);
    while (true) {
      ws::Message message;
      const auto status = decoder.next(message);
      if (status == ws::Decoder::Status::failed) return;
      if (status == ws::Decoder::Status::need_more) {
        const std::string byte = socket.read(1);
        if (byte.empty()) return;
        *decoder.prepare(1) = byte.front();
        decoder.commit(1);
        continue;
      }
      if (message.opcode == Opcode::close) return say(socket, {"\x03\xe8", Opcode::close});
      for (const Answer& answer : answers) {
        if (message.payload.find(answer.asked) == std::string::npos) continue;
        say(socket, {std::string(answer.said)});
        if (&answer == &answers.back()) say_all();
      }
    }
  };
}

// Records `messages` from one connection of `feed`, with `options` in the feed's configuration,
// and gives the tape. `rest_url`: of the feed's REST, where it needs one.
inline std::string record_said(const std::string& directory, const std::string& feed,
                               const std::string& options, const std::vector<Said>& messages,
                               const std::vector<Answer>& answers = {},
                               const std::string& rest_url = "http://127.0.0.1:1") {
  const ScriptedServer server(said_service(messages, answers));
  Recording recording("{\"feeds\": {\"" + feed + "\": {" + options + ", \"ws_url\": \"" +
                          server.url("ws", "") + "\", \"rest_url\": \"" + rest_url + "\"}}}",
                      directory);
  recording.wait_until_committed(static_cast<std::int64_t>(messages.size() + 2 * answers.size()));
  return recording.stop();
}

}  // namespace tapedeck::testing
