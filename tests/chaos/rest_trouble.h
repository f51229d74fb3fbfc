// A REST side that misbehaves, in front of a service's own: plain blocking sockets.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulation/dice.h"

namespace tapedeck::testing {

// Passes requests on to `127.0.0.1:to` and answers back, or does what services in trouble were seen
// to do: a reset, no answer at all, 429 in each of its forms, 5xx, HTML, garbage, half an answer,
// an answer that never ends, an answer that was given before.
class RestTrouble {
 public:
  RestTrouble(std::uint16_t to, std::uint64_t seed);
  ~RestTrouble();
  RestTrouble(const RestTrouble&) = delete;
  RestTrouble& operator=(const RestTrouble&) = delete;

  std::uint16_t port() const { return port_; }
  // From now on an exchange goes wrong with this probability; none when 0.
  void set(double chance) { chance_ = chance; }
  std::int64_t spoiled() const { return spoiled_; }

 private:
  void accept_all();
  void serve(int client);
  std::string spoil(int client, int kind, const std::string& key, const std::string& answer);
  std::string forward(const std::string& request) const;

  const std::uint16_t to_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<double> chance_ = 0;
  std::atomic<std::int64_t> spoiled_ = 0;
  std::mutex mutex_;  // the dice, the answers, the clients
  Dice dice_;
  std::map<std::string, std::string> given_;  // the first answer to what is asked page by page
  std::vector<std::thread> clients_;
  std::thread thread_;
};

}  // namespace tapedeck::testing
