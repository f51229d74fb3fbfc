#include "tests/chaos/judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "storage/tape_reader.h"
#include "tests/support/event_rows.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;

std::unique_ptr<TapeReader> open(const std::string& path) {
  auto reader = open_tape(path);
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  return std::move(*reader);
}

std::map<std::int64_t, ConnectionInfo> connections_of(TapeReader& tape) {
  std::map<std::int64_t, ConnectionInfo> found;
  const auto all = tape.connections();
  for (const ConnectionInfo& connection : *all) found[connection.id] = connection;
  return found;
}

// ---- frames ----

struct Received {
  std::string where;
  Lines frames;
};

// Of every connection on the tape, what it received but for the goodbye.
void add_received(const std::string& path, std::vector<Received>& all) {
  const auto tape = open(path);
  const auto connections = connections_of(*tape);
  std::map<std::int64_t, Received> received;
  const auto cursor = tape->frames(1);
  for (FrameRecord frame; *(*cursor)->next(frame);) {
    if (frame.direction != Direction::in || frame.opcode == Opcode::close) continue;
    const ConnectionInfo& connection = connections.at(frame.connection_id);
    Received& one = received[frame.connection_id];
    one.where = connection.feed + "/" + connection.endpoint;
    one.frames.push_back(std::to_string(static_cast<int>(frame.opcode)) + " " +
                         std::string(frame.payload));
  }
  for (auto& [id, one] : received) all.push_back(std::move(one));
}

bool begins_with(const Lines& whole, const Lines& part) {
  return whole.size() >= part.size() && std::equal(part.begin(), part.end(), whole.begin());
}

// ---- rows ----

// One message of the service, by its number.
struct Message {
  std::string_view endpoint;
  std::string stream;
  Lines keys;                     // of its rows
  std::optional<Ns> received_ns;  // by the first connection that brought it
};

class FeedJudge {
 public:
  FeedJudge(const FeedConfig& feed, const Simulator& simulator, const Simulator::Timeline& timeline,
            ChaosResult& result)
      : feed_(feed.feed->name()),
        normalizer_(feed.plan->make_normalizer(1) != nullptr ? feed.plan->make_normalizer(1)
                                                             : feed.feed->make_normalizer(1)),
        timeline_(timeline),
        kept_(feed_),
        result_(result) {
    make_messages(simulator);
  }

  void add_tape(const std::string& path, bool is_last) {
    const auto tape = open(path);
    find_received(*tape);
    kept_.begin_tape();
    for (const Table& table : all_tables()) {
      const auto cursor = tape->rows(table.id);
      for (TapeRow row; *(*cursor)->next(row);) {
        if (row.feed != feed_) continue;
        if (table.id == TableId::unparsed) {
          fault("unparsed: " + std::string(row.values[0].text));
        }
        kept_.add(table.id, row.origin, row.event_ns, row.values);
      }
    }
    const auto drifts = tape->drift();
    for (const DriftRecord& drift : *drifts) {
      if (drift.feed == feed_) fault("drift: " + drift.type + ": " + drift.path);
    }
    const auto gaps = tape->gaps();
    for (const Gap& gap : *gaps) {
      if (gap.feed != feed_) continue;
      // An open gap of an earlier tape goes on in the next one, which knows more.
      if (gap.status == GapStatus::open && !is_last) continue;
      ++result_.gaps[gap.status];
      if (gap.status != GapStatus::filled) gaps_.push_back(gap);
    }
  }

  void conclude() {
    struct Sent {
      std::int64_t must = 0;
      std::int64_t may = 0;
      std::vector<std::size_t> numbers;  // of the messages that must be there
    };
    std::map<std::string, std::pair<std::size_t, std::size_t>> span;  // by stream
    for (std::size_t k = 0; k < messages_.size(); ++k) {
      if (!messages_[k].received_ns) continue;
      const auto [known, is_first] = span.try_emplace(messages_[k].stream, k, k);
      known->second.second = k;
    }
    std::map<std::string, Sent> sent;
    for (std::size_t k = 0; k < messages_.size(); ++k) {
      const auto own = span.find(messages_[k].stream);
      const bool must = own != span.end() && k >= own->second.first && k <= own->second.second;
      for (const std::string& key : messages_[k].keys) {
        Sent& one = sent[key];
        ++one.may;
        if (!must) continue;
        ++one.must;
        one.numbers.push_back(k);
      }
    }
    for (const auto& [key, one] : sent) {
      const std::int64_t count = kept_.count(key);
      result_.sent += one.must;
      result_.recovered += kept_.by_fill(key);
      if (count > one.may) {
        fault(std::to_string(count) + " times, not " + std::to_string(one.may) + ": " + key);
      }
      if (count + kept_.told(key) >= one.must) continue;
      result_.missing += one.must - count;
      const bool is_admitted = std::any_of(one.numbers.begin(), one.numbers.end(),
                                           [&](std::size_t k) { return is_in_gap(k); });
      if (!is_admitted) {
        std::string numbers;
        for (const std::size_t k : one.numbers) {
          const Message& message = messages_[k];
          numbers += " " + std::to_string(k) + (message.received_ns ? " (received)" : "");
        }
        fault(messages_[one.numbers.front()].stream + " is lost in silence, " +
              std::to_string(count) + " of these messages is there:" + numbers + ": " + key);
      }
    }
  }

 private:
  void fault(const std::string& what) { result_.faults.push_back(feed_ + ": " + what); }

