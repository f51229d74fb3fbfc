#include "storage/row_judge.h"

#include <algorithm>
#include <utility>

#include "schema/base/text.h"

namespace tapedeck {
namespace {

constexpr std::size_t kShownBytesMax = 200;

std::string shown(const Value& value) {
  switch (value.type) {
    case Value::Type::null:
      return "NULL";
    case Value::Type::integer:
      return std::to_string(value.integer);
    case Value::Type::text:
      break;
  }
  const bool is_long = value.text.size() > kShownBytesMax;
  return json_string(value.text.substr(0, kShownBytesMax)) + (is_long ? "…" : "");
}

bool is_same(const TapeRow& kept, const Row& row) {
  return kept.event_ns == row.event_ns &&
         std::equal(kept.values.begin(), kept.values.end(), row.values.begin(), row.values.end());
}

std::string name_of(const TapeRow& row) {
  std::string name = "row " + std::to_string(row.id);
  if (row.frame_id) name += " (frame " + std::to_string(*row.frame_id) + ")";
  if (row.request_id) name += " (request " + std::to_string(*row.request_id) + ")";
  return name;
}

}  // namespace

void Findings::add(std::string_view what, std::string detail) {
  auto found = std::find_if(problems_.begin(), problems_.end(),
                            [&](const Problem& problem) { return problem.what == what; });
  if (found == problems_.end()) found = problems_.insert(found, {std::string(what), 0, {}});
  ++found->count;
  if (found->details.size() < details_max_) found->details.push_back(std::move(detail));
}

void RowJudge::open() {
  for (const Table& table : all_tables()) {
    Stored& stored = tables_[static_cast<std::size_t>(table.id)];
    stored.table = &table;
    auto cursor = tape_.rows(table.id);
    if (!cursor) {
      findings_.add(table.name, cursor.error().message);
      continue;
    }
    stored.cursor = std::move(*cursor);
    advance(stored);
  }
}

void RowJudge::advance(Stored& stored) {
  const std::int64_t last_id = stored.has_row ? stored.row.id : 0;
  const auto more = stored.cursor->next(stored.row);
  stored.has_row = more && *more;
  if (!more) findings_.add(stored.table->name, more.error().message);
  if (!stored.has_row) return;
  ++rows_;
  check_alone(stored, last_id);
}

void RowJudge::check_alone(const Stored& stored, std::int64_t last_id) {
  const TapeRow& row = stored.row;
  if (row.id < 1) {
    findings_.add(stored.table->name, "row " + std::to_string(row.id) + ": ids begin with 1");
  } else if (row.id != last_id + 1) {
    findings_.add(stored.table->name, "row " + std::to_string(row.id) + " follows row " +
                                          std::to_string(last_id) +
                                          ": the rows between them are missing");
  }
  if (!row.is_origin_known) {
    findings_.add(stored.table->name,
                  name_of(row) + ": origin is none of live, snapshot and gapfill");
  }
  if (!row.request_id) return;
  ++requested_[*row.request_id];
  if (row.frame_id) {
    const bool is_there = requests_.contains(*row.request_id);
    findings_.add(stored.table->name,
                  name_of(row) + (is_there ? ": comes from a frame and from a request"
                                           : ": there is no such request"));
  }
}

void RowJudge::check_common(const Stored& stored, std::string_view feed, Ns recv_ns,
                            const char* source) {
  const TapeRow& row = stored.row;
  if (row.feed != feed) {
    findings_.add(stored.table->name, name_of(row) + ": feed is " + shown(Value(row.feed)) +
                                          " on the tape, " + shown(Value(feed)) + " of the " +
                                          source);
  }
  if (row.recv_ns != recv_ns) {
    findings_.add(stored.table->name, name_of(row) + ": recv_ns is " + std::to_string(row.recv_ns) +
                                          " on the tape, " + std::to_string(recv_ns) + " of the " +
                                          source);
  }
}

bool RowJudge::can_be_decoded(const Stored& stored) {
  const TapeRow& row = stored.row;
  if (row.frame_id) return true;
  if (!row.request_id) {
    // The recorder itself complains of a service in this way.
    if (stored.table->id != TableId::feed_error) {
      findings_.add(stored.table->name, name_of(row) + ": comes from no frame and no request");
    }
    return false;
  }
  const auto request = requests_.find(*row.request_id);
  if (request == requests_.end()) {
    findings_.add(stored.table->name, name_of(row) + ": there is no such request");
    return false;
  }
  if (has_turns_) return true;
  check_common(stored, request->second.feed, request->second.recv_ns.value_or(row.recv_ns),
               "request");
  return false;
}

void RowJudge::pass_over(Stored& stored) {
  while (stored.has_row && !can_be_decoded(stored)) advance(stored);
}

Turn RowJudge::turn_of(const TapeRow& row) const {
  return row.frame_id ? Turn(*row.frame_id, 0) : requests_.at(*row.request_id).turn;
}

bool RowJudge::is_from_source(const TapeRow& row) const {
  const Int& id = source_.is_request ? row.request_id : row.frame_id;
  return id && *id == source_.id && row.frame_id.has_value() != source_.is_request;
}

bool RowJudge::can_be_known(TableId table, Int event_ns) const {
  return event_ns.value_or(0) < source_.remembered_before_ns &&
         std::find(source_.remembered.begin(), source_.remembered.end(), table) !=
             source_.remembered.end();
}

void RowJudge::add_row(const Row& row) {
  Stored& stored = tables_[static_cast<std::size_t>(row.table->id)];
  pass_over(stored);
  const bool is_there = stored.has_row && is_from_source(stored.row);
  // What comes next on the tape is then a later event of the same source.
  if (can_be_known(row.table->id, row.event_ns) && !(is_there && is_same(stored.row, row))) {
    ++known_before_;
  } else if (is_there) {
    compare(stored, row);
    advance(stored);
  } else {
    findings_.add(row.table->name, (source_.is_request ? "request " : "frame ") +
                                       std::to_string(source_.id) +
                                       " gives a row that is not on the tape");
  }
}

void RowJudge::compare(const Stored& stored, const Row& row) {
  const TapeRow& kept = stored.row;
  const char* const source = source_.is_request ? "request" : "frame";
  check_common(stored, source_.feed, source_.recv_ns, source);
  const auto differs = [&](std::string_view column, const Value& on_tape, const Value& derived) {
    if (on_tape == derived) return;
    findings_.add(stored.table->name, name_of(kept) + ": " + std::string(column) + " is " +
                                          shown(on_tape) + " on the tape, " + shown(derived) +
                                          " from the " + source);
  };
  differs("origin", Value(to_string(kept.origin)), Value(to_string(row.origin)));
  differs("event_ns", Value(kept.event_ns), Value(row.event_ns));
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    differs(stored.table->columns[i].name, kept.values[i], row.values[i]);
  }
}

void RowJudge::end() {
  for (Stored& stored : tables_) {
    for (pass_over(stored); stored.has_row && turn_of(stored.row) <= source_.turn;
         advance(stored), pass_over(stored)) {
      if (is_from_source(stored.row) && !source_.is_decoded) {
        if (!source_.feed.empty()) {
          check_common(stored, source_.feed, source_.recv_ns,
                       source_.is_request ? "request" : "frame");
        }
        continue;
      }
      // A decoder that knew an earlier tape's look-alike, or state, took this one for another.
      if (is_from_source(stored.row) && can_be_known(stored.table->id, stored.row.event_ns)) {
        ++unjudged_;
        continue;
      }
      findings_.add(stored.table->name, name_of(stored.row) + ": the " +
                                            (stored.row.frame_id ? "frame" : "request") +
                                            " gives no such row, or not at this place");
    }
  }
}

void RowJudge::finish() {
  for (Stored& stored : tables_) {
    for (pass_over(stored); stored.has_row; advance(stored), pass_over(stored)) {
      findings_.add(stored.table->name, name_of(stored.row) + ": there is no such frame");
    }
  }
}

}  // namespace tapedeck
