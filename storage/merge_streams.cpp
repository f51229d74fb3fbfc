#include "storage/merge_streams.h"

#include <algorithm>
#include <optional>

namespace tapedeck {
namespace {

// The address' path and parameters in one order; a secret tells nothing.
std::string asked_by(const ConnectionInfo& connection) {
  const std::string_view url = connection.url;
  const std::size_t query = std::min(url.size(), url.find('?'));
  std::set<std::string> parameters;
  for (std::size_t at = query; at < url.size();) {
    const std::size_t end = std::min(url.size(), url.find('&', at + 1));
    const std::string_view parameter = url.substr(at + 1, end - at - 1);
    const bool says_nothing = parameter.ends_with("=***") || parameter.ends_with("=");
    if (!says_nothing) parameters.emplace(parameter);
    at = end;
  }
  std::string asked = connection.endpoint;
  for (const std::string& parameter : parameters) asked += "&" + parameter;
  return asked;
}

class Hearing {
 public:
  Hearing(const std::vector<ConnectionInfo>& connections, const DecoderSource& decoders)
      : decoders_(decoders) {
    for (const ConnectionInfo& one : connections) {
      if (!one.ready_ns) continue;
      heard_.asked[one.feed].insert(asked_by(one));
      listening_[one.id].connection = &one;
    }
  }

  void take(const FrameRecord& frame) {
    const auto found = listening_.find(frame.connection_id);
    if (found == listening_.end()) return;
    Listening& one = found->second;
    if (frame.direction == Direction::in) {
      one.last_ns = std::max(one.last_ns.value_or(frame.recv_ns), frame.recv_ns);
      if (is_data(frame.opcode)) classify(frame, one);
    } else if (frame.opcode == Opcode::text && !one.has_data) {
      heard_.asked[one.connection->feed].emplace(frame.payload);
    }
  }

  HeardStreams finish() {
    for (const auto& [id, one] : listening_) {
      const ConnectionInfo& connection = *one.connection;
      if (!one.last_ns) continue;
      if (!has_names_.contains({connection.feed, connection.endpoint})) {
        add(connection, connection.endpoint, *connection.ready_ns, *one.last_ns);
      }
      for (const auto& [stream, from_ns] : one.from_ns) {
        add(connection, stream, from_ns, *one.last_ns);
      }
    }
    for (auto& [name, spans] : heard_.spans) spans = united(std::move(spans));
    return std::move(heard_);
  }

 private:
  struct Listening {
    const ConnectionInfo* connection = nullptr;
    std::optional<Ns> last_ns;
    bool has_data = false;
    std::map<std::string, Ns, std::less<>> from_ns;  // by stream
  };

  void classify(const FrameRecord& frame, Listening& one) {
    const ConnectionInfo& connection = *one.connection;
    const auto [entry, is_new] = by_feed_.try_emplace(connection.feed);
    if (is_new) entry->second = decoders_(connection.feed);
    if (entry->second == nullptr) return;
    doc_.parse(frame.opcode == Opcode::text ? frame.payload : std::string_view());
    const FrameTag tag =
        entry->second->classify({connection.endpoint, connection.slot, frame.recv_ns, frame.opcode,
                                 frame.payload, frame.opcode == Opcode::text ? &doc_ : nullptr});
    one.has_data = one.has_data || tag.role == FrameRole::data;
    const bool tells = tag.role == FrameRole::data || tag.role == FrameRole::ack;
    if (!tells || tag.stream.empty() || one.from_ns.contains(tag.stream)) return;
    one.from_ns.emplace(tag.stream, std::max(frame.recv_ns, *connection.ready_ns));
    has_names_.insert({connection.feed, connection.endpoint});
  }

  void add(const ConnectionInfo& connection, const std::string& stream, Ns from_ns, Ns to_ns) {
    const StreamName name{connection.feed, stream};
    if (from_ns > to_ns) return;
    heard_.endpoints.emplace(name, connection.endpoint);
    heard_.spans[name].push_back({from_ns, to_ns});
  }

  const DecoderSource& decoders_;
  HeardStreams heard_;
  std::map<std::string, std::unique_ptr<Normalizer>> by_feed_;
  std::map<std::int64_t, Listening> listening_;  // by connection
  std::set<StreamName> has_names_;               // feed, endpoint
  JsonDoc doc_;
};

}  // namespace

bool HeardStreams::asked_as(const HeardStreams& other, const std::string& feed) const {
  const auto own = asked.find(feed);
  const auto others = other.asked.find(feed);
  return own != asked.end() && others != other.asked.end() && own->second == others->second;
}

std::vector<StreamInfo> streams_of(const HeardStreams& heard,
                                   const std::vector<ConnectionInfo>& connections,
                                   const std::vector<Gap>& gaps,
                                   const std::vector<CursorRecord>& cursors) {
  std::map<StreamName, StreamInfo> streams;
  for (const auto& [name, spans] : heard.spans) {
    streams[name] = {name.first, name.second, heard.endpoints.at(name), spans.front().from_ns};
  }
  const auto add_known = [&](const std::string& feed, const std::string& name) {
    const auto [entry, is_new] =
        streams.try_emplace({feed, name}, StreamInfo{feed, name, "", std::nullopt});
    if (!is_new) return;
    StreamInfo& stream = entry->second;
    for (const ConnectionInfo& one : connections) {
      if (one.feed != feed || !one.ready_ns) continue;
      if (stream.first_ready_ns && *stream.first_ready_ns <= *one.ready_ns) continue;
      stream.endpoint = one.endpoint;
      stream.first_ready_ns = one.ready_ns;
    }
  };
  for (const Gap& gap : gaps) add_known(gap.feed, gap.stream);
  for (const CursorRecord& cursor : cursors) add_known(cursor.feed, cursor.stream);
  std::vector<StreamInfo> all;
  for (const auto& [name, stream] : streams) all.push_back(stream);
  return all;
}

Result<HeardStreams> hear_streams(TapeReader& tape, const std::vector<ConnectionInfo>& connections,
                                  const DecoderSource& decoders) {
  Hearing hearing(connections, decoders);
  auto cursor = tape.frames(kFirstId);
  if (!cursor) return cursor.error();
  FrameRecord frame;
  for (;;) {
    const auto more = (*cursor)->next(frame);
    if (!more) return more.error();
    if (!*more) return hearing.finish();
    hearing.take(frame);
  }
}

}  // namespace tapedeck
