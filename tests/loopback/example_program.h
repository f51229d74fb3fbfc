// The example programs of the services' documents (tests/clients/documented), at work on our
// servers.
#pragma once

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/loopback/piped_program.h"

namespace tapedeck::testing {

// Messages as `OPCODE PAYLOAD`, or what a program prints.
using Lines = std::vector<std::string>;

struct Example {
  std::string name;    // of the test
  std::string runner;  // of tests/clients
  std::string program;
  std::string feed;
  std::string endpoint;
  // The channels (topics, …) that the program asks for, in its order, each with the symbols that it
  // names (underlyings, opportunities, …; none: all). None at all: the program gets its endpoint.
  std::vector<std::pair<std::string, std::vector<std::string>>> channels;
  std::set<std::string> kinds;  // the data that it gets
  std::string faster;           // the runner's last argument
};

inline void PrintTo(const Example& example, std::ostream* out) {
  *out << example.name;
}

inline std::string unhex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return out;
}

// One example at work on `host` (`127.0.0.1:PORT`).
class ExampleProgram {
 public:
  ExampleProgram(const Example& example, const std::string& host, const std::string& directory)
      : record_(directory + "/" + example.program + ".received"),
        program_(example.runner + " '" TAPEDECK_SOURCE_DIR "/tests/clients/documented/" +
                 example.program + "' 'ws://" + host + "/" + example.feed + "' '" + record_ + "' " +
                 example.faster) {}

  // Waits until it has printed as many lines, and each of `kinds` in some line; false when it ended
  // before.
  bool wait_for(std::size_t lines, std::set<std::string> kinds) {
    while (prints.size() < lines || !kinds.empty()) {
      if (!read_line()) return false;
      std::erase_if(kinds, [&](const std::string& kind) {
        return prints.back().find(kind) != std::string::npos;
      });
    }
    return true;
  }

  // Waits for its end.
  void finish() {
    while (read_line()) continue;
    program_.expect_success();
    std::ifstream file(record_);
    std::string what;
    for (std::string payload; file >> what;) {
      std::string code;
      if (what == "close") file >> code;
      std::getline(file, payload);
      payload = unhex(payload.substr(payload.empty() ? 0 : 1));
      if (what == "close") {
        closed.push_back(code + " " + payload);
      } else {
        received.push_back((what == "text" ? "1 " : "2 ") + payload);
      }
    }
  }

  // What each print begins with: values (after ` conf=`, from ` {` on) are formatted by the
  // language in its own way.
  Lines prints;
  Lines received;  // once finished
  Lines closed;    // `CODE REASON`, likewise

 private:
  bool read_line() {
    while (const auto line = program_.line()) {
      if (line->starts_with(' ') || line->starts_with('}')) continue;  // the rest of a print
      prints.push_back(line->substr(0, std::min(line->find(" conf="), line->find(" {"))));
      return true;
    }
    return false;
  }

  std::string record_;
  PipedProgram program_;
};

}  // namespace tapedeck::testing
