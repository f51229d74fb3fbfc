#include "replay/tape_history.h"

#include <algorithm>
#include <limits>

namespace tapedeck {

namespace {

RecordedRow recorded(TableId table, const TapeRow& row, std::int64_t number) {
  return {&table_of(table), row.recv_ns, row.event_ns, row.values, number, Json()};
}

// Whether `next` asks for the page after `last`.
bool goes_on(const ServiceData::Query& next, const ServiceData::Query& last) {
  return next.stream == last.stream && next.symbol == last.symbol && next.after == last.after &&
         next.from_ns == last.from_ns && next.to_ns == last.to_ns &&
         next.newest_first == last.newest_first && next.offset == last.offset;
}

// The time before which row `number` of all of them lies, as late as can be.
Result<Ns> time_before(const std::vector<FeedRows*>& rows, std::int64_t number) {
  Ns low = 0;  // fewer than `number` existed then
  Ns high = std::numeric_limits<Ns>::max();
  while (low + 1 < high) {
    const Ns middle = low + (high - low) / 2;
    const auto count = HistoryWalk::count_upto(rows, middle);
    if (!count) return count.error();
    (*count < number ? low : high) = middle;
  }
  return low;
}

// A row of an event at `from` or later was received after then.
Ns received_after(Ns from, const std::vector<FeedRows*>& rows) {
  Ns lead_ns = 0;
  for (const FeedRows* one : rows) lead_ns = std::max(lead_ns, one->lead_max_ns());
  return from > lead_ns ? from - lead_ns - 1 : 0;
}

// A row of an event before `to` was received before then.
Ns received_until(Ns to, const std::vector<FeedRows*>& rows) {
  Ns lag_ns = 0;
  for (const FeedRows* one : rows) lag_ns = std::max(lag_ns, one->lag_max_ns());
  return to > std::numeric_limits<Ns>::max() - lag_ns ? std::numeric_limits<Ns>::max()
                                                      : to + lag_ns;
}

}  // namespace

Result<std::vector<std::string>> TapeHistory::find(const Query& query, Ns as_of) {
  const auto table = recall_.table_of(query.stream);
  if (!table) return std::vector<std::string>();
  const bool has_ids = recall_.has_ids(query.stream);
  const auto rows = rows_of(*table, has_ids);
  if (!rows) return rows.error();
  return has_ids ? by_id(query, as_of, *rows) : by_time(query, as_of, *rows);
}

Result<std::vector<FeedRows*>> TapeHistory::rows_of(TableId table, bool has_ids) {
  Rows& rows = tables_[table];
  if (rows.empty()) {
    for (const auto& reader : readers_)
      rows.push_back(std::make_unique<FeedRows>(*reader, feed_, table, recall_, has_ids));
  }
  std::vector<FeedRows*> all;
  for (const auto& one : rows) {
    if (auto updated = one->update(stop_); !updated) return updated.error();
    all.push_back(one.get());
  }
  return all;
}

Result<std::unique_ptr<HistoryWalk>> TapeHistory::begin(const Query& query, Ns as_of,
                                                        const std::vector<FeedRows*>& rows) {
  Ns until = as_of;
  if (query.to_ns) until = std::min(as_of, received_until(*query.to_ns, rows));
  if (query.newest_first) return HistoryWalk::back(rows, until);
  Ns from = query.from_ns ? received_after(*query.from_ns, rows) : 0;
  if (query.after && *query.after > 0) {
    const auto before = time_before(rows, *query.after);
    if (!before) return before.error();
    from = std::max(from, *before);
  }
  return HistoryWalk::forth(rows, from, until);
}

bool TapeHistory::is_in_span(const Query& query, Ns at_ns, const TapeRow& row) {
  const Ns event_ns = row.event_ns.value_or(at_ns);
  if (query.from_ns && event_ns < *query.from_ns) return false;
  return !query.to_ns || event_ns < *query.to_ns;
}

bool TapeHistory::is_asked(const Query& query, const RecordedRow& row) const {
  return !recall_.is_part(row) && recall_.is_asked(query, row);
}

Result<std::vector<std::string>> TapeHistory::by_time(const Query& query, Ns as_of,
                                                      const std::vector<FeedRows*>& rows) {
  std::size_t skip = query.offset;
  if (paging_.walk && paging_.as_of == as_of && goes_on(query, paging_.query)) {
    skip = 0;
  } else {
    auto walk = begin(query, as_of, rows);
    if (!walk) return walk.error();
    paging_ = {query, as_of, std::move(*walk), {}};
  }
  std::vector<std::string> found;
  HistoryWalk::Item item;
  for (int looked_at = 0; looked_at < kLookedAtMax && found.size() < query.limit;) {
    if (stop_.stop_requested()) return stopped();
    const auto more = paging_.walk->next(item);
    if (!more) return more.error();
    if (!*more) break;
    if (query.newest_first && query.from_ns && item.at_ns <= received_after(*query.from_ns, rows))
      break;
    if (!is_in_span(query, item.at_ns, item.row)) continue;
    ++looked_at;
    if (query.after && item.number <= *query.after) continue;
    const RecordedRow row = recorded(rows.front()->table(), item.row, item.number);
    if (!is_asked(query, row)) continue;
    const std::string key = recall_.key_of(query.stream, row);
    if (!key.empty() && !paging_.keys.insert(key).second) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    auto text = answer(query, *item.reader, item.row, item.number);
    if (!text) return text.error();
    found.push_back(std::move(*text));
  }
  paging_.query.offset = query.offset + found.size();
  return found;
}

Result<std::vector<std::string>> TapeHistory::by_id(const Query& query, Ns as_of,
                                                    const std::vector<FeedRows*>& rows) {
  struct Lane {
    FeedRows* rows = nullptr;
    std::size_t next = 0;
  };
  std::vector<Lane> lanes;
  for (FeedRows* one : rows) {
    const auto& all = one->identified();
    Lane lane{one, 0};
    if (query.after) {
      const auto after = std::partition_point(
          all.begin(), all.end(),
          [&](const FeedRows::Identified& each) { return each.event_id <= *query.after; });
      lane.next = static_cast<std::size_t>(after - all.begin());
    }
    lanes.push_back(lane);
  }
  const auto head = [](const Lane& lane) { return lane.rows->identified()[lane.next]; };
  std::vector<std::string> found;
  std::size_t skip = query.offset;
  while (found.size() < query.limit) {
    Lane* first = nullptr;
    for (Lane& lane : lanes) {
      while (lane.next < lane.rows->identified().size() && head(lane).at_ns > as_of) ++lane.next;
      if (lane.next == lane.rows->identified().size()) continue;
      if (first == nullptr || head(lane) < head(*first)) first = &lane;
    }
    if (first == nullptr) break;
    if (stop_.stop_requested()) return stopped();
    const FeedRows::Identified at = head(*first);
    ++first->next;
    auto cursor = first->rows->reader().rows_from(first->rows->table(), at.id);
    if (!cursor) return cursor.error();
    TapeRow row;
    const auto there = (*cursor)->next(row);
    if (!there) return there.error();
    if (!*there || !is_in_span(query, at.at_ns, row) ||
        !is_asked(query, recorded(first->rows->table(), row, 0))) {
      continue;
    }
    if (skip > 0) {
      --skip;
      continue;
    }
    auto text = answer(query, first->rows->reader(), row, 0);
    if (!text) return text.error();
    found.push_back(std::move(*text));
  }
  return found;
}

Result<std::string> TapeHistory::answer(const Query& query, TapeReader& reader, const TapeRow& row,
                                        std::int64_t number) {
  const TableId table = *recall_.table_of(query.stream);
  if (!row.frame_id) {
    const auto event = event_.read(reader, table, row.id, number, &recall_);
    if (!event) return event.error();
    return recall_.answer(query, *event);
  }
  RecordedRow live = recorded(table, row, number);
  if (recall_.wants_message(query.stream)) {
    const auto payload = read_payload(reader, *row.frame_id);
    if (!payload) return payload.error();
    doc_.parse(*payload);
    live.message = doc_.root();
  }
  return recall_.answer(query, RecordedEvent(&live, 1));
}

}  // namespace tapedeck
