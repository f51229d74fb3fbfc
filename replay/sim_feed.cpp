#include "replay/sim_feed.h"

#include <algorithm>
#include <cmath>

namespace tapedeck {

SimFeed::SimFeed(const Feed& feed, std::uint64_t seed, Ns epoch_ns, double rate,
                 EndpointTable& endpoints)
    : feed_(feed),
      simulator_(feed.make_simulator(seed)),
      normalizer_(feed.make_normalizer(1)),
      endpoints_(endpoints) {
  timeline_.epoch_ns = epoch_ns;
  timeline_.rate = rate;
}

std::int64_t SimFeed::happened_by(Ns now) const {
  if (now < timeline_.epoch_ns) return 0;
  const long double elapsed = static_cast<long double>(now - timeline_.epoch_ns);
  auto count = static_cast<std::int64_t>(
      std::floor(elapsed * static_cast<long double>(timeline_.rate) / 1e9L));
  // time_of() rounds down: settle by what it says.
  while (count > 0 && timeline_.time_of(count - 1) > now) --count;
  while (timeline_.time_of(count) <= now) ++count;
  return count;
}

std::optional<Ns> SimFeed::next_ns() const {
  if (audience_.size() == 0) return std::nullopt;
  return timeline_.time_of(timeline_.upto);
}

bool SimFeed::advance(Ns now, std::size_t bytes_max) {
  const std::int64_t upto = std::max(timeline_.upto, happened_by(now));
  std::size_t bytes = 0;
  while (timeline_.upto < upto) {
    if (audience_.size() == 0) {
      timeline_.upto = upto;
      break;
    }
    if (bytes >= bytes_max) {
      now_ns_ = std::max(now_ns_, timeline_.time_of(timeline_.upto));
      return false;
    }
    bytes += serve(timeline_.upto++);
  }
  now_ns_ = std::max(now_ns_, now);
  return true;
}

// Made, parsed and encoded once for everybody.
std::size_t SimFeed::serve(std::int64_t k) {
  const Ns at_ns = timeline_.time_of(k);
  const Simulator::Message message = simulator_->message(k, at_ns);
  ++messages_made_;
  doc_.parse(message.payload);
  const InFrame in{message.endpoint, 0, at_ns, Opcode::text, message.payload, &doc_};
  DueFrame frame;
  frame.served.id = k + 1;
  frame.served.endpoint = message.endpoint;
  frame.served.payload = message.payload;
  frame.served.tag = normalizer_->classify(in);
  frame.endpoint = endpoints_.intern(feed_.name(), message.endpoint);
  frame.encoded = frames_.encode(Opcode::text, message.payload);
  frame.shared = &frames_.whole();
  frame.frame_id = k + 1;
  frame.recv_ns = at_ns;
  frame.pos_ns = at_ns;
  audience_.deliver(frame);
  return message.payload.size() * audience_.size();
}

std::optional<ServiceData::SnapshotFrame> SimFeed::snapshot(std::string_view endpoint) {
  auto payload = simulator_->snapshot(endpoint, timeline_);
  if (!payload) return std::nullopt;
  return SnapshotFrame{timeline_.upto, std::move(*payload)};
}

std::vector<std::string> SimFeed::history(const Query& query) {
  return simulator_->history(query, timeline_);
}

}  // namespace tapedeck
