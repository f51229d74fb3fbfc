#include "storage/verify.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "storage/row_judge.h"

namespace tapedeck {
namespace {

constexpr std::size_t kFileDetailsMax = 100;  // that SQLite is asked for

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
      check_gaps();
      walk();
      count_unparsed();
    }
    report_.problems = findings_.take();
    return std::move(report_);
  }

 private:
  struct Source {
    ConnectionInfo connection;
    Normalizer* decoder = nullptr;
  };

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
    if (outcome_ != "open" && outcome_ != "closed" && outcome_ != "interrupted") {
      findings_.add("session", "outcome is \"" + outcome_ + "\", which there is not");
    }
    if (session->ended_ns.has_value() == (outcome_ == "open")) {
      findings_.add("session", outcome_ == "open" ? "is open and has an end"
                                                  : "is " + outcome_ + " and has no end");
    }
  }

  void check_connections() {
    auto connections = tape_.connections();
    if (!connections) return findings_.add("connection", connections.error().message);
    report_.connections = static_cast<std::int64_t>(connections->size());
    for (ConnectionInfo& connection : *connections) {
      auto& decoder = by_feed_[connection.feed];
      if (decoder == nullptr) {
        decoder = decoders_(connection.feed);
        if (decoder == nullptr) {
          report_.notes.push_back("the rows of " + connection.feed +
                                  " were not compared: this version does not know that feed");
        }
      }
      const std::int64_t id = connection.id;
      sources_[id] = {std::move(connection), decoder.get()};
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
    if (std::max({id, feed, recv_ns}) == columns.size()) {
      return findings_.add("request", "lacks one of its columns id, feed and recv_ns");
    }
    report_.requests = each_record("request", **cursor, [&](std::span<const Value> record) {
      const Value& recv = record[recv_ns];
      requests_[record[id].integer] = {
          std::string(record[feed].text),
          recv.type == Value::Type::integer ? Int(recv.integer) : std::nullopt};
    });
  }

  void check_gaps() {
    const auto gaps = tape_.gaps();
    if (!gaps) return findings_.add("gap", gaps.error().message);
    report_.gaps = static_cast<std::int64_t>(gaps->size());
    for (const Gap& gap : *gaps) {
      const std::string name =
          "gap " + std::to_string(gap.id) + " (" + gap.feed + "/" + gap.stream + "): ";
      if (gap.to_ns && *gap.to_ns < gap.from_ns) {
        findings_.add("gap", name + "ends before it begins");
      }
      if (!gap.to_ns && outcome_ == "closed") {
        findings_.add("gap", name + "has no end on a tape that was closed");
      }
      if (gap.recovered < 0) findings_.add("gap", name + "recovered less than nothing");
    }
  }

  // Everything that rows come from, in the order in which the recorder handled it.
  void walk() {
    RowJudge judge(tape_, requests_, findings_);
    judge.open();
    auto cursor = tape_.frames(std::numeric_limits<std::int64_t>::min());
    if (!cursor) return findings_.add("frame", cursor.error().message);
    FrameRecord frame;
    while (true) {
      const auto more = (*cursor)->next(frame);
      if (!more) findings_.add("frame", more.error().message);
      if (!more || !*more) break;
      judge_frame(frame, judge);
    }
    judge.finish();
    report_.rows = judge.rows();
    if (steps_back_ > 0) {
      report_.notes.push_back("the recorder's wall clock stepped back " +
                              std::to_string(steps_back_) + " times");
    }
  }

  void judge_frame(const FrameRecord& frame, RowJudge& judge) {
    ++report_.frames;
    const std::string name = "frame " + std::to_string(frame.id);
    if (frame.id != last_id_ + 1) {
      findings_.add("frame", "frames " + std::to_string(last_id_ + 1) + " to " +
                                 std::to_string(frame.id - 1) + " are missing");
    }
    if (frame.recv_ns <= 0) {
      findings_.add("frame", name + ": recv_ns is " + std::to_string(frame.recv_ns));
    }
    if (frame.recv_ns < last_ns_) ++steps_back_;
    last_id_ = frame.id;
    last_ns_ = frame.recv_ns;
    const auto source = sources_.find(frame.connection_id);
    if (source == sources_.end()) {
      findings_.add("frame",
                    name + ": there is no connection " + std::to_string(frame.connection_id));
    }
    const bool is_known = source != sources_.end();
    Normalizer* decoder = is_known ? source->second.decoder : nullptr;
    judge.begin(frame.id, frame.recv_ns,
                is_known ? std::string_view(source->second.connection.feed) : "");
    if (decoder != nullptr && frame.direction == Direction::in && is_data(frame.opcode)) {
      decode(frame, source->second, judge);
    }
    judge.end(decoder != nullptr);
  }

  // As the recorder's link does it.
  void decode(const FrameRecord& frame, const Source& source, RowJudge& judge) {
    const bool is_text = frame.opcode == Opcode::text;
    if (is_text) doc_.parse(frame.payload);
    const InFrame in{source.connection.endpoint,
                     source.connection.slot,
                     frame.recv_ns,
                     frame.opcode,
                     frame.payload,
                     is_text ? &doc_ : nullptr};
    source.decoder->normalize(in, judge);
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
  std::unordered_map<std::int64_t, Source> sources_;  // by connection
  RequestMap requests_;
  JsonDoc doc_;
  std::int64_t last_id_ = 0;
  Ns last_ns_ = 0;
  std::int64_t steps_back_ = 0;
};

}  // namespace

VerifyReport verify_tape(TapeReader& tape, const DecoderSource& decoders, std::size_t details_max) {
  return Verification(tape, decoders, details_max).run();
}

}  // namespace tapedeck
