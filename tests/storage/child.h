// Processes that tests let die.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <string>

namespace tapedeck::testing {

// A forked process. It runs `work`, which tells the parent lines by `say`, and then waits to be
// killed.
class Child {
 public:
  using Say = std::function<void(const std::string&)>;

  explicit Child(const std::function<void(const Say&)>& work) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) ADD_FAILURE() << "no pipe";
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      try {
        work([&](const std::string& line) { tell(ends[1], line); });
      } catch (const std::exception& failure) {
        tell(ends[1], failure.what());
      }
      for (;;) ::pause();
    }
    ::close(ends[1]);
    from_ = ::fdopen(ends[0], "r");
  }
  ~Child() {
    kill();
    ::fclose(from_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line that it told, waiting for it.
  std::string heard() {
    std::string line;
    for (int c = std::fgetc(from_); c != EOF && c != '\n'; c = std::fgetc(from_)) {
      line.push_back(static_cast<char>(c));
    }
    return line;
  }
  // Waits until it is dead by a signal of its own doing, and gives that.
  int died_by() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  // Whether it has ended by itself.
  bool has_ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    return pid_ == 0;
  }
  // As kill -9.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  static void tell(int fd, const std::string& text) {
    const std::string line = text + "\n";
    if (::write(fd, line.data(), line.size()) < 0) ::_exit(1);
  }

  pid_t pid_ = 0;
  FILE* from_ = nullptr;
};

}  // namespace tapedeck::testing
