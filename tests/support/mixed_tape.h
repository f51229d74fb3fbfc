// A tape of every feed: what their simulators say, decoded as the recorder does it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "schema/feeds/registry.h"
#include "storage/tape_writer.h"

namespace tapedeck::testing {

// Decodes and writes frames one by one. Everything between begin() and commit() of the writer.
class MixedTape {
 public:
  MixedTape(TapeWriter& writer, Ns started_ns, bool with_rows = true)
      : writer_(writer), now_ns_(started_ns), with_rows_(with_rows) {
    for (const Feed* feed : all_feeds()) {
      feeds_.push_back({feed, feed->make_simulator(7), feed->make_normalizer(1)});
    }
  }

  // `messages_each` messages of each feed, in turns, 1 ms apart, with a ping now and then.
  Result<void> add(std::int64_t messages_each) {
    for (const std::int64_t end = next_ + messages_each; next_ < end; ++next_) {
      for (Source& source : feeds_) {
        now_ns_ += kNsPerMs;
        const auto message = source.simulator->message(next_, now_ns_);
        auto added =
            add_frame(source, message.endpoint, Direction::in, Opcode::text, message.payload);
        if (added && next_ % 50 == 0)
          added = add_frame(source, message.endpoint, Direction::in, Opcode::ping, "");
        if (added && next_ % 50 == 0)
          added = add_frame(source, message.endpoint, Direction::out, Opcode::pong, "");
        if (!added) return added;
      }
    }
    return {};
  }

  // A frame of the feed's first endpoint.
  Result<void> add_frame(std::string_view feed, Direction direction, Opcode opcode,
                         std::string_view payload) {
    for (Source& source : feeds_) {
      if (source.feed->name() != feed) continue;
      const auto message = source.simulator->message(0, now_ns_);
      return add_frame(source, message.endpoint, direction, opcode, payload);
    }
    return Error{"no such feed"};
  }

  std::int64_t frames() const { return frames_; }
  Ns now_ns() const { return now_ns_; }

 private:
  struct Source {
    const Feed* feed;
    std::unique_ptr<Simulator> simulator;
    std::unique_ptr<Normalizer> normalizer;
  };

  class Rows final : public RowSink {
   public:
    Rows(TapeWriter& writer, std::int64_t frame_id, std::string_view feed, Ns recv_ns)
        : writer_(writer), frame_id_(frame_id), feed_(feed), recv_ns_(recv_ns) {}
    void add_row(const Row& row) override {
      if (result) result = writer_.add_row({0, frame_id_, std::nullopt, feed_, recv_ns_, row});
    }
    void set_cursor(std::string_view stream, std::string_view value) override {
      if (!result) return;
      result = writer_.put_cursor(
          {std::string(feed_), std::string(stream), std::string(value), recv_ns_});
    }
    Result<void> result;

   private:
    TapeWriter& writer_;
    std::int64_t frame_id_;
    std::string_view feed_;
    Ns recv_ns_;
  };

  Result<std::int64_t> connection_of(const Source& source, std::string_view endpoint) {
    const auto id = static_cast<std::int64_t>(connections_.size() + 1);
    const auto [found, is_new] = connections_.try_emplace(
        std::string(source.feed->name()) + "/" + std::string(endpoint), id);
    if (!is_new) return found->second;
    ConnectionInfo connection;
    connection.id = id;
    connection.feed = source.feed->name();
    connection.endpoint = endpoint;
    connection.url = "wss://host/" + connection.endpoint;
    connection.opened_ns = now_ns_;
    if (auto put = writer_.put_connection(connection); !put) return put.error();
    return id;
  }

  Result<void> add_frame(Source& source, std::string_view endpoint, Direction direction,
                         Opcode opcode, std::string_view payload) {
    const auto connection = connection_of(source, endpoint);
    if (!connection) return connection.error();
    const FrameRecord frame{++frames_, *connection, now_ns_, direction, opcode, payload};
    if (auto added = writer_.add_frame(frame); !added) return added;
    if (!with_rows_ || direction != Direction::in || !is_data(opcode)) return {};
    const bool is_text = opcode == Opcode::text;
    if (is_text) doc_.parse(payload);
    Rows rows(writer_, frame.id, source.feed->name(), now_ns_);
    source.normalizer->normalize({endpoint, 0, now_ns_, opcode, payload, is_text ? &doc_ : nullptr},
                                 rows);
    return rows.result;
  }

  TapeWriter& writer_;
  Ns now_ns_;
  bool with_rows_;
  std::vector<Source> feeds_;
  std::map<std::string, std::int64_t> connections_;
  std::int64_t next_ = 0;
  std::int64_t frames_ = 0;
  JsonDoc doc_;
};

}  // namespace tapedeck::testing
