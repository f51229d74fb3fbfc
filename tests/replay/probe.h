// A server on a thread of its own, and other people's clients that talk to it.
#pragma once

#include <gtest/gtest.h>
#include <stdio.h>

#include <string>
#include <thread>
#include <vector>

#include "schema/base/result.h"

namespace tapedeck::testing {

// The lines that `tests/clients/probe.py ARGUMENTS` prints until it ends.
class Probe {
 public:
  explicit Probe(const std::string& arguments)
      : pipe_(
            ::popen(("/usr/bin/python3 " TAPEDECK_SOURCE_DIR "/tests/clients/probe.py " + arguments)
                        .c_str(),
                    "r")) {
    EXPECT_NE(pipe_, nullptr);
  }
  ~Probe() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // Waits for the next line; "" at the end.
  std::string line() {
    std::string text;
    for (int c = ::fgetc(pipe_); c != EOF && c != '\n'; c = ::fgetc(pipe_))
      text += static_cast<char>(c);
    return text;
  }
  std::vector<std::string> rest() {
    std::vector<std::string> lines;
    for (std::string next = line(); !next.empty(); next = line()) lines.push_back(next);
    return lines;
  }

 private:
  FILE* pipe_;
};

inline std::vector<std::string> probe(const std::string& arguments) {
  return Probe(arguments).rest();
}

// Runs a ReplayServer or SimServer until it goes out of scope or ends by itself.
template <class AServer>
class Running {
 public:
  explicit Running(std::unique_ptr<AServer> server)
      : server_(std::move(server)), thread_([this] { result_ = server_->run(); }) {}
  ~Running() {
    server_->stop();
    if (thread_.joinable()) thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  Result<void> wait() {
    thread_.join();
    return result_;
  }
  AServer& server() { return *server_; }
  std::string ws(std::string_view path) const {
    return "'ws://127.0.0.1:" + std::to_string(server_->port()) + std::string(path) + "'";
  }
  std::string http(std::string_view path) const {
    return "'http://127.0.0.1:" + std::to_string(server_->port()) + std::string(path) + "'";
  }

 private:
  std::unique_ptr<AServer> server_;
  Result<void> result_;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace tapedeck::testing
