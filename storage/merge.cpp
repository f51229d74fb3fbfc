#include "storage/merge.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "storage/handled_walk.h"
#include "storage/merge_recovery.h"
#include "storage/merge_tapes.h"
#include "storage/tape_writer.h"

namespace tapedeck {
namespace {

// A transaction ends with whichever comes first.
constexpr std::size_t kCommitRecords = 8'192;
constexpr std::size_t kCommitBytes = std::size_t{8} << 20U;

// Writes the rows of one frame or request, and counts them.
class RowWriter final : public RowSink {
 public:
  RowWriter(TapeWriter& tape, RowRecord common) : tape_(tape), record_(common) {}

  void add_row(const Row& row) override {
    record_.row = row;
    if (result_) result_ = tape_.add_row(record_);
    ++count_;
  }
  // The cursors of the tapes are taken as they are.
  void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}

  std::int64_t count() const { return count_; }
  const Result<void>& result() const { return result_; }

 private:
  TapeWriter& tape_;
  RowRecord record_;
  Result<void> result_;
  std::int64_t count_ = 0;
};

// What a recorder itself complained of, without a frame or request: no decoder makes it again.
struct Complaint {
  std::string feed;
  Ns recv_ns = 0;
  std::string code;
  std::string message;
};

class Merge {
 public:
  Merge(MergeTapes tapes, const MergeOptions& options)
      : tapes_(std::move(tapes)), options_(options) {}

  Result<MergeReport> run() {
    auto ledger = tapes_.gaps(options_.skew_ns);
    if (!ledger) return ledger.error();
    recovery_.set_up(*ledger, tapes_.streams());
    connections_ = tapes_.connections(ids_);
    const SessionInfo session = tapes_.session(options_.recorder_version);
    derivation_.emplace(options_.decoders(session, connections_));
    auto draft = draft_tape_at(options_.out, session);
    if (!draft) return draft.error();
    out_ = &(*draft)->tape();
    if (auto written = write(); !written) return written.error();
    if (auto placed = (*draft)->finish(tapes_.end_ns(), "closed"); !placed) return placed.error();
    return report();
  }

 private:
  struct Lane {
    std::size_t tape = 0;
    HandledWalk walk;
    bool has_more = false;
    std::vector<Complaint> complaints;
    std::size_t next_complaint = 0;
    std::multimap<std::int64_t, DriftRecord> drift;  // by the frame that showed it
  };

  Result<void> write() {
    if (auto begun = out_->begin(); !begun) return begun;
    for (const ConnectionInfo& connection : connections_) {
      if (!derivation_->knows(connection.feed)) return unknown_feed(connection.feed);
      if (auto put = out_->put_connection(connection); !put) return put;
    }
    for (const auto& [name, stream] : tapes_.streams()) {
      if (auto put = out_->put_stream(stream); !put) return put;
    }
    if (auto walked = walk(); !walked) return walked;
    for (const Gap* gap : recovery_.gaps()) {
      if (auto put = out_->put_gap(*gap); !put) return put;
    }
    for (const auto& [name, cursor] : tapes_.cursors()) {
      if (auto put = out_->put_cursor(cursor); !put) return put;
    }
    return out_->commit();
  }

  Error unknown_feed(const std::string& feed) const {
    return {"the tapes hold the feed \"" + feed +
            "\", which this version does not know: merge them with the version that recorded them"};
  }

  // All tapes by time, each in its own order.
  Result<void> walk() {
    for (std::size_t i = 0; i < tapes_.tapes().size(); ++i) {
      lanes_.push_back({i, HandledWalk(*tapes_.tapes()[i].reader), false, {}, 0, {}});
      Lane& lane = lanes_.back();
      if (auto started = lane.walk.start(); !started) return started;
      if (auto read = read_complaints(lane); !read) return read;
      if (auto read = read_drift(lane); !read) return read;
      if (auto moved = advance(lane); !moved) return moved;
    }
    for (;;) {
      Lane* first = nullptr;
      for (Lane& lane : lanes_) {
        if (!lane.has_more) continue;
        if (first == nullptr || lane.walk.pos_ns() < first->walk.pos_ns()) first = &lane;
      }
      if (first == nullptr) break;
      if (auto taken = take(*first); !taken) return taken;
      if (auto moved = advance(*first); !moved) return moved;
    }
    for (Lane& lane : lanes_) {
      if (auto put = put_complaints(lane, std::nullopt); !put) return put;
    }
    return {};
  }

  static Result<void> advance(Lane& lane) {
    auto more = lane.walk.next();
    if (!more) return more.error();
    lane.has_more = *more;
    return {};
  }

  Result<void> take(Lane& lane) {
    if (auto put = put_complaints(lane, lane.walk.pos_ns()); !put) return put;
    const FrameRecord* frame = lane.walk.frame();
    auto taken = frame != nullptr ? take_frame(lane, *frame) : take_request(lane);
    if (!taken) return taken;
    if (++records_ < kCommitRecords && bytes_ < kCommitBytes) return {};
    records_ = bytes_ = 0;
    if (auto committed = out_->commit(); !committed) return committed;
    return out_->begin();
  }

