#include "storage/verify.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "schema/ws/codec.h"
#include "storage/merge_config.h"
#include "storage/row_judge.h"
#include "storage/verify_ledger.h"

namespace tapedeck {
namespace {

constexpr std::size_t kFileDetailsMax = 100;  // that SQLite is asked for
// How far a service's clock may be from ours.
constexpr Ns kClockSlackNs = 60 * kNsPerSec;

class Verification {
 public:
  Verification(TapeReader& tape, const DecoderSource& decoders, std::size_t details_max)
      : tape_(tape), decoders_(decoders), findings_(details_max) {}

  VerifyReport run() {
    if (auto pinned = tape_.pin(); !pinned) {
      findings_.add("file", pinned.error().message);
    } else {
      check_file();
      check_session();
      check_connections();
      check_requests();
      check_ledger();
      walk();
      check_drift();
      count_unparsed();
    }
    report_.problems = findings_.take();
    return std::move(report_);
  }

 private:
  void check_file() {
    const auto said = tape_.integrity_check(kFileDetailsMax);
    if (!said) return findings_.add("file", said.error().message);
    for (const std::string& line : *said) findings_.add("file", line);
  }

  // Calls `take` with each record and gives how many there are.
  template <class Take>
  std::int64_t each_record(const std::string& table, RecordCursor& cursor, Take take) {
    std::int64_t count = 0;
    std::span<const Value> record;
    while (true) {
      const auto more = cursor.next(record);
      if (!more) findings_.add(table, more.error().message);
      if (!more || !*more) return count;
      ++count;
      take(record);
    }
  }

  void check_session() {
    auto cursor = tape_.records("session");
    if (!cursor) return findings_.add("session", cursor.error().message);
    const auto count = each_record("session", **cursor, [](std::span<const Value>) {});
    if (count != 1) {
      findings_.add("session", "has " + std::to_string(count) + " rows; a tape holds one session");
    }
    const auto session = tape_.session();
    if (!session) return findings_.add("session", session.error().message);
    outcome_ = session->outcome;
    started_ns_ = session->started_ns;
    is_merged_ = is_merged(session->config);
    if (outcome_ != "open" && outcome_ != "closed" && outcome_ != "interrupted") {
      findings_.add("session", "outcome is \"" + outcome_ + "\", which there is not");
    }
    if (session->ended_ns.has_value() == (outcome_ == "open")) {
      findings_.add("session", outcome_ == "open" ? "is open and has an end"
                                                  : "is " + outcome_ + " and has no end");
    }
    if (session->ended_ns && *session->ended_ns < started_ns_) {
      findings_.add("session", "ends before it begins");
    }
  }

  void check_connections() {
    auto connections = tape_.connections();
    if (!connections) return findings_.add("connection", connections.error().message);
    report_.connections = static_cast<std::int64_t>(connections->size());
    for (ConnectionInfo& connection : *connections) {
      const std::int64_t id = connection.id;
      decoder_of(connection.feed);
      feeds_.insert(connection.feed);
      if (connection.opened_ns && connection.closed_ns &&
          *connection.closed_ns < *connection.opened_ns) {
        findings_.add("connection",
                      "connection " + std::to_string(id) + ": is closed before it is opened");
      }
      connections_[id] = std::move(connection);
    }
  }

  // Not by requests(): their bodies need not be in memory at once.
  void check_requests() {
    auto cursor = tape_.records("request");
    if (!cursor) return findings_.add("request", cursor.error().message);
    const std::vector<std::string>& columns = (*cursor)->columns();
    const auto find = [&](const char* name) {
      return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) -
                                      columns.begin());
    };
    const std::size_t id = find("id");
    const std::size_t feed = find("feed");
    const std::size_t recv_ns = find("recv_ns");
    const std::size_t after = find("after_frame_id");
    const std::size_t gap_id = find("gap_id");
    if (std::max({id, feed, recv_ns}) == columns.size()) {
      return findings_.add("request", "lacks one of its columns id, feed and recv_ns");
    }
    has_turns_ = after < columns.size();
    has_gap_ids_ = gap_id < columns.size();
    report_.requests = each_record("request", **cursor, [&](std::span<const Value> record) {
      const Value& recv = record[recv_ns];
      RequestFacts& facts = requests_[record[id].integer];
      facts.feed = record[feed].text;
      if (recv.type == Value::Type::integer) facts.recv_ns = recv.integer;
      if (has_turns_) facts.after_frame_id = record[after].integer;
      if (has_gap_ids_ && record[gap_id].type == Value::Type::integer) {
        facts.gap_id = record[gap_id].integer;
      }
      feeds_.insert(facts.feed);
    });
    give_turns();
  }

