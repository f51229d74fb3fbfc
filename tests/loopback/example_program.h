// The example programs of the services' documents (tests/clients/documented), at work on our
// servers.
#pragma once

#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tapedeck::testing {

// Messages as `OPCODE PAYLOAD`, or what a program prints.
using Lines = std::vector<std::string>;

struct Example {
  std::string name;    // of the test
  std::string runner;  // of tests/clients
  std::string program;
  std::string feed;
  std::string endpoint;
  // The channels that the program subscribes to, in its order, with the underlying that it asks for
  // ("": all).
  std::vector<std::pair<std::string, std::string>> channels;
  std::set<std::string> kinds;  // the data that it gets
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
        pipe_(::popen(
            (example.runner + " '" TAPEDECK_SOURCE_DIR "/tests/clients/documented/" +
             example.program + "' 'ws://" + host + "/" + example.feed + "' '" + record_ + "'")
                .c_str(),
            "r")) {
    EXPECT_NE(pipe_, nullptr);
  }
  ~ExampleProgram() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }
  ExampleProgram(const ExampleProgram&) = delete;
  ExampleProgram& operator=(const ExampleProgram&) = delete;

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
    const int status = ::pclose(pipe_);
    pipe_ = nullptr;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "ended with status " << status;
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

  Lines prints;    // up to ` conf=`, which only one program prints
  Lines received;  // once finished
  Lines closed;    // `CODE REASON`, likewise

 private:
  bool read_line() {
    std::string line;
    int c = ::fgetc(pipe_);
    if (c == EOF) return false;
    for (; c != EOF && c != '\n'; c = ::fgetc(pipe_)) line += static_cast<char>(c);
    prints.push_back(line.substr(0, line.find(" conf=")));
    return true;
  }

  std::string record_;
  FILE* pipe_;
};

}  // namespace tapedeck::testing
