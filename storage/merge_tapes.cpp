#include "storage/merge_tapes.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "schema/base/text.h"
#include "storage/merge_config.h"

namespace tapedeck {
namespace {

// As many as a configuration may ask for (recorder/config.cpp).
constexpr int kConnectionsMax = 16;

template <class T>
Result<void> read_into(T& into, Result<T> read) {
  if (!read) return read.error();
  into = std::move(*read);
  return {};
}

Result<void> read_records(MergeTape& tape) {
  TapeReader& reader = *tape.reader;
  auto read = read_into(tape.session, reader.session());
  if (read) read = read_into(tape.frames, reader.frame_count());
  if (read) read = read_into(tape.connections, reader.connections());
  if (read) read = read_into(tape.gaps, reader.gaps());
  if (read) read = read_into(tape.streams, reader.streams());
  if (read) read = read_into(tape.cursors, reader.cursors());
  return read;
}

}  // namespace

Result<MergeTapes> MergeTapes::load(std::vector<std::unique_ptr<TapeReader>> readers,
                                    const SessionDecoders& decoders) {
  MergeTapes merge;
  for (auto& reader : readers) {
    if (auto added = merge.add(std::move(reader), decoders); !added) return added.error();
  }
  std::stable_sort(merge.tapes_.begin(), merge.tapes_.end(),
                   [](const MergeTape& a, const MergeTape& b) {
                     return a.session.started_ns < b.session.started_ns;
                   });
  merge.leave_out_copies();
  merge.find_recorders();
  if (auto given = merge.give_slots(); !given) return given.error();
  return merge;
}

Result<void> MergeTapes::add(std::unique_ptr<TapeReader> reader, const SessionDecoders& decoders) {
  MergeTape tape;
  tape.reader = std::move(reader);
  const std::string& path = tape.reader->path();
  if (tape.reader->is_being_written()) {
    return Error{path +
                 ": is being recorded: stop its recorder, or wait for its end, and merge "
                 "then"};
  }
  if (auto read = read_records(tape); !read) return read.error();
  tape.name = std::filesystem::path(path).filename().string();
  const auto last = tape.reader->last_frame_ns();
  if (!last) return last.error();
  tape.end_ns = std::max(tape.session.started_ns,
                         tape.session.ended_ns.value_or(last->value_or(tape.session.started_ns)));
  for (Gap& gap : tape.gaps) {
    gap.to_ns = std::max(gap.from_ns, gap.to_ns.value_or(tape.end_ns));
  }
  if (tape.streams.empty()) {
    auto heard =
        hear_streams(*tape.reader, tape.connections, decoders(tape.session, tape.connections));
    if (!heard) return heard.error();
    tape.heard = std::move(*heard);
    tape.streams = streams_of(*tape.heard, tape.connections, tape.gaps, tape.cursors);
  }
  tapes_.push_back(std::move(tape));
  return {};
}

void MergeTapes::leave_out_copies() {
  std::vector<std::set<std::string>> recordings;
  for (const MergeTape& tape : tapes_) {
    const auto all = recordings_of(tape.session);
    recordings.emplace_back(all.begin(), all.end());
  }
  // A copy that was taken while it was recorded has fewer frames and perhaps no end.
  const auto is_one_session = [](const SessionInfo& a, const SessionInfo& b) {
    return a.name == b.name && a.host == b.host && a.started_ns == b.started_ns &&
           a.config == b.config;
  };
  // One that lost what the other did not is another recording, whatever it is called. (What a merge
  // has closed may be cut.)
  const auto knows_gaps = [&](std::size_t other, std::size_t i, bool is_cut) {
    const auto is_known = [&](const Gap& gap) {
      return std::any_of(tapes_[other].gaps.begin(), tapes_[other].gaps.end(), [&](const Gap& one) {
        if (one.feed != gap.feed || one.stream != gap.stream) return false;
        return is_cut ? one.from_ns <= *gap.to_ns && gap.from_ns <= *one.to_ns
                      : one.from_ns <= gap.from_ns && *gap.to_ns <= *one.to_ns;
      });
    };
    return std::all_of(tapes_[i].gaps.begin(), tapes_[i].gaps.end(), is_known);
  };
  const auto is_in = [&](std::size_t i, std::size_t other) {
    const bool is_less = tapes_[i].frames < tapes_[other].frames ||
                         (tapes_[i].frames == tapes_[other].frames && i > other);
    if (recordings[i] == recordings[other] ||
        is_one_session(tapes_[i].session, tapes_[other].session)) {
      return is_less && knows_gaps(other, i, false);
    }
    return recordings[other].size() > recordings[i].size() &&
           std::includes(recordings[other].begin(), recordings[other].end(), recordings[i].begin(),
                         recordings[i].end()) &&
           knows_gaps(other, i, true);
  };
  std::vector<MergeTape> kept;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < tapes_.size(); ++i) {
    MergeReport::Tape listed{tapes_[i].reader->path(), tapes_[i].frames, ""};
    for (std::size_t other = 0; other < tapes_.size() && listed.same_as.empty(); ++other) {
      if (other != i && is_in(i, other)) listed.same_as = tapes_[other].reader->path();
    }
    if (listed.same_as.empty()) left.push_back(i);
    listed_.push_back(std::move(listed));
  }
  for (const std::size_t i : left) kept.push_back(std::move(tapes_[i]));
  tapes_ = std::move(kept);
}