  // Answers that were handled after the same frame follow each other in time.
  void give_turns() {
    if (!has_turns_) {
      if (report_.requests > 0) {
        report_.notes.push_back(
            "the rows of REST answers were not compared: the tape does not say when they came");
      }
      return;
    }
    for (const auto& [id, facts] : requests_) answers_.push_back(id);
    std::sort(answers_.begin(), answers_.end(), [this](std::int64_t a, std::int64_t b) {
      const RequestFacts& of_a = requests_.at(a);
      const RequestFacts& of_b = requests_.at(b);
      return std::tuple(of_a.after_frame_id, of_a.recv_ns, a) <
             std::tuple(of_b.after_frame_id, of_b.recv_ns, b);
    });
    std::int64_t number = 0;
    for (const std::int64_t id : answers_) {
      RequestFacts& facts = requests_.at(id);
      facts.turn = {facts.after_frame_id, ++number};
    }
  }

  void check_ledger() {
    auto gaps = tape_.gaps();
    if (!gaps) return findings_.add("gap", gaps.error().message);
    gaps_ = std::move(*gaps);
    // An earlier recorder's tape matters only where this one went on from it: it then has a gap
    // that began before it, or where it begins.
    for (const Gap& gap : gaps_) {
      if (gap.from_ns < started_ns_ || gap.cause == GapCause::restart) going_on_.insert(gap.feed);
    }
    report_.gaps = static_cast<std::int64_t>(gaps_.size());
    const auto has_feed = [this](const std::string& feed) {
      return feeds_.contains(feed) || decoders_(feed) != nullptr;
    };
    check_gaps(gaps_, outcome_ == "closed", has_feed, findings_);
    const auto cursors = tape_.cursors();
    if (!cursors) return findings_.add("cursor", cursors.error().message);
    check_cursors(*cursors, has_feed, findings_);
  }

  // Everything that rows come from, in the order in which the recorder handled it.
  void walk() {
    RowJudge judge(tape_, requests_, has_turns_, findings_);
    judge.open();
    auto cursor = tape_.frames(kFirstId);
    if (!cursor) return findings_.add("frame", cursor.error().message);
    FrameRecord frame;
    while (true) {
      const auto more = (*cursor)->next(frame);
      if (!more) findings_.add("frame", more.error().message);
      if (!more || !*more) break;
      judge_answers(frame.id, judge);
      judge_frame(frame, judge);
    }
    judge_answers(std::numeric_limits<std::int64_t>::max(), judge);
    judge.finish();
    report_.rows = judge.rows();
    // What a peer brought came live.
    if (!is_merged_) {
      check_recovered(gaps_, requests_, judge.requested(), has_gap_ids_, findings_);
    }
    // A wall clock that was set tells nothing of what came first.
    if (steps_back_ == 0) outside_.report(findings_);
    if (judge.known_before() > 0) {
      report_.notes.push_back("left out, as events that an earlier tape can have: " +
                              std::to_string(judge.known_before()) + " rows");
    }
    if (judge.unjudged() > 0) {
      report_.notes.push_back("not judged, as they depend on what an earlier tape has: " +
                              std::to_string(judge.unjudged()) + " rows");
    }
    if (steps_back_ > 0) {
      report_.notes.push_back("the recorder's wall clock stepped back " +
                              std::to_string(steps_back_) + " times");
    }
  }

  void judge_frame(const FrameRecord& frame, RowJudge& judge) {
    ++report_.frames;
    const std::string name = "frame " + std::to_string(frame.id);
    if (frame.id < 1) {
      findings_.add("frame", name + ": ids begin with 1");
    } else if (frame.id != last_id_ + 1) {
      findings_.add("frame", "frames " + std::to_string(last_id_ + 1) + " to " +
                                 std::to_string(frame.id - 1) + " are missing");
    }
    if (frame.recv_ns <= 0) {
      findings_.add("frame", name + ": recv_ns is " + std::to_string(frame.recv_ns));
    }
    if (frame.recv_ns < last_ns_) ++steps_back_;
    last_id_ = frame.id;
    if (report_.frames == 1) first_id_ = frame.id;
    last_ns_ = frame.recv_ns;
    const auto found = connections_.find(frame.connection_id);
    const bool is_known = found != connections_.end();
    if (!is_known) {
      findings_.add("frame",
                    name + ": there is no connection " + std::to_string(frame.connection_id));
    }
    if (is_known) outside_.take(frame, found->second);
    if (frame.opcode == Opcode::text && frame.is_blob && ws::is_valid_utf8(frame.payload)) {
      findings_.add("frame", name + ": its payload is a BLOB, and is text");
    }
    Normalizer* decoder = is_known ? decoder_of(found->second.feed) : nullptr;
    RowSource source = source_of(decoder, is_known ? found->second.feed : std::string());
    source.turn = {frame.id, 0};
    source.id = frame.id;
    source.recv_ns = frame.recv_ns;
    if (is_known) source.feed = found->second.feed;
    judge.begin(source);
    if (decoder != nullptr && frame.direction == Direction::in && is_data(frame.opcode)) {
      decode(frame, found->second, *decoder, judge);
    }
    judge.end();
  }

