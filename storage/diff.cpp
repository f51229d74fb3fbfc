#include "storage/diff.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "schema/feeds/fold.h"
#include "schema/feeds/registry.h"
#include "schema/normalize.h"

namespace tapedeck {
namespace {

struct Hash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Hash& a, const Hash& b) {
    return a.high == b.high && a.low == b.low;
  }
};
struct HashOfHash {
  std::size_t operator()(const Hash& hash) const { return hash.low; }
};

constexpr std::uint64_t kHighSeed = 0x7461706564656b31ULL;
constexpr std::uint64_t kLowSeed = 0x7461706564656b32ULL;

// Two independent runs of the 64-bit hash.
class Hasher {
 public:
  Hasher& add(std::string_view bytes) {
    hash_ = {hash_text(bytes, hash_.high), hash_text(bytes, hash_.low)};
    return *this;
  }
  Hasher& add(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    hash_ = {hash_combine(hash_.high, bits), hash_combine(hash_.low, bits)};
    return *this;
  }
  Hasher& add(const Value& value) {
    add(static_cast<std::int64_t>(value.type));
    return value.type == Value::Type::text ? add(value.text) : add(value.integer);
  }
  const Hash& get() const { return hash_; }

 private:
  Hash hash_{kHighSeed, kLowSeed};
};

// Numbers the occurrences of equal payloads. What redundant connections deliver twice is one: as
// many count as the connection with the most has delivered.
class Occurrences {
 public:
  // The number of this occurrence, from 1; 0: a copy of one that was counted.
  std::uint32_t number(const Hash& hash, int slot, bool is_redundant) {
    std::uint32_t& counted = counted_[hash];
    if (!is_redundant) return ++counted;
    const std::uint32_t of_slot = ++by_slot_[Hasher()
                                                 .add(static_cast<std::int64_t>(hash.high))
                                                 .add(static_cast<std::int64_t>(hash.low))
                                                 .add(std::int64_t{slot})
                                                 .get()];
    if (of_slot <= counted) return 0;
    return ++counted;
  }
  std::uint32_t count(const Hash& hash) const {
    const auto found = counted_.find(hash);
    return found == counted_.end() ? 0 : found->second;
  }

 private:
  std::unordered_map<Hash, std::uint32_t, HashOfHash> counted_;
  std::unordered_map<Hash, std::uint32_t, HashOfHash> by_slot_;
};

// One tape's data frames, as a replay would serve them.
class DataFrames {
 public:
  using Endpoint = std::pair<std::string, std::string>;  // feed, endpoint

  explicit DataFrames(TapeReader& tape) : tape_(tape) {}

  Result<void> open() {
    auto connections = tape_.connections();
    if (!connections) return connections.error();
    for (ConnectionInfo& connection : *connections) {
      auto& decoder = decoders_[connection.feed];
      const Feed* feed = find_feed(connection.feed);
      if (decoder == nullptr && feed != nullptr) decoder = feed->make_normalizer(1);
      Source& source = sources_[connection.id];
      source.endpoint = {connection.feed, connection.endpoint};
      source.slot = connection.slot;
      source.decoder = decoder.get();
      is_redundant_[source.endpoint] |= connection.slot > 0;
    }
    return {};
  }

  // Calls `take(endpoint, number, hash, recv_ns)` with each data frame in order, but for copies.
  template <class Take>
  Result<void> each(Occurrences& occurrences, Take take) {
    auto cursor = tape_.frames(kFirstId);
    if (!cursor) return cursor.error();
    FrameRecord frame;
    while (true) {
      const auto more = (*cursor)->next(frame);
      if (!more) return more.error();
      if (!*more) return {};
      if (frame.direction != Direction::in || !is_data(frame.opcode)) continue;
      const auto source = sources_.find(frame.connection_id);
      if (source == sources_.end()) {
        return Error{tape_.path() + ": frame " + std::to_string(frame.id) +
                     " belongs to no connection; run `tapedeck verify` on it"};
      }
      if (!is_served(frame, source->second)) continue;
      const Endpoint& endpoint = source->second.endpoint;
      const Hash hash = Hasher()
                            .add(endpoint.first)
                            .add(endpoint.second)
                            .add(static_cast<std::int64_t>(frame.opcode))
                            .add(frame.payload)
                            .get();
      const auto number = occurrences.number(hash, source->second.slot, is_redundant_.at(endpoint));
      if (number > 0) take(endpoint, number, hash, frame.recv_ns);
    }
  }

