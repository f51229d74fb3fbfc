#include "recorder/feed_context.h"

#include "recorder/gap_filler.h"

namespace tapedeck {

FeedContext::FeedContext() = default;
FeedContext::~FeedContext() = default;

void WatchedRows::add_row(const Row& row) {
  const bool is_about_trouble =
      row.table->id == TableId::unparsed || row.table->id == TableId::feed_error;
  if (!is_about_trouble) ++added_;
  ++feed_->rows;
  if (live_ && row.event_ns) feed_->service_clock.saw(*row.event_ns, *live_);
  to_->add_row(row);
}

void WatchedRows::set_cursor(std::string_view stream, std::string_view value) {
  const auto known = feed_->cursors.find(stream);
  if (known == feed_->cursors.end()) {
    feed_->cursors.emplace(stream, value);
  } else {
    known->second = value;
  }
  to_->set_cursor(stream, value);
}

void WatchedRows::missed(std::string_view stream, Ns since_ns, std::string_view why) {
  missed_.push_back({std::string(stream), since_ns, std::string(why)});
}

void WatchedRows::tell_ledger(Ns recv_ns) {
  for (const Missed& one : missed_) {
    feed_->ledger->missed(one.stream, one.since_ns, recv_ns, one.why);
  }
  missed_.clear();
}

}  // namespace tapedeck
