#include "replay/rest_desk.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "replay/feed_client.h"

namespace tapedeck {

class RestDesk::Moment final : public ServiceData {
 public:
  Moment(TapeHistory* history, Ns now_ns) : history_(history), now_ns_(now_ns) {
    if (history_ != nullptr) history_->begin_request();
  }

  Ns now_ns() const override { return now_ns_; }
  std::optional<SnapshotFrame> snapshot(std::string_view /*endpoint*/) override {
    return std::nullopt;  // a socket's matter
  }
  std::vector<std::string> history(const Query& query) override {
    if (history_ == nullptr || !error_.empty()) return {};  // an error ends the paging too
    auto found = history_->find(query, now_ns_);
    if (found) return std::move(*found);
    error_ = found.error().message;
    return {};
  }
  const std::string& error() const { return error_; }

 private:
  TapeHistory* history_;
  Ns now_ns_;
  std::string error_;  // why it cannot be told
};

RestDesk::RestDesk(std::vector<std::unique_ptr<TapeReader>> readers, Server& server)
    : readers_(std::move(readers)),
      server_(server),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

RestDesk::~RestDesk() {
  stop();
}

void RestDesk::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void RestDesk::ask(const Feed& feed, Ns now_ns, Question question, Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back({&feed, now_ns, std::move(question), std::move(answer)});
  }
  asked_.notify_one();
}

void RestDesk::run(const std::stop_token& stop) {
  while (true) {
    Request request;
    {
      std::unique_lock lock(mutex_);
      if (!asked_.wait(lock, stop, [this] { return !requests_.empty(); })) return;
      if (stop.stop_requested()) return;
      request = std::move(requests_.front());
      requests_.pop_front();
    }
    server_.post(
        [answer = std::move(request.answer), reply = look_up(request, stop)] { answer(reply); });
  }
}

std::optional<HttpReply> RestDesk::look_up(const Request& request, const std::stop_token& stop) {
  Moment moment(history_of(*request.feed, stop), request.now_ns);
  auto reply = request.question(moment);
  if (moment.error().empty()) return reply;
  if (!stop.stop_requested()) spdlog::error("{}", moment.error());
  return error_reply(500, "the tape cannot be read: " + moment.error());
}

TapeHistory* RestDesk::history_of(const Feed& feed, const std::stop_token& stop) {
  const Recall* recall = feed.service().recall();
  if (recall == nullptr) return nullptr;
  const std::string name(feed.name());
  return &histories_.try_emplace(name, name, *recall, readers_, stop).first->second;
}

}  // namespace tapedeck
