// One simulated service: its timeline, and who listens to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/audience.h"
#include "replay/block.h"
#include "replay/shared_frames.h"
#include "schema/base/json.h"
#include "schema/service.h"

namespace tapedeck {

// Message k happens at Timeline::time_of(k), whether or not anybody listens; messages are made for
// those who do. On one thread.
class SimFeed final : public ServiceData {
 public:
  // `epoch_ns`: when message 0 happens. `rate`: messages a second. `endpoints` outlives the feed.
  SimFeed(const Feed& feed, std::uint64_t seed, Ns epoch_ns, double rate, EndpointTable& endpoints);

  const Feed& feed() const { return feed_; }
  Audience& audience() { return audience_; }

  // Time goes on to `now`: sends what has happened since, until about `bytes_max` have been made.
  // False when there is more to send.
  bool advance(Ns now, std::size_t bytes_max);
  // When the next message happens that somebody could hear; nullopt when nobody listens.
  std::optional<Ns> next_ns() const;
  // How many messages have happened by `now`.
  std::int64_t happened_by(Ns now) const;
  std::int64_t messages_made() const { return messages_made_; }
  // To clients that have left by now.
  std::int64_t frames_sent() const { return audience_.frames_sent_before(); }

  // ServiceData: the present is where the last advance() came to.
  Ns now_ns() const override { return now_ns_; }
  std::optional<SnapshotFrame> snapshot(std::string_view endpoint) override;
  std::vector<std::string> history(const Query& query) override;

 private:
  std::size_t serve(std::int64_t k);

  const Feed& feed_;
  const std::unique_ptr<Simulator> simulator_;
  const std::unique_ptr<Normalizer> normalizer_;
  EndpointTable& endpoints_;
  Simulator::Timeline timeline_;  // upto: what has been sent, or happened while nobody listened
  Audience audience_;
  Ns now_ns_ = 0;
  std::int64_t messages_made_ = 0;
  JsonDoc doc_;
  SharedFrames frames_;
};

}  // namespace tapedeck
