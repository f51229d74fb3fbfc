// Looks up what the services' REST paths answer, on a thread of its own: however long it takes to
// search a tape, sockets, heartbeats and streams go on.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "replay/net/server.h"
#include "replay/tape_history.h"
#include "schema/feed.h"
#include "schema/service.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// One question after the other, in the order asked. Asked on the server's thread.
class RestDesk {
 public:
  // The service's reply to a plain request, out of the data of one moment; nullopt: no such path.
  using Question = std::function<std::optional<HttpReply>(ServiceData&)>;
  using Answer = std::function<void(std::optional<HttpReply>)>;

  // `readers` are used on the desk's thread alone. `server` outlives it.
  RestDesk(std::vector<std::unique_ptr<TapeReader>> readers, Server& server);
  ~RestDesk();
  RestDesk(const RestDesk&) = delete;
  RestDesk& operator=(const RestDesk&) = delete;

  // `question` is put on the desk's thread, with what the tapes hold of `feed` as of `now_ns`;
  // `answer` is called on the server's. 500 when a tape cannot be read.
  void ask(const Feed& feed, Ns now_ns, Question question, Answer answer);

  // Ends the thread, also in the middle of a search; what was asked gets no answer. Idempotent.
  void stop();

 private:
  struct Request {
    const Feed* feed = nullptr;
    Ns now_ns = 0;
    Question question;
    Answer answer;
  };
  class Moment;  // the tapes as they were then

  void run(const std::stop_token& stop);
  std::optional<HttpReply> look_up(const Request& request, const std::stop_token& stop);
  // nullptr for a feed that has no history.
  TapeHistory* history_of(const Feed& feed, const std::stop_token& stop);

  const std::vector<std::unique_ptr<TapeReader>> readers_;
  Server& server_;
  std::map<std::string, TapeHistory, std::less<>> histories_;  // by feed

  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::deque<Request> requests_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tapedeck
