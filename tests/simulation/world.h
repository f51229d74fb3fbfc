// A world without sockets, threads or waiting: time is a queue of tasks, the network and the
// services are objects, and one seed decides everything that happens. The recorder's own logic
// (links, clients, ledger, gap filler) runs in it as it runs outside. The services' clocks are
// right; the wall clock of the recorder's machine may be set at any time, to anything.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "recorder/seams.h"
#include "recorder/steady_clock.h"
#include "tests/simulation/dice.h"

namespace tapedeck::testing {

class SimService;
class Wire;

class World final : public Environment {
 public:
  explicit World(std::uint64_t seed);
  ~World() override;

  // Environment
  const Clock& clock() const override { return *clock_; }
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
  Ns mono() const { return time_.mono; }
  Ns wall() const { return time_.wall; }  // the services'

  // The recorder starts anew: its clock is what the machine says.
  void begin_life() { clock_ = std::make_unique<SteadyClock>(machine_); }
  // The machine's wall clock is set. Where it stood was right but for what was set before.
  void step_clock(Ns by) { machine_.off_ns += by; }
  Ns clock_off_ns() const { return machine_.off_ns; }

  void add(SimService& service);
  SimService* service_of(const std::string& url, std::string& target) const;

  Dice dice;
  double rest_trouble = 0;  // how often a REST exchange goes wrong

 private:
  struct MachineClock final : public Clock {
    explicit MachineClock(const Stamp& time) : time_(time) {}
    Stamp now() const override { return {time_.wall + off_ns, time_.mono}; }
    Ns off_ns = 0;

   private:
    const Stamp& time_;
  };
  Stamp time_;
  MachineClock machine_{time_};
  std::unique_ptr<SteadyClock> clock_;
  std::map<Key, std::function<void()>> tasks_;
  std::uint64_t order_ = 0;
  std::vector<SimService*> services_;
  // The first answer to what is asked page by page: a service that is stuck gives it again.
  std::map<std::string, RestResponse> given_;
};

}  // namespace tapedeck::testing
