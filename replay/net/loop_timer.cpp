#include "replay/net/loop_timer.h"

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace tapedeck::web {

struct TimerMaker::State {
  std::optional<boost::asio::steady_timer> timer;  // nullopt: the server is gone
  std::function<void()> task;
  std::uint64_t generation = 0;  // a wait of an earlier one has nothing to say
};

class TimerMaker::LoopTimer final : public Server::Timer {
 public:
  LoopTimer(std::shared_ptr<State> state, std::shared_ptr<Living> living)
      : state_(std::move(state)), living_(std::move(living)) {
    living_->insert(state_.get());
  }
  ~LoopTimer() override {
    living_->erase(state_.get());
    cancel();
  }
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  // std::chrono::steady_clock is CLOCK_MONOTONIC on Linux, as the system clock's `mono`.
  void set(Ns mono_ns, std::function<void()> task) override {
    State& state = *state_;
    if (!state.timer) return;
    state.task = std::move(task);
    state.timer->expires_at(
        std::chrono::steady_clock::time_point(std::chrono::nanoseconds(mono_ns)));
    state.timer->async_wait(
        [weak = std::weak_ptr(state_), generation = ++state.generation](const auto&) {
          const auto live = weak.lock();
          if (live == nullptr || live->generation != generation || !live->task) return;
          std::exchange(live->task, nullptr)();
        });
  }

  void cancel() override {
    ++state_->generation;
    state_->task = nullptr;
    if (state_->timer) state_->timer->cancel();
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Living> living_;
};

TimerMaker::TimerMaker(boost::asio::io_context& io)
    : io_(io), living_(std::make_shared<Living>()) {}

TimerMaker::~TimerMaker() {
  for (State* state : *living_) state->timer.reset();
}

std::unique_ptr<Server::Timer> TimerMaker::make() {
  auto state = std::make_shared<State>();
  state->timer.emplace(io_);
  return std::make_unique<LoopTimer>(std::move(state), living_);
}

}  // namespace tapedeck::web