  Result<void> take_frame(Lane& lane, const FrameRecord& frame) {
    const auto id = ids_.find({lane.tape, frame.connection_id});
    if (id == ids_.end()) {
      return Error{tapes_.tapes()[lane.tape].reader->path() + ": frame " +
                   std::to_string(frame.id) + " names connection " +
                   std::to_string(frame.connection_id) +
                   ", which is not on the tape: see `tapedeck verify`"};
    }
    const ConnectionInfo& connection = connections_[static_cast<std::size_t>(id->second) - 1];
    FrameRecord merged = frame;
    merged.id = ++report_.frames;
    merged.connection_id = id->second;
    bytes_ += frame.payload.size();
    if (auto added = out_->add_frame(merged); !added) return added;
    if (auto added = add_drift(lane, frame.id, merged.id); !added) return added;
    RowWriter rows(*out_, {0, merged.id, std::nullopt, connection.feed, frame.recv_ns, {}});
    const FrameTag tag = derivation_->frame(merged, connection, rows);
    if (rows.count() > 0) {
      report_.rows += rows.count();
      recovery_.received(lane.tape, connection, tag.stream, lane.walk.pos_ns(), rows.count());
    }
    return rows.result();
  }

  Result<void> take_request(Lane& lane) {
    RequestInfo request = *lane.walk.request();
    Gap* gap = request.gap_id ? recovery_.gap_of(lane.tape, *request.gap_id) : nullptr;
    request.id = ++report_.requests;
    request.gap_id = gap != nullptr ? std::optional(gap->id) : std::nullopt;
    request.after_frame_id = report_.frames;
    bytes_ += request.body ? request.body->size() : 0;
    if (auto put = out_->put_request(request); !put) return put;
    const Ns recv_ns = request.recv_ns.value_or(request.sent_ns);
    RowWriter rows(*out_, {0, std::nullopt, request.id, request.feed, recv_ns, {}});
    derivation_->request(request, gap, rows);
    report_.rows += rows.count();
    if (gap != nullptr) gap->recovered += rows.count();
    return rows.result();
  }

  Result<void> read_complaints(Lane& lane) {
    auto cursor = tapes_.tapes()[lane.tape].reader->rows(TableId::feed_error);
    if (!cursor) return cursor.error();
    TapeRow row;
    for (;;) {
      auto more = (*cursor)->next(row);
      if (!more) return more.error();
      if (!*more) return {};
      if (row.frame_id || row.request_id) continue;
      lane.complaints.push_back({std::string(row.feed), row.recv_ns,
                                 std::string(row.values[0].text), std::string(row.values[1].text)});
    }
  }

  Result<void> read_drift(Lane& lane) {
    auto drift = tapes_.tapes()[lane.tape].reader->drift();
    if (!drift) return drift.error();
    for (DriftRecord& one : *drift) lane.drift.emplace(one.frame_id, std::move(one));
    return {};
  }

  // Each way in which a feed was not as known once, with the first frame that showed it.
  Result<void> add_drift(Lane& lane, std::int64_t frame_id, std::int64_t merged_id) {
    const auto [begin, end] = lane.drift.equal_range(frame_id);
    for (auto drift = begin; drift != end; ++drift) {
      DriftRecord& record = drift->second;
      if (!drifts_.insert({record.feed, record.type, record.path, record.what}).second) continue;
      record.frame_id = merged_id;
      if (auto added = out_->add_drift(record); !added) return added;
    }
    return {};
  }

  // Those until `pos_ns`; absent: all.
  Result<void> put_complaints(Lane& lane, std::optional<Ns> pos_ns) {
    for (; lane.next_complaint < lane.complaints.size(); ++lane.next_complaint) {
      const Complaint& complaint = lane.complaints[lane.next_complaint];
      if (pos_ns && complaint.recv_ns > *pos_ns) return {};
      RowWriter rows(*out_, {0, std::nullopt, std::nullopt, complaint.feed, complaint.recv_ns, {}});
      rows.add(FeedError{complaint.code, complaint.message}, std::nullopt);
      report_.rows += rows.count();
      if (!rows.result()) return rows.result();
    }
    return {};
  }

  MergeReport report() {
    report_.tapes = tapes_.listed();
    report_.notes = tapes_.notes();
    report_.connections = static_cast<std::int64_t>(connections_.size());
    report_.streams = recovery_.streams(tapes_.tapes());
    return std::move(report_);
  }

  MergeTapes tapes_;
  const MergeOptions& options_;
  MergeReport report_;
  Recovery recovery_;
  TapeWriter* out_ = nullptr;
  MergeTapes::Ids ids_;
  std::vector<ConnectionInfo> connections_;  // by id, from 1
  std::optional<Derivation> derivation_;
  std::vector<Lane> lanes_;
  std::set<std::tuple<std::string, std::string, std::string, std::string>> drifts_;
  std::size_t records_ = 0;  // since the last commit
  std::size_t bytes_ = 0;
};

}  // namespace

Result<MergeReport> merge_tapes(std::vector<std::unique_ptr<TapeReader>> tapes,
                                const MergeOptions& options) {
  auto loaded = MergeTapes::load(std::move(tapes), options.decoders);
  if (!loaded) return loaded.error();
  return Merge(std::move(*loaded), options).run();
}

}  // namespace tapedeck
