// A program in another language at work, and what it prints.
#pragma once

#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <optional>
#include <string>

namespace tapedeck::testing {

class PipedProgram {
 public:
  explicit PipedProgram(const std::string& command) : pipe_(::popen(command.c_str(), "r")) {
    EXPECT_NE(pipe_, nullptr) << command;
  }
  ~PipedProgram() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }
  PipedProgram(const PipedProgram&) = delete;
  PipedProgram& operator=(const PipedProgram&) = delete;

  // The next line that it prints; waits for it. nullopt: it has closed its output.
  std::optional<std::string> line() {
    std::string text;
    int c = ::fgetc(pipe_);
    if (c == EOF) return std::nullopt;
    for (; c != EOF && c != '\n'; c = ::fgetc(pipe_)) text += static_cast<char>(c);
    return text;
  }

  // Waits for its end, which must be one with exit code 0.
  void expect_success() {
    const int status = ::pclose(pipe_);
    pipe_ = nullptr;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "ended with status " << status;
  }

 private:
  FILE* pipe_;
};

}  // namespace tapedeck::testing
