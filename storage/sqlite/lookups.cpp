#include "storage/sqlite/lookups.h"

#include <utility>

#include "storage/sqlite/blocks.h"

namespace tapedeck::sqlite {
namespace {

// The least id in `table` from which on `is_at` holds, told by a record's id and `columns`.
template <class IsAt>
Result<std::optional<std::int64_t>> bisect(Database& database, const std::string& table,
                                           const std::string& columns, IsAt is_at) {
  auto ends = database.prepare("SELECT min(id), (SELECT max(id) FROM " + table + ") FROM " + table);
  if (!ends) return ends.error();
  if (ends->step() != SQLITE_ROW) return database.error("read it");
  std::optional<std::int64_t> found;
  if (ends->is_null(0)) return found;
  std::int64_t low = ends->integer(0);
  std::int64_t high = ends->integer(1);
  // `ends` stays open: its read transaction is the probes' as well, which would else each take and
  // give back the file's locks.
  auto probe = database.prepare("SELECT id, " + columns + " FROM " + table +
                                " WHERE id >= ? ORDER BY id LIMIT 1");
  if (!probe) return probe.error();
  while (low <= high) {
    const std::int64_t middle = low + (high - low) / 2;
    probe->add(middle);
    if (probe->step() != SQLITE_ROW) return database.error("read it");
    const std::int64_t id = probe->integer(0);
    if (id < middle) return out_of_order(database, id, middle);
    if (is_at(*probe)) {
      found = id;
      high = middle - 1;
    } else {
      low = id + 1;
    }
    probe->reset();
  }
  return found;
}

}  // namespace

Result<std::optional<std::int64_t>> first_received_at(Database& database, const std::string& table,
                                                      Ns t) {
  return bisect(database, table, "recv_ns",
                [&](const Statement& row) { return row.integer(1) >= t; });
}

Result<std::optional<std::int64_t>> first_row_at(Database& database, const std::string& table,
                                                 std::int64_t frame_id, Ns recv_ns) {
  return bisect(database, table, "frame_id, recv_ns", [&](const Statement& row) {
    return row.is_null(1) ? row.integer(2) >= recv_ns : row.integer(1) >= frame_id;
  });
}

Result<std::map<std::int64_t, Ns>> last_received(Database& database,
                                                 std::set<std::int64_t> connections) {
  std::map<std::int64_t, Ns> found;
  auto select =
      database.prepare("SELECT connection_id, recv_ns, direction FROM frame ORDER BY id DESC");
  if (!select) return select.error();
  while (!connections.empty()) {
    const int code = select->step();
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return database.error("read it");
    if (select->bytes(2) == "out" || connections.erase(select->integer(0)) == 0) continue;
    found[select->integer(0)] = select->integer(1);
  }
  return found;
}

Result<std::optional<std::int64_t>> of_last_frame(Database& database, const std::string& column) {
  auto select = database.prepare("SELECT " + column + " FROM frame ORDER BY id DESC LIMIT 1");
  if (!select) return select.error();
  const int code = select->step();
  if (code == SQLITE_ROW) return std::optional(select->integer(0));
  if (code != SQLITE_DONE) return database.error("read it");
  return std::optional<std::int64_t>();
}

}  // namespace tapedeck::sqlite