  void make_messages(const Simulator& simulator) {
    JsonDoc doc;
    for (std::int64_t k = 0; k < timeline_.upto; ++k) {
      const Ns at_ns = timeline_.time_of(k);
      const Simulator::Message made = simulator.message(k, at_ns);
      doc.parse(made.payload);
      const InFrame in{made.endpoint, 0, at_ns, Opcode::text, made.payload, &doc};
      const FrameTag tag = normalizer_->classify(in);
      Message message;
      message.endpoint = made.endpoint;
      message.stream = std::string(tag.stream.empty() ? made.endpoint : tag.stream);
      EventKeys keys(feed_);
      normalizer_->normalize(in, keys);
      message.keys = std::move(keys.keys);
      numbers_[message.stream].push_back(static_cast<std::size_t>(k));
      streams_[made.payload] = message.stream;
      payloads_.push_back(made.payload);
      messages_.push_back(std::move(message));
    }
  }

  struct Arrival {
    std::string payload;
    Ns recv_ns = 0;
  };

  void find_received(TapeReader& tape) {
    const auto connections = connections_of(tape);
    std::map<std::pair<std::int64_t, std::string>, std::vector<Arrival>> arrivals;
    const auto cursor = tape.frames(1);
    for (FrameRecord frame; *(*cursor)->next(frame);) {
      if (frame.direction != Direction::in || frame.opcode != Opcode::text) continue;
      if (connections.at(frame.connection_id).feed != feed_) continue;
      std::string payload(frame.payload);
      const auto made = streams_.find(payload);
      if (made == streams_.end()) continue;  // the service's own: acknowledgements, snapshots
      arrivals[{frame.connection_id, made->second}].push_back({std::move(payload), frame.recv_ns});
    }
    for (const auto& [where, all] : arrivals) find_numbers(where.second, all);
  }

  // A connection brings a stream's messages without a hole. Messages of one second can be the same
  // to the byte: then it is the last place that all of them fit.
  void find_numbers(const std::string& stream, const std::vector<Arrival>& all) {
    const std::vector<std::size_t>& numbers = numbers_.at(stream);
    const auto fits = [&](std::size_t at) {
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (at + i >= numbers.size() || payloads_[numbers[at + i]] != all[i].payload) return false;
      }
      return timeline_.time_of(static_cast<std::int64_t>(numbers[at])) <= all.front().recv_ns;
    };
    std::size_t at = numbers.size();
    while (at > 0 && !fits(at - 1)) --at;
    if (at == 0) {
      return fault(stream + ": what a connection brought is not a part of what was made, from " +
                   all.front().payload);
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      Message& message = messages_[numbers[at - 1 + i]];
      if (!message.received_ns) message.received_ns = all[i].recv_ns;
    }
  }

  // Whether a gap of its stream touches the time between the messages before and behind it.
  bool is_in_gap(std::size_t k) const {
    const auto is_neighbour = [&](const Message& one) {
      return one.received_ns && one.endpoint == messages_[k].endpoint;
    };
    const auto at = messages_.begin() + static_cast<std::ptrdiff_t>(k);
    const auto before =
        std::find_if(std::make_reverse_iterator(at), messages_.rend(), is_neighbour);
    const auto behind = std::find_if(at, messages_.end(), is_neighbour);
    return std::any_of(gaps_.begin(), gaps_.end(), [&](const Gap& gap) {
      return gap.stream == messages_[k].stream &&
             (behind == messages_.end() || gap.from_ns <= *behind->received_ns) &&
             (before == messages_.rend() || !gap.to_ns || *gap.to_ns >= *before->received_ns);
    });
  }

  const std::string feed_;
  const std::unique_ptr<Normalizer> normalizer_;
  const Simulator::Timeline timeline_;
  KeptEvents kept_;
  ChaosResult& result_;
  std::vector<Message> messages_;
  Lines payloads_;                                                     // by number
  std::unordered_map<std::string, std::string> streams_;               // by payload
  std::unordered_map<std::string, std::vector<std::size_t>> numbers_;  // by stream
  std::vector<Gap> gaps_;                                              // those that admit something
};

}  // namespace

void judge_frames(const std::vector<std::string>& tapes,
                  const std::vector<Conversation>& conversations,
                  std::vector<std::string>& faults) {
  std::vector<Received> all;
  for (const std::string& tape : tapes) add_received(tape, all);
  // What begins with the same frames may belong to either conversation: who has more has the
  // choice.
  std::stable_sort(all.begin(), all.end(), [](const Received& a, const Received& b) {
    return a.frames.size() > b.frames.size();
  });
  std::vector<bool> is_taken(conversations.size());
  for (const Received& one : all) {
    std::size_t i = 0;
    while (i < conversations.size() &&
           (is_taken[i] || conversations[i].feed + "/" + conversations[i].endpoint != one.where ||
            !begins_with(conversations[i].sent, one.frames))) {
      ++i;
    }
    if (i < conversations.size()) {
      is_taken[i] = true;
    } else {
      faults.push_back(one.where + ": a tape has " + std::to_string(one.frames.size()) +
                       " frames of a connection that the service did not send so; the first: " +
                       one.frames.front());
    }
  }
}

void judge_rows(const FeedConfig& feed, const Simulator& simulator,
                const Simulator::Timeline& timeline, const std::vector<std::string>& tapes,
                ChaosResult& result) {
  FeedJudge judge(feed, simulator, timeline, result);
  for (const std::string& tape : tapes) judge.add_tape(tape, tape == tapes.back());
  judge.conclude();
}

}  // namespace tapedeck::testing
