#include "tools/cli/tape_summary.h"

#include <memory>
#include <unordered_map>

#include "schema/feeds/registry.h"
#include "tools/cli/stream_table.h"

namespace tapedeck::cli {
namespace {

// A peer chooses its message types and error texts: past so many different ones they share an
// entry.
constexpr std::size_t kKindsMax = 10'000;
constexpr const char* kOthers = "(others)";

// Finds or adds `key`, unless the map is full: then `others` stands for it.
template <class Map, class Key>
typename Map::mapped_type& entry(Map& map, const Key& key, const Key& others) {
  if (map.size() >= kKindsMax && !map.contains(key)) return map[others];
  return map[key];
}

void add_connection(TapeSummary& summary, const ConnectionInfo& connection) {
  FeedSummary& feed = summary.feeds[connection.feed];
  EndpointUse& use = feed.endpoints[connection.endpoint];
  ++use.attempts;
  if (connection.ready_ns) ++use.ready;
  Ending ending;
  ending.endpoint = connection.endpoint;
  ending.outcome = "closed";
  if (connection.opened_ns) {
    ++use.opened;
    use.connected_ns += connection.closed_ns.value_or(summary.end_ns) - *connection.opened_ns;
    if (!connection.closed_ns) ending.outcome = "open";
  } else {
    ending.outcome = "never opened";
  }
  ending.by = connection.closed_by;
  ending.code = connection.close_code;
  ending.reason = connection.close_reason.value_or("");
  ending.error = connection.error.value_or("");
  Ending others;
  others.endpoint = connection.endpoint;
  others.outcome = kOthers;
  ++entry(feed.endings, ending, others);
}

// Counts inbound messages as their feeds' normalizers tell them apart.
class MessageCounter {
 public:
  explicit MessageCounter(TapeSummary& summary) : summary_(summary) {}

  void add_connection(const ConnectionInfo& connection) {
    auto& normalizer = normalizers_[connection.feed];
    const Feed* feed = find_feed(connection.feed);
    if (normalizer == nullptr && feed != nullptr) normalizer = feed->make_normalizer(1);
    connections_[connection.id] = connection;
  }

  void count(const FrameRecord& frame) {
    const auto found = connections_.find(frame.connection_id);
    if (found == connections_.end()) return;  // connected after this summary began
    const ConnectionInfo& connection = found->second;
    MessageKind kind;
    kind.endpoint = connection.endpoint;
    if (const auto& normalizer = normalizers_[connection.feed]; normalizer != nullptr) {
      InFrame in;
      in.endpoint = connection.endpoint;
      in.slot = connection.slot;
      in.recv_ns = frame.recv_ns;
      in.opcode = frame.opcode;
      in.payload = frame.payload;
      in.doc = &doc_;
      doc_.parse(frame.opcode == Opcode::text ? frame.payload : std::string_view());
      const FrameTag tag = normalizer->classify(in);
      kind.role = tag.role;
      kind.stream = tag.stream;
      kind.type = tag.type;
    }
    if (kind.stream.empty()) kind.stream = connection.endpoint;
    MessageKind others;
    others.endpoint = connection.endpoint;
    others.stream = kOthers;
    MessageCount& counted = entry(summary_.feeds[connection.feed].messages, kind, others);
    ++counted.count;
    counted.bytes += static_cast<std::int64_t>(frame.payload.size());
    counted.last_ns = frame.recv_ns;
  }