// Files are named in their directory; elsewhere the same name may be another recorder's.
void MergeTapes::find_recorders() {
  const auto directory_of = [](const MergeTape& tape) {
    return std::filesystem::path(tape.reader->path()).parent_path();
  };
  const auto follows = [&](const MergeTape& tape, const MergeTape& other) {
    return tape.session.follows == other.name && tape.session.name == other.session.name &&
           tape.session.host == other.session.host && directory_of(tape) == directory_of(other);
  };
  for (std::size_t i = 0; i < tapes_.size(); ++i) tapes_[i].recorder = i;
  for (const MergeTape& tape : tapes_) {
    for (const MergeTape& other : tapes_) {
      if (!follows(tape, other)) continue;
      const std::size_t from = tape.recorder;
      const std::size_t to = other.recorder;
      for (MergeTape& one : tapes_) {
        if (one.recorder == from) one.recorder = to;
      }
    }
  }
}

// Tapes that follow one another share their slots: what one recorder heard at two times are two
// events, also where its clock was put back meanwhile. Those that ran side by side get slots of
// their own, as redundant connections have.
Result<void> MergeTapes::give_slots() {
  struct Lane {
    Ns end_ns = 0;
    std::map<std::string, int> slots;
    std::vector<std::size_t> tapes;
  };
  std::vector<Lane> lanes;
  for (std::size_t i = 0; i < tapes_.size(); ++i) {
    const MergeTape& tape = tapes_[i];
    auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& one) {
      return tapes_[one.tapes.front()].recorder == tape.recorder;
    });
    if (lane == lanes.end()) {
      lane = std::find_if(lanes.begin(), lanes.end(),
                          [&](const Lane& one) { return one.end_ns < tape.session.started_ns; });
    }
    if (lane == lanes.end()) lane = lanes.insert(lanes.end(), Lane());
    lane->end_ns = std::max(lane->end_ns, tape.end_ns);
    lane->tapes.push_back(i);
    for (const ConnectionInfo& one : tape.connections) {
      int& slots = lane->slots[one.feed];
      slots = std::max(slots, one.slot + 1);
    }
  }
  for (const Lane& lane : lanes) {
    for (const std::size_t i : lane.tapes) tapes_[i].slots_from = connections_;
    for (const auto& [feed, slots] : lane.slots) connections_[feed] += slots;
  }
  for (const auto& [feed, slots] : connections_) {
    if (slots <= kConnectionsMax) continue;
    return Error{"feed " + feed + ": the tapes have " + std::to_string(slots) +
                 " connections side by side, and a tape at most " +
                 std::to_string(kConnectionsMax) +
                 ": merge fewer of those that were recorded at the same time"};
  }
  return {};
}

SessionInfo MergeTapes::session(const std::string& recorder_version) const {
  SessionInfo session;
  std::vector<MergedSession> parts;
  std::vector<std::string> hosts;
  for (const MergeTape& tape : tapes_) {
    parts.push_back({tape.name, tape.session});
    const std::string& host = tape.session.host;
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
  }
  session.name = tapes_.front().session.name;
  session.started_ns = tapes_.front().session.started_ns;
  session.recorder_version = recorder_version;
  session.host = join(hosts, ", ");
  session.config = merged_config(parts, connections_);
  return session;
}

