// A world without sockets, threads or waiting: time is a queue of tasks, the network and the
// services are objects, and one seed decides everything that happens. The recorder's own logic
// (links, clients, ledger, gap filler) runs in it as it runs outside.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "recorder/seams.h"
#include "tests/simulation/dice.h"

namespace tapedeck::testing {

class SimService;
class Wire;

class World final : public Environment {
 public:
  explicit World(std::uint64_t seed);
  ~World() override;

  // Environment
  const Clock& clock() const override { return clock_; }
  double uniform() override { return dice.uniform(); }
  std::unique_ptr<Timer> make_timer() override;
  std::unique_ptr<Transport> make_transport(TransportEvents& events) override;
  std::unique_ptr<RestCall> fetch(const RestRequest& request, Ns timeout,
                                  std::function<void(RestResponse)> done) override;

  using Key = std::pair<Ns, std::uint64_t>;
  Key post(Ns after, std::function<void()> task);
  void cancel(const Key& key) { tasks_.erase(key); }
  // Plays everything up to and including `mono`.
  void run_until(Ns mono);
  Ns mono() const { return clock_.stamp.mono; }
  Ns wall() const { return clock_.stamp.wall; }

  void add(SimService& service);
  SimService* service_of(const std::string& url, std::string& target) const;

  Dice dice;
  double rest_trouble = 0;  // how often a REST exchange goes wrong

 private:
  struct WorldClock final : public Clock {
    Stamp now() const override { return stamp; }
    Stamp stamp;
  };
  WorldClock clock_;
  std::map<Key, std::function<void()>> tasks_;
  std::uint64_t order_ = 0;
  std::vector<SimService*> services_;
  // The first answer to what is asked page by page: a service that is stuck gives it again.
  std::map<std::string, RestResponse> given_;
};

}  // namespace tapedeck::testing