 private:
  struct Source {
    Endpoint endpoint;
    int slot = 0;
    Normalizer* decoder = nullptr;  // nullptr: a feed that is not known, all of it is data
  };

  bool is_served(const FrameRecord& frame, const Source& source) {
    if (source.decoder == nullptr) return true;
    const bool is_text = frame.opcode == Opcode::text;
    if (is_text) doc_.parse(frame.payload);
    const InFrame in{source.endpoint.second, source.slot,   frame.recv_ns,
                     frame.opcode,           frame.payload, is_text ? &doc_ : nullptr};
    return source.decoder->classify(in).role == FrameRole::data;
  }

  TapeReader& tape_;
  std::map<std::string, std::unique_ptr<Normalizer>> decoders_;
  std::unordered_map<std::int64_t, Source> sources_;
  std::map<Endpoint, bool> is_redundant_;
  JsonDoc doc_;
};

// Gathers one side's missing frames into spans.
class Spans {
 public:
  explicit Spans(std::size_t max) : max_(max) {}

  void add(bool is_missing, Ns recv_ns, std::int64_t& only, std::vector<MissingSpan>& spans) {
    if (!is_missing) {
      is_open_ = false;
      return;
    }
    ++only;
    if (!is_open_ && spans.size() == max_) return;
    if (!is_open_) spans.push_back({recv_ns, recv_ns, 0});
    is_open_ = true;
    spans.back().to_ns = recv_ns;
    ++spans.back().count;
  }

 private:
  std::size_t max_;
  bool is_open_ = false;
};

Result<std::vector<FrameDiff>> diff_frames(TapeReader& a, TapeReader& b, std::size_t spans_max) {
  DataFrames frames_a(a);
  DataFrames frames_b(b);
  if (auto opened = frames_a.open(); !opened) return opened.error();
  if (auto opened = frames_b.open(); !opened) return opened.error();
  using Endpoint = DataFrames::Endpoint;
  std::map<Endpoint, FrameDiff> all;
  std::map<Endpoint, Spans> open_a;
  std::map<Endpoint, Spans> open_b;

  auto on_a = std::make_unique<Occurrences>();
  auto walked = frames_a.each(*on_a, [&](const Endpoint& endpoint, std::uint32_t, const Hash&, Ns) {
    ++all[endpoint].counts.a;
  });
  if (!walked) return walked.error();
  Occurrences on_b;
  walked = frames_b.each(on_b, [&](const Endpoint& endpoint, std::uint32_t number, const Hash& hash,
                                   Ns recv_ns) {
    FrameDiff& diff = all[endpoint];
    ++diff.counts.b;
    open_b.try_emplace(endpoint, spans_max)
        .first->second.add(number > on_a->count(hash), recv_ns, diff.counts.only_b, diff.spans_b);
  });
  if (!walked) return walked.error();
  // Which of A's are missing on B is known only now.
  on_a = std::make_unique<Occurrences>();
  walked = frames_a.each(*on_a, [&](const Endpoint& endpoint, std::uint32_t number,
                                    const Hash& hash, Ns recv_ns) {
    FrameDiff& diff = all[endpoint];
    open_a.try_emplace(endpoint, spans_max)
        .first->second.add(number > on_b.count(hash), recv_ns, diff.counts.only_a, diff.spans_a);
  });
  if (!walked) return walked.error();

  std::vector<FrameDiff> diffs;
  for (auto& [endpoint, diff] : all) {
    std::tie(diff.feed, diff.endpoint) = endpoint;
    diffs.push_back(std::move(diff));
  }
  return diffs;
}