Ns MergeTapes::end_ns() const {
  Ns end_ns = 0;
  for (const MergeTape& tape : tapes_) end_ns = std::max(end_ns, tape.end_ns);
  return end_ns;
}

std::vector<ConnectionInfo> MergeTapes::connections(Ids& ids) const {
  // In order of time, each tape's in its own.
  struct Placed {
    Ns at_ns = 0;
    std::size_t tape = 0;
    const ConnectionInfo* connection = nullptr;
  };
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < tapes_.size(); ++i) {
    Ns at_ns = tapes_[i].session.started_ns;
    for (const ConnectionInfo& one : tapes_[i].connections) {
      at_ns = std::max(at_ns, one.opened_ns.value_or(one.closed_ns.value_or(at_ns)));
      placed.push_back({at_ns, i, &one});
    }
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.at_ns < b.at_ns; });
  std::vector<ConnectionInfo> all;
  for (const Placed& one : placed) {
    ConnectionInfo connection = *one.connection;
    connection.id = static_cast<std::int64_t>(all.size()) + 1;
    const auto from = tapes_[one.tape].slots_from.find(connection.feed);
    if (from != tapes_[one.tape].slots_from.end()) connection.slot += from->second;
    ids[{one.tape, one.connection->id}] = connection.id;
    all.push_back(std::move(connection));
  }
  return all;
}

std::map<StreamName, StreamInfo> MergeTapes::streams() const {
  std::map<StreamName, StreamInfo> all;
  for (const MergeTape& tape : tapes_) {
    for (const StreamInfo& stream : tape.streams) {
      StreamInfo& known = all.try_emplace({stream.feed, stream.stream}, stream).first->second;
      if (!stream.first_ready_ns) continue;
      known.first_ready_ns =
          std::min(known.first_ready_ns.value_or(*stream.first_ready_ns), *stream.first_ready_ns);
    }
  }
  return all;
}

std::map<StreamName, CursorRecord> MergeTapes::cursors() const {
  std::map<StreamName, CursorRecord> all;
  for (const MergeTape& tape : tapes_) {
    for (const CursorRecord& cursor : tape.cursors) {
      CursorRecord& known = all.try_emplace({cursor.feed, cursor.stream}, cursor).first->second;
      if (known.recv_ns < cursor.recv_ns) known = cursor;
    }
  }
  return all;
}

// ---- the ledger ----

Result<std::map<StreamName, Ns>> MergeTapes::last_received(MergeTape& tape) {
  // The last one of each slot that was ever ready: the earlier ones' ends are in the ledger.
  std::map<std::pair<StreamName, int>, std::int64_t> lasts;
  for (const ConnectionInfo& one : tape.connections) {
    if (one.ready_ns) lasts[{{one.feed, one.endpoint}, one.slot}] = one.id;
  }
  std::set<std::int64_t> ids;
  for (const auto& [place, id] : lasts) ids.insert(id);
  const auto received = tape.reader->last_received(ids);
  if (!received) return received.error();
  std::map<StreamName, Ns> ends;
  for (const auto& [place, id] : lasts) {
    const auto found = received->find(id);
    if (found == received->end()) continue;
    Ns& end = ends.try_emplace(place.first, found->second).first->second;
    end = std::max(end, found->second);
  }
  return ends;
}

// A stream is received from when it was first ready until its endpoint's last frame: what came
// after that, up to the session's end, nobody can vouch for.
Result<void> MergeTapes::account(std::size_t index,
                                 std::map<StreamName, std::vector<StreamAccount>>& accounts) {
  MergeTape& tape = tapes_[index];
  const auto ends = last_received(tape);
  if (!ends) return ends.error();
  std::map<StreamName, StreamAccount> own;
  std::map<StreamName, Spans> lost;
  std::map<StreamName, Spans> sure;
  if (tape.heard) sure = tape.heard->spans;
  for (const StreamInfo& stream : tape.streams) {
    StreamAccount& account = own[{stream.feed, stream.stream}];
    const auto end = ends->find({stream.feed, stream.endpoint});
    if (!stream.first_ready_ns || end == ends->end() || end->second <= *stream.first_ready_ns) {
      continue;
    }
    account.received.push_back({*stream.first_ready_ns, end->second});
  }
  for (const Gap& gap : tape.gaps) {
    const StreamName name{gap.feed, gap.stream};
    StreamAccount& account = own[name];
    const bool is_filled = gap.status == GapStatus::filled;
    Spans& spans = is_filled ? account.received : lost[name];
    spans.push_back({gap.from_ns, *gap.to_ns});
    if (is_filled) sure[name].push_back({gap.from_ns, *gap.to_ns});
    account.gaps.push_back(gap);
  }
  for (auto& [name, account] : own) {
    account.tape = index;
    const Spans missing = united(lost[name]);
    account.received = without(united(std::move(account.received)), missing);
    if (tape.heard) account.sure = common(account.received, united(std::move(sure[name])));
    accounts[name].push_back(std::move(account));
  }
  return {};
}