 private:
  TapeSummary& summary_;
  std::unordered_map<std::int64_t, ConnectionInfo> connections_;
  std::map<std::string, std::unique_ptr<Normalizer>> normalizers_;
  JsonDoc doc_;
};

Result<void> count_messages(TapeReader& tape, MessageCounter& counter) {
  Result<std::unique_ptr<FrameCursor>> cursor = tape.frames(kFirstId);
  if (!cursor) return cursor.error();
  FrameRecord frame;
  while (true) {
    const Result<bool> more = (*cursor)->next(frame);
    if (!more) return more.error();
    if (!*more) return {};
    if (frame.direction == Direction::in && is_data(frame.opcode)) counter.count(frame);
  }
}

Result<void> count_feed_errors(TapeReader& tape, TapeSummary& summary) {
  Result<std::unique_ptr<RowCursor>> cursor = tape.rows(TableId::feed_error);
  if (!cursor) return cursor.error();
  TapeRow row;
  using Key = std::tuple<std::string, std::string>;
  while (true) {
    const Result<bool> more = (*cursor)->next(row);
    if (!more) return more.error();
    if (!*more) return {};
    auto& errors = summary.feeds[std::string(row.feed)].feed_errors;
    ++entry(errors, Key(row.values[0].text, row.values[1].text), Key(kOthers, ""));
  }
}

Result<void> add_counts(TapeReader& tape, TapeSummary& summary) {
  const Result<std::int64_t> frames = tape.frame_count();
  if (!frames) return frames.error();
  summary.frames = *frames;
  Result<std::vector<Count>> counts = tape.frame_counts();
  if (!counts) return counts.error();
  for (Count& count : *counts) summary.feeds[count.feed].frames.push_back(count);
  counts = tape.row_counts();
  if (!counts) return counts.error();
  for (Count& count : *counts) {
    summary.rows += count.count;
    summary.feeds[count.feed].rows.push_back(count);
  }
  counts = tape.unparsed_counts();
  if (!counts) return counts.error();
  for (Count& count : *counts) summary.feeds[count.feed].unparsed.push_back(count);
  return {};
}

Result<void> add_ledgers(TapeReader& tape, TapeSummary& summary) {
  const Result<std::vector<Gap>> gaps = tape.gaps();
  if (!gaps) return gaps.error();
  for (const Gap& gap : *gaps) {
    GapTotal& total = summary.feeds[gap.feed].gaps[gap.status];
    ++total.count;
    total.recovered += gap.recovered;
    total.length_ns += std::max<Ns>(0, gap.to_ns.value_or(summary.end_ns) - gap.from_ns);
  }
  const Result<std::vector<RequestInfo>> requests = tape.requests();
  if (!requests) return requests.error();
  for (const RequestInfo& request : *requests) {
    const std::string without_status = request.error.value_or("no answer");
    const RequestKind kind{request.purpose,
                           request.status ? std::to_string(*request.status) : without_status};
    ++entry(summary.feeds[request.feed].requests, kind, RequestKind{kOthers, ""});
  }
  const Result<std::vector<CursorRecord>> cursors = tape.cursors();
  if (!cursors) return cursors.error();
  for (const CursorRecord& cursor : *cursors) summary.feeds[cursor.feed].cursors.push_back(cursor);
  Result<std::vector<StreamTime>> times = stream_times_of(tape);
  if (!times) return times.error();
  for (StreamTime& time : *times) summary.feeds[time.feed].stream_times.push_back(std::move(time));
  const Result<std::vector<DriftRecord>> drifts = tape.drift();
  if (!drifts) return drifts.error();
  for (const DriftRecord& drift : *drifts) summary.feeds[drift.feed].drift.push_back(drift);
  return {};
}

}  // namespace

std::string_view to_string(FrameRole role) {
  switch (role) {
    case FrameRole::data:
      return "data";
    case FrameRole::handshake:
      return "handshake";
    case FrameRole::ack:
      return "ack";
    case FrameRole::heartbeat:
      return "heartbeat";
    case FrameRole::error:
      return "error";
  }
  return "";
}

Result<TapeSummary> summarize(TapeReader& tape) {
  TapeSummary summary;
  summary.path = tape.path();
  summary.bytes = tape.file_bytes();
  summary.recording = tape.is_being_written();
  Result<SessionInfo> session = tape.session();
  if (!session) return session.error();
  summary.session = std::move(*session);
  const Result<std::optional<Ns>> last = tape.last_frame_ns();
  if (!last) return last.error();
  summary.end_ns = summary.session.ended_ns.value_or(last->value_or(summary.session.started_ns));

  const Result<std::vector<ConnectionInfo>> connections = tape.connections();
  if (!connections) return connections.error();
  MessageCounter counter(summary);
  for (const ConnectionInfo& connection : *connections) {
    add_connection(summary, connection);
    counter.add_connection(connection);
  }
  if (Result<void> done = add_counts(tape, summary); !done) return done.error();
  if (Result<void> done = count_messages(tape, counter); !done) return done.error();
  if (Result<void> done = count_feed_errors(tape, summary); !done) return done.error();
  if (Result<void> done = add_ledgers(tape, summary); !done) return done.error();
  return summary;
}

}  // namespace tapedeck::cli
