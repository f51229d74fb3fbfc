#include "storage/sqlite/compact_compare.h"

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/sqlite/frame_chunks.h"
#include "storage/sqlite/records.h"

namespace tapedeck::sqlite {
namespace {

bool same_value(const Statement& a, const Statement& b, int column) {
  const int type = a.type(column);
  if (type != b.type(column)) return false;
  if (type == SQLITE_INTEGER) return a.integer(column) == b.integer(column);
  return a.bytes(column) == b.bytes(column);
}

Error differs(const Database& copy, const std::string& table, std::int64_t record) {
  return {copy.path() + ": record " + std::to_string(record) + " of " + table +
          " is not what the tape has: the tape was left as it was; check this machine's memory and "
          "disk"};
}

Result<void> compare_table(Database& a, Database& b, const std::string& sql,
                           const std::string& table) {
  auto of_a = a.prepare(sql);
  if (!of_a) return of_a.error();
  auto of_b = b.prepare(sql);
  if (!of_b) return of_b.error();
  for (std::int64_t record = 1;; ++record) {
    const int code_a = of_a->step();
    const int code_b = of_b->step();
    if (code_a != SQLITE_ROW && code_a != SQLITE_DONE) return a.error("read it");
    if (code_b != SQLITE_ROW && code_b != SQLITE_DONE) return b.error("read it");
    if (code_a != code_b) return differs(b, table, record);
    if (code_a == SQLITE_DONE) return {};
    bool same = of_a->columns() == of_b->columns();
    for (int column = 0; same && column < of_a->columns(); ++column) {
      same = same_value(*of_a, *of_b, column);
    }
    if (!same) return differs(b, table, record);
  }
}

Result<void> compare_frames(Database& a, Database& b, const std::vector<std::string>& columns,
                            IdRange ids) {
  auto of_a = FrameWalk::open(a, "main", columns, ids);
  if (!of_a) return of_a.error();
  auto of_b = FrameWalk::open(b, "main", columns, ids);
  if (!of_b) return of_b.error();
  const int last_column = static_cast<int>(columns.size());
  while (true) {
    const auto more_a = (*of_a)->next();
    if (!more_a) return more_a.error();
    const auto more_b = (*of_b)->next();
    if (!more_b) return more_b.error();
    if (!*more_a && !*more_b) return {};
    if (*more_a != *more_b) return differs(b, "frame", (*more_a ? **of_a : **of_b).id());
    const StoredPayload& of = (*of_a)->payload();
    bool same = of.is_blob == (*of_b)->payload().is_blob && of.bytes == (*of_b)->payload().bytes;
    for (int column = 1; same && column <= last_column; ++column) {
      same = same_value((*of_a)->record(), (*of_b)->record(), column);
    }
    if (!same) return differs(b, "frame", (*of_a)->id());
  }
}

// The frames in parts of like length, which threads take one after the other.
class Slices {
 public:
  static Result<std::unique_ptr<Slices>> of(Database& database) {
    const auto first = database.query_integer("SELECT coalesce(min(id), 0) FROM frame");
    if (!first) return first.error();
    const auto last = database.query_integer("SELECT coalesce(max(id), 0) FROM frame");
    if (!last) return last.error();
    return std::make_unique<Slices>(*first, *last);
  }
  Slices(std::int64_t first, std::int64_t last)
      : first_(first), step_(last / kCount - first / kCount) {}

  // nullopt: none is left. Together they are all ids that there can be.
  std::optional<IdRange> take() {
    const int index = next_.fetch_add(1);
    if (index >= kCount) return std::nullopt;
    IdRange ids;
    if (index > 0) ids.first = first_ + index * step_;
    if (index < kCount - 1) ids.last = first_ + (index + 1) * step_ - 1;
    return ids;
  }

 private:
  static constexpr int kCount = 8;

  const std::int64_t first_;
  const std::int64_t step_;
  std::atomic<int> next_ = 0;
};

Result<void> compare_slices(Database& a, Database& b, Slices& slices) {
  const auto columns = frame_columns(a, "main");
  if (!columns) return columns.error();
  const auto of_b = frame_columns(b, "main");
  if (!of_b) return of_b.error();
  if (*columns != *of_b) return differs(b, "frame", 0);
  while (const auto ids = slices.take()) {
    if (auto same = compare_frames(a, b, *columns, *ids); !same) return same;
  }
  return {};
}

// As compare_slices(), on another thread than the one whose connections there are.
Result<void> compare_beside(const std::string& a_path, const std::string& b_path, Slices& slices) {
  auto a = Database::open_tape_to_read(a_path);
  if (!a) return a.error();
  auto b = Database::open_tape_to_read(b_path);
  if (!b) return b.error();
  return compare_slices(**a, **b, slices);
}

}  // namespace

Result<void> compare_tapes(Database& a, Database& b, const std::function<void()>& on_step) {
  // All that tables, indexes, views and triggers are made of, but for what holds the frames.
  auto result = compare_table(a, b,
                              "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT "
                              "IN ('frame', 'frame_chunk', 'frame_plain') AND name NOT LIKE "
                              "'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name",
                              "sqlite_master");
  if (!result) return result;
  const auto tables = list_tables(a);
  if (!tables) return tables.error();
  auto found = Slices::of(a);
  if (!found) return found.error();
  Slices& slices = **found;
  // Where no thread can be had, it finds nothing left to do when it is asked for.
  auto others = std::async(std::launch::async | std::launch::deferred,
                           [&] { return compare_beside(a.path(), b.path(), slices); });
  for (const std::string& table : *tables) {
    result = compare_table(a, b, "SELECT * FROM " + sql_name(table), table);
    if (!result) return result;
    on_step();
  }
  // The caller's share.
  if (auto same = compare_slices(a, b, slices); !same) return same;
  return others.get();
}

}  // namespace tapedeck::sqlite
