#include "tools/cli/timeline.h"

#include <algorithm>
#include <memory>

namespace tapedeck::cli {

// The feeds' error rows, with one read ahead: each stands after the frame that it came from.
class Timeline::ErrorRows {
 public:
  static Result<ErrorRows> open(TapeReader& tape, std::int64_t after_id) {
    Result<std::unique_ptr<RowCursor>> cursor = tape.rows(TableId::feed_error);
    if (!cursor) return cursor.error();
    ErrorRows rows(std::move(*cursor));
    do {
      if (Result<void> read = rows.advance(); !read) return read.error();
    } while (rows.has_row_ && rows.row_.id <= after_id);
    return rows;
  }

  const TapeRow* current() const { return has_row_ ? &row_ : nullptr; }

  Result<void> advance() {
    const Result<bool> more = cursor_->next(row_);
    if (!more) return more.error();
    has_row_ = *more;
    return {};
  }

 private:
  explicit ErrorRows(std::unique_ptr<RowCursor> cursor) : cursor_(std::move(cursor)) {}

  std::unique_ptr<RowCursor> cursor_;
  TapeRow row_;
  bool has_row_ = false;
};

Result<void> Timeline::load() {
  Result<std::vector<ConnectionInfo>> connections = tape_.connections();
  if (!connections) return connections.error();
  Result<std::vector<Gap>> gaps = tape_.gaps();
  if (!gaps) return gaps.error();
  connections_ = std::move(*connections);
  gaps_ = std::move(*gaps);
  connection_index_.clear();
  pending_.clear();
  next_pending_ = 0;

  using Kind = TimelineEvent::Kind;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const ConnectionInfo& c = connections_[i];
    connection_index_[c.id] = i;
    if (c.opened_ns) add_event({Kind::open, *c.opened_ns, &c, nullptr, c.feed, {}, {}}, c.id);
    if (c.ready_ns) add_event({Kind::ready, *c.ready_ns, &c, nullptr, c.feed, {}, {}}, c.id);
    if (c.closed_ns) add_event({Kind::close, *c.closed_ns, &c, nullptr, c.feed, {}, {}}, c.id);
  }
  for (const Gap& g : gaps_) {
    add_event({Kind::gap_begin, g.from_ns, nullptr, &g, g.feed, {}, {}}, g.id);
    if (g.to_ns) add_event({Kind::gap_end, *g.to_ns, nullptr, &g, g.feed, {}, {}}, g.id);
  }
  std::stable_sort(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
    return std::pair(a.event.at_ns, a.event.kind) < std::pair(b.event.at_ns, b.event.kind);
  });
  return {};
}

const ConnectionInfo* Timeline::connection_of(std::int64_t id) const {
  const auto found = connection_index_.find(id);
  return found == connection_index_.end() ? nullptr : &connections_[found->second];
}

bool Timeline::wanted(std::string_view feed, Ns at_ns) const {
  if (!filter_.feed.empty() && filter_.feed != feed) return false;
  if (filter_.from && at_ns < *filter_.from) return false;
  return !filter_.to || at_ns < *filter_.to;
}

void Timeline::add_event(TimelineEvent event, std::int64_t id) {
  if (!filter_.events || !wanted(event.feed, event.at_ns)) return;
  if (handed_.contains({event.kind, id})) return;
  pending_.push_back({event, id});
}

bool Timeline::emit_events(std::optional<Ns> t, TimelineSink& sink) {
  for (; next_pending_ < pending_.size(); ++next_pending_) {
    const Pending& pending = pending_[next_pending_];
    // A connection opens before its first frame; all else is what a frame at that time led to.
    const bool before = pending.event.kind == TimelineEvent::Kind::open
                            ? !t || pending.event.at_ns <= *t
                            : !t || pending.event.at_ns < *t;
    if (!before) return true;
    handed_.insert({pending.event.kind, pending.id});
    if (!sink.on_event(pending.event)) return false;
  }
  return true;
}

Result<bool> Timeline::emit_errors(ErrorRows& errors, const FrameRecord* upto, TimelineSink& sink) {
  while (const TapeRow* row = errors.current()) {
    const bool due = upto == nullptr ||
                     (row->frame_id ? *row->frame_id <= upto->id : row->recv_ns <= upto->recv_ns);
    if (!due) return true;
    last_error_ = row->id;
    if (filter_.events && wanted(row->feed, row->recv_ns)) {
      TimelineEvent event;
      event.kind = TimelineEvent::Kind::feed_error;
      event.at_ns = row->recv_ns;
      event.feed = row->feed;
      event.code = row->values[0].text;
      event.message = row->values[1].text;
      if (!sink.on_event(event)) return false;
    }
    if (Result<void> read = errors.advance(); !read) return read.error();
  }
  return true;
}

Result<bool> Timeline::walk_frames(ErrorRows& errors, std::optional<std::int64_t> end_id,
                                   TimelineSink& sink) {
  Result<std::unique_ptr<FrameCursor>> cursor = tape_.frames(*next_frame_);
  if (!cursor) return cursor.error();
  FrameRecord frame;
  while (true) {
    const Result<bool> more = (*cursor)->next(frame);
    if (!more) return more.error();
    if (!*more || (end_id && frame.id >= *end_id)) return true;
    next_frame_ = frame.id + 1;
    const ConnectionInfo* connection = connection_of(frame.connection_id);
    if (connection == nullptr) {  // opened since load()
      if (Result<void> loaded = load(); !loaded) return loaded.error();
      connection = connection_of(frame.connection_id);
      if (connection == nullptr) {
        return Error{tape_.path() + ": frame " + std::to_string(frame.id) +
                     " belongs to no connection; the tape is damaged"};
      }
    }
    if (!emit_events(frame.recv_ns, sink)) return false;
    const bool direction = frame.direction == Direction::in ? filter_.inbound : filter_.outbound;
    if (direction && wanted(connection->feed, frame.recv_ns) &&
        !sink.on_frame(frame, *connection)) {
      return false;
    }
    Result<bool> on = emit_errors(errors, &frame, sink);
    if (!on || !*on) return on;
  }
}

Result<bool> Timeline::advance(TimelineSink& sink) {
  if (Result<void> loaded = load(); !loaded) return loaded.error();
  Result<ErrorRows> errors = ErrorRows::open(tape_, last_error_);
  if (!errors) return errors.error();

  if (!next_frame_ && filter_.from) {
    const Result<std::optional<std::int64_t>> first = tape_.first_frame_at(*filter_.from);
    if (!first) return first.error();
    next_frame_ = *first;
  } else if (!next_frame_) {
    next_frame_ = kFirstId;
  }
  std::optional<std::int64_t> end_id;
  if (filter_.to) {
    const Result<std::optional<std::int64_t>> end = tape_.first_frame_at(*filter_.to);
    if (!end) return end.error();
    end_id = *end;
  }
  if (next_frame_) {
    Result<bool> on = walk_frames(*errors, end_id, sink);
    if (!on || !*on) return on;
  }
  if (!emit_events(std::nullopt, sink)) return false;
  Result<bool> on = emit_errors(*errors, nullptr, sink);
  if (!on || !*on) return on;
  return !end_id;
}

}  // namespace tapedeck::cli