  // As the recorder's link does it.
  void decode(const FrameRecord& frame, const ConnectionInfo& connection, Normalizer& decoder,
              RowJudge& judge) {
    const bool is_text = frame.opcode == Opcode::text;
    if (is_text) doc_.parse(frame.payload);
    decoder.normalize({connection.endpoint, connection.slot, frame.recv_ns, frame.opcode,
                       frame.payload, is_text ? &doc_ : nullptr},
                      judge);
  }

  // Those that were handled before frame `id`.
  void judge_answers(std::int64_t id, RowJudge& judge) {
    for (; next_answer_ < answers_.size(); ++next_answer_) {
      const std::int64_t answer = answers_[next_answer_];
      const RequestFacts& facts = requests_.at(answer);
      if (facts.after_frame_id >= id) return;
      if (facts.after_frame_id > last_id_) {
        findings_.add("request", "request " + std::to_string(answer) + ": there is no frame " +
                                     std::to_string(facts.after_frame_id) + " that it came after");
      }
      Normalizer* decoder = decoder_of(facts.feed);
      RowSource source = source_of(decoder, facts.feed);
      source.turn = facts.turn;
      source.id = answer;
      source.is_request = true;
      source.recv_ns = facts.recv_ns.value_or(0);
      source.feed = facts.feed;
      judge.begin(source);
      if (decoder != nullptr && facts.recv_ns) decode_answer(answer, *decoder, judge);
      judge.end();
    }
  }

  // As the recorder's gap filler does it.
  void decode_answer(std::int64_t id, Normalizer& decoder, RowJudge& judge) {
    const auto request = tape_.request(id);
    if (!request) return findings_.add("request", request.error().message);
    if (!*request) return;
    const RequestInfo& info = **request;
    const bool is_success = info.status && *info.status >= 200 && *info.status < 300;
    if (info.purpose == "login" || !is_success || !info.body || !doc_.parse(*info.body)) return;
    RestAnswer answer;
    answer.purpose = info.purpose;
    answer.stream = info.stream;
    answer.url = info.url;
    answer.recv_ns = *info.recv_ns;
    answer.doc = &doc_;
    if (info.gap_id) {
      const auto gap = std::find_if(gaps_.begin(), gaps_.end(),
                                    [&](const Gap& one) { return one.id == *info.gap_id; });
      if (gap == gaps_.end()) {
        return findings_.add("request", "request " + std::to_string(id) + ": there is no gap " +
                                            std::to_string(*info.gap_id));
      }
      answer.gap = &*gap;
    }
    decoder.absorb(answer, judge);
  }

  RowSource source_of(const Normalizer* decoder, const std::string& feed) const {
    RowSource source;
    source.is_decoded = decoder != nullptr;
    if (decoder == nullptr || !going_on_.contains(feed)) return source;
    source.remembered = decoder->remembered_tables();
    source.remembered_before_ns = started_ns_ + kClockSlackNs;
    return source;
  }

  // One a feed, for all that comes of it; nullptr for a feed that is not known.
  Normalizer* decoder_of(const std::string& feed) {
    const auto [found, is_new] = by_feed_.try_emplace(feed);
    if (is_new) {
      found->second = decoders_(feed);
      if (found->second == nullptr) {
        report_.notes.push_back("the rows of " + feed +
                                " were not compared: this version does not know that feed");
      }
    }
    return found->second.get();
  }

  void check_drift() {
    const auto drifts = tape_.drift();
    if (!drifts) return findings_.add("drift", drifts.error().message);
    for (const DriftRecord& drift : *drifts) {
      if (drift.frame_id >= first_id_ && drift.frame_id <= last_id_) continue;
      findings_.add("drift", drift.feed + " " + drift.type + ": there is no frame " +
                                 std::to_string(drift.frame_id));
    }
  }

  void count_unparsed() {
    auto counts = tape_.unparsed_counts();
    if (!counts) return findings_.add("unparsed", counts.error().message);
    report_.unparsed = std::move(*counts);
  }

  TapeReader& tape_;
  const DecoderSource& decoders_;
  Findings findings_;
  VerifyReport report_;
  std::string outcome_;
  std::map<std::string, std::unique_ptr<Normalizer>> by_feed_;
  std::unordered_map<std::int64_t, ConnectionInfo> connections_;
  RequestMap requests_;
  bool has_turns_ = false;
  bool has_gap_ids_ = false;
  bool is_merged_ = false;
  std::set<std::string> feeds_;  // of connections and requests
  FramesOutside outside_;
  std::vector<std::int64_t> answers_;  // requests in their turns
  std::size_t next_answer_ = 0;
  std::vector<Gap> gaps_;
  std::set<std::string> going_on_;  // feeds
  Ns started_ns_ = 0;
  JsonDoc doc_;
  std::int64_t first_id_ = 1;
  std::int64_t last_id_ = 0;
  Ns last_ns_ = 0;
  std::int64_t steps_back_ = 0;
};

}  // namespace

VerifyReport verify_tape(TapeReader& tape, const DecoderSource& decoders, std::size_t details_max) {
  return Verification(tape, decoders, details_max).run();
}

}  // namespace tapedeck
