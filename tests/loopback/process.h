// A run of the `tapedeck` program itself, as a user starts it.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace tapedeck::testing {

class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments) {
    int out[2];
    int err[2];
    if (::pipe(out) != 0 || ::pipe(err) != 0) ADD_FAILURE() << "no pipe";
    std::vector<std::string> all = {TAPEDECK_BINARY};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& argument : all) argv.push_back(argument.data());
    argv.push_back(nullptr);
    id_ = ::fork();
    if (id_ == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(err[1], STDERR_FILENO);
      for (const int end : {out[0], out[1], err[0], err[1]}) ::close(end);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    out_ = ::fdopen(out[0], "r");
    err_ = ::fdopen(err[0], "r");
  }
  ~Process() {
    if (id_ > 0) {
      ::kill(id_, SIGKILL);
      wait();
    }
    ::fclose(out_);
    ::fclose(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of stdout or stderr; waits for it, "" at the end.
  std::string out_line() { return line(out_); }
  std::string err_line() { return line(err_); }
  // Reads stderr until a line holds `text`; false at the end.
  bool err_says(const std::string& text) {
    for (std::string next = err_line(); !next.empty(); next = err_line()) {
      if (next.find(text) != std::string::npos) return true;
    }
    return false;
  }
  std::string rest_of_out() { return rest(out_); }
  std::string rest_of_err() { return rest(err_); }

  pid_t id() const { return id_; }
  void signal(int number) { ::kill(id_, number); }
  // Its exit code, or minus the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  static std::string line(FILE* file) {
    std::string text;
    for (int c = ::fgetc(file); c != EOF && c != '\n'; c = ::fgetc(file))
      text += static_cast<char>(c);
    return text;
  }
  static std::string rest(FILE* file) {
    std::string text;
    for (int c = ::fgetc(file); c != EOF; c = ::fgetc(file)) text += static_cast<char>(c);
    return text;
  }

  pid_t id_ = -1;
  FILE* out_ = nullptr;
  FILE* err_ = nullptr;
};

}  // namespace tapedeck::testing