// Of one table: how many more of each row A has than B.
class RowBalance {
 public:
  Result<void> add(TapeReader& tape, TableId table, bool is_a) {
    auto cursor = tape.rows(table);
    if (!cursor) return cursor.error();
    TapeRow row;
    while (true) {
      const auto more = (*cursor)->next(row);
      if (!more) return more.error();
      if (!*more) return {};
      Hasher hasher;
      hasher.add(row.feed).add(Value(row.event_ns));
      for (const Value& value : row.values) hasher.add(value);
      auto feed = feeds_.find(row.feed);
      if (feed == feeds_.end()) feed = feeds_.try_emplace(std::string(row.feed)).first;
      ++(is_a ? feed->second.a : feed->second.b);
      Balance& balance = balances_[hasher.get()];
      balance.feed = &feed->second;
      balance.more_on_a += is_a ? 1 : -1;
    }
  }

  void take(std::string_view table, std::vector<RowDiff>& rows) {
    for (const auto& [hash, balance] : balances_) {
      balance.feed->only_a += std::max<std::int64_t>(0, balance.more_on_a);
      balance.feed->only_b += std::max<std::int64_t>(0, -balance.more_on_a);
    }
    for (const auto& [feed, counts] : feeds_) rows.push_back({std::string(table), feed, counts});
  }

 private:
  struct Balance {
    SideCounts* feed = nullptr;
    std::int64_t more_on_a = 0;
  };

  std::map<std::string, SideCounts, std::less<>> feeds_;
  std::unordered_map<Hash, Balance, HashOfHash> balances_;
};

Result<std::vector<RowDiff>> diff_rows(TapeReader& a, TapeReader& b) {
  std::vector<RowDiff> rows;
  for (const Table& table : all_tables()) {
    RowBalance balance;
    if (auto added = balance.add(a, table.id, true); !added) return added.error();
    if (auto added = balance.add(b, table.id, false); !added) return added.error();
    balance.take(table.name, rows);
  }
  return rows;
}

Result<std::vector<GapDiff>> diff_gaps(TapeReader& a, TapeReader& b) {
  const auto of_a = a.gaps();
  if (!of_a) return of_a.error();
  const auto of_b = b.gaps();
  if (!of_b) return of_b.error();
  std::map<std::tuple<std::string, std::string, GapCause, GapStatus>, SideCounts> all;
  for (const Gap& gap : *of_a) ++all[{gap.feed, gap.stream, gap.cause, gap.status}].a;
  for (const Gap& gap : *of_b) ++all[{gap.feed, gap.stream, gap.cause, gap.status}].b;
  std::vector<GapDiff> gaps;
  for (auto& [key, counts] : all) {
    counts.only_a = std::max<std::int64_t>(0, counts.a - counts.b);
    counts.only_b = std::max<std::int64_t>(0, counts.b - counts.a);
    const auto& [feed, stream, cause, status] = key;
    gaps.push_back({feed, stream, cause, status, counts});
  }
  return gaps;
}

}  // namespace

bool TapeDiff::equal() const {
  const auto is_equal = [](const auto& diff) { return diff.counts.equal(); };
  return std::all_of(frames.begin(), frames.end(), is_equal) &&
         std::all_of(rows.begin(), rows.end(), is_equal) &&
         std::all_of(gaps.begin(), gaps.end(), is_equal);
}

Result<TapeDiff> diff_tapes(TapeReader& a, TapeReader& b, std::size_t spans_max) {
  for (TapeReader* tape : {&a, &b}) {
    if (auto pinned = tape->pin(); !pinned) return pinned.error();
  }
  auto frames = diff_frames(a, b, spans_max);
  if (!frames) return frames.error();
  auto rows = diff_rows(a, b);
  if (!rows) return rows.error();
  auto gaps = diff_gaps(a, b);
  if (!gaps) return gaps.error();
  return TapeDiff{std::move(*frames), std::move(*rows), std::move(*gaps)};
}

}  // namespace tapedeck
