// A service whose identifiers may begin anew: after an outage its data are another simulator's,
// from number 0 on, and nothing is known any more of what was before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/feed.h"

namespace tapedeck::testing {

class Epochs final : public Simulator {
 public:
  Epochs(const Feed& feed, std::uint64_t seed) : feed_(feed), seed_(seed) { begin(0); }

  // From message `k` on.
  void begin(std::int64_t k) {
    epochs_.push_back({k, feed_.make_simulator(seed_ + 1'000 * epochs_.size())});
  }

  // When message `k` happens, to the nanosecond as its epoch's history tells it.
  Ns time_of(std::int64_t k, const Timeline& timeline) const {
    const Epoch& epoch = epoch_of(k);
    return within(epoch, timeline).time_of(k - epoch.first_k);
  }

  Message message(std::int64_t k, Ns at_ns) const override {
    const Epoch& epoch = epoch_of(k);
    return epoch.simulator->message(k - epoch.first_k, at_ns);
  }
  std::int64_t cycle() const override { return epochs_.back().simulator->cycle(); }
  std::optional<std::string> snapshot(std::string_view endpoint,
                                      const Timeline& timeline) const override {
    const Epoch& now = epochs_.back();
    return now.simulator->snapshot(endpoint, within(now, timeline));
  }
  std::vector<std::string> history(const ServiceData::Query& query,
                                   const Timeline& timeline) const override {
    const Epoch& now = epochs_.back();
    return now.simulator->history(query, within(now, timeline));
  }

 private:
  struct Epoch {
    std::int64_t first_k = 0;
    std::unique_ptr<Simulator> simulator;
  };

  const Epoch& epoch_of(std::int64_t k) const {
    auto epoch = epochs_.rbegin();
    while (epoch->first_k > k) ++epoch;
    return *epoch;
  }

  // The same moments, counted from the epoch's first message.
  static Timeline within(const Epoch& epoch, Timeline timeline) {
    timeline.epoch_ns = timeline.time_of(epoch.first_k);
    timeline.upto = std::max<std::int64_t>(timeline.upto - epoch.first_k, 0);
    return timeline;
  }

  const Feed& feed_;
  std::uint64_t seed_;
  std::vector<Epoch> epochs_;
};

}  // namespace tapedeck::testing
