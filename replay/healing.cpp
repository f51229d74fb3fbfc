#include "replay/healing.h"

#include <algorithm>

#include "replay/recovered.h"
#include "schema/service.h"

namespace tapedeck {

namespace {

const Recall* recall_of(const Endpoint& feed) {
  return feed.description == nullptr ? nullptr : feed.description->service().recall();
}

Result<bool> has_fills(TapeReader& reader) {
  const auto requests = reader.requests();
  if (!requests) return requests.error();
  return std::any_of(requests->begin(), requests->end(),
                     [](const RequestInfo& request) { return request.purpose == "gapfill"; });
}

Result<void> find_events(TapeReader& reader, EndpointTable& endpoints, HealMode mode,
                         std::vector<HealedEvent>& events) {
  const auto gaps = reader.gaps();
  if (!gaps) return gaps.error();
  for (const Table& table : all_tables()) {
    auto cursor = reader.requested_rows(table.id);
    if (!cursor) return cursor.error();
    TapeRow row;
    while (true) {
      const auto more = (*cursor)->next(row);
      if (!more) return more.error();
      if (!*more) break;
      if (row.origin != Origin::gapfill || !endpoints.includes(row.feed)) continue;
      const Endpoint* feed = endpoints.intern(row.feed, "");
      const RecordedRow recorded{&table, row.recv_ns, row.event_ns, row.values, 0, Json()};
      const Recall* recall = recall_of(*feed);
      if (recall != nullptr && recall->is_part(recorded)) continue;
      Ns at_ns = row.recv_ns;
      if (mode == HealMode::at_event) at_ns = recovered_within_ns(*gaps, row, table, recall);
      events.push_back({at_ns, row.id, table.id, feed});
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const HealedEvent& a, const HealedEvent& b) { return a.at_ns < b.at_ns; });
  return {};
}

}  // namespace

Result<std::shared_ptr<const HealPlan>> HealPlan::make(TapeSet& tapes, EndpointTable& endpoints,
                                                       HealMode mode) {
  auto plan = std::make_shared<HealPlan>();
  plan->mode = mode;
  for (TapeSet::Tape& tape : tapes.tapes()) {
    std::vector<HealedEvent>& events = plan->tapes.emplace_back();
    const auto has = has_fills(*tape.reader);
    if (!has) return has.error();
    if (!*has) continue;
    if (auto found = find_events(*tape.reader, endpoints, mode, events); !found)
      return found.error();
  }
  return std::shared_ptr<const HealPlan>(std::move(plan));
}

void HealWalk::start(Ns from) {
  const auto first =
      std::lower_bound(events_.begin(), events_.end(), from,
                       [](const HealedEvent& event, Ns t) { return event.at_ns < t; });
  next_ = static_cast<std::size_t>(first - events_.begin());
}

std::optional<Ns> HealWalk::next_ns() const {
  if (next_ == events_.size()) return std::nullopt;
  return events_[next_].at_ns;
}

Result<bool> HealWalk::next(Item& item) {
  const HealedEvent& due = events_[next_];
  const Recall* recall = recall_of(*due.feed);
  if (!is_read_) {
    const auto read = event_.read(reader_, due.table, due.id, 0, recall);
    if (!read) return read.error();
    recorded_ = *read;
    is_read_ = true;
    rows_left_ = with_rows_ ? recorded_.size() : 0;
  }
  if (rows_left_ > 0) {
    item.kind = DueKind::row;
    item.endpoint = due.feed;
    item.row = event_.rows()[recorded_.size() - rows_left_];
    item.table = &table_of(due.table);
    item.recv_ns = item.row.recv_ns;
    --rows_left_;
    return true;
  }
  is_read_ = false;
  ++next_;
  if (recall == nullptr) return false;
  auto message = recall->message(recorded_);
  if (!message) return false;
  item.kind = message->is_for_tape_only ? DueKind::healed_for_tape : DueKind::healed;
  item.endpoint = endpoints_.intern(due.feed->feed, message->endpoint);
  item.payload = std::move(message->payload);
  return true;
}

}  // namespace tapedeck