std::string MergeTapes::difference(const MergeTape& a, const MergeTape& b,
                                   const std::string& feed) {
  const auto keys = differing_keys(a.session.config, b.session.config, feed);
  if (!keys.empty()) return "they asked for different things (" + join(keys, ", ") + ")";
  const auto has_feed = [&](const MergeTape& tape) {
    return std::any_of(tape.connections.begin(), tape.connections.end(),
                       [&](const ConnectionInfo& one) { return one.feed == feed; });
  };
  if (!has_feed(a) || !has_feed(b)) return "";
  const bool a_says = says_what_it_asked(a.session.config, feed);
  if (a_says != says_what_it_asked(b.session.config, feed)) {
    return "session.config of " + (a_says ? b : a).name + " does not say what it asked for";
  }
  // Then their addresses and first messages have to tell.
  const bool is_told = a_says || !a.heard || !b.heard || a.heard->asked_as(*b.heard, feed);
  return is_told ? "" : "they asked for different things";
}

std::map<std::string, std::vector<std::pair<std::size_t, std::size_t>>> MergeTapes::strangers() {
  std::map<std::string, std::vector<std::pair<std::size_t, std::size_t>>> found;
  for (std::size_t a = 0; a < tapes_.size(); ++a) {
    for (std::size_t b = a + 1; b < tapes_.size(); ++b) {
      const bool is_one_time = tapes_[b].session.started_ns < tapes_[a].end_ns;
      if (!is_one_time || tapes_[a].recorder != tapes_[b].recorder) continue;
      for (const auto& [feed, slots] : connections_) found[feed].push_back({a, b});
      notes_.push_back(tapes_[a].name + " and " + tapes_[b].name +
                       " do not close each other's gaps: they are one recorder's, whose clock was "
                       "put back between them");
    }
  }
  for (const auto& [feed, slots] : connections_) {
    for (std::size_t a = 0; a < tapes_.size(); ++a) {
      for (std::size_t b = a + 1; b < tapes_.size(); ++b) {
        const std::string why = difference(tapes_[a], tapes_[b], feed);
        if (why.empty()) continue;
        found[feed].push_back({a, b});
        notes_.push_back(tapes_[a].name + " and " + tapes_[b].name +
                         " do not close each other's gaps of " + feed + ": " + why);
      }
    }
  }
  return found;
}

Result<std::map<StreamName, std::vector<MergedGap>>> MergeTapes::gaps(Ns skew_ns) {
  std::map<StreamName, std::vector<StreamAccount>> accounts;
  for (std::size_t i = 0; i < tapes_.size(); ++i) {
    if (auto told = account(i, accounts); !told) return told.error();
  }
  auto apart = strangers();
  std::map<StreamName, std::vector<MergedGap>> ledger;
  for (const auto& [name, told] : accounts) {
    const auto& pairs = apart[name.first];
    LedgerRules rules;
    rules.skew_ns = skew_ns;
    rules.vouches = [&](std::size_t tape, std::size_t peer) {
      return std::find(pairs.begin(), pairs.end(),
                       std::pair(std::min(tape, peer), std::max(tape, peer))) == pairs.end();
    };
    rules.name_of = [&](std::size_t tape) { return tapes_[tape].name; };
    std::vector<MergedGap>& merged = ledger[name];
    merged = merge_gaps(told, rules);
    for (MergedGap& gap : merged) {
      gap.gap.feed = name.first;
      gap.gap.stream = name.second;
    }
  }
  return ledger;
}

}  // namespace tapedeck
