// Server::Timer over Asio. For the files of replay/net that know Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>

#include "replay/net/server.h"

namespace tapedeck::web {

// Makes the timers of one server and disarms those that outlive it.
class TimerMaker {
 public:
  explicit TimerMaker(boost::asio::io_context& io);
  ~TimerMaker();
  TimerMaker(const TimerMaker&) = delete;
  TimerMaker& operator=(const TimerMaker&) = delete;

  std::unique_ptr<Server::Timer> make();

 private:
  class LoopTimer;
  struct State;
  using Living = std::set<State*>;

  boost::asio::io_context& io_;
  std::shared_ptr<Living> living_;
};

}  // namespace tapedeck::web
