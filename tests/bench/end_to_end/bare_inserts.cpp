#include "tests/bench/end_to_end/bare_inserts.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>

#include "schema/records.h"
#include "tests/bench/end_to_end/tapes.h"

namespace tapedeck::bench {
namespace {

constexpr std::int64_t kTransactionFrames = 5'000;

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Database open(const std::string& path, int flags) {
  sqlite3* opened = nullptr;
  if (sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
    die(path + " cannot be opened");
  }
  return {opened, &sqlite3_close};
}

Statement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(database, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &prepared,
                         nullptr) != SQLITE_OK) {
    die(sqlite3_errmsg(database));
  }
  return {prepared, &sqlite3_finalize};
}

void run(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    die(sqlite3_errmsg(database));
  }
}

}  // namespace

BareInserts::BareInserts(const std::string& tape) {
  const Database database = open(tape, SQLITE_OPEN_READONLY);
  std::vector<std::string> names = {"frame"};
  for (const auto& table : all_tables()) names.emplace_back(table.name);
  for (const std::string& name : names) {
    const Statement layout =
        prepare(database.get(), "SELECT sql FROM sqlite_master WHERE name = '" + name + "'");
    if (sqlite3_step(layout.get()) != SQLITE_ROW) die(name + " is no table of the tape");
    const Statement select = prepare(database.get(), "SELECT * FROM " + name);
    tables_.push_back({name, reinterpret_cast<const char*>(sqlite3_column_text(layout.get(), 0)),
                       sqlite3_column_count(select.get())});
    read_table(select.get(), tables_.size() - 1, name == "frame" ? 0 : 1);
  }
  order_.resize(records_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return frame_of_[a] < frame_of_[b]; });
}

void BareInserts::read_table(sqlite3_stmt* select, std::size_t table, int frame_column) {
  while (sqlite3_step(select) == SQLITE_ROW) {
    records_.push_back({table, cells_.size()});
    frame_of_.push_back(sqlite3_column_int64(select, frame_column));
    ++(table == 0 ? frames_ : rows_);
    for (int i = 0; i < tables_[table].columns; ++i) {
      Cell cell{sqlite3_column_type(select, i), sqlite3_column_int64(select, i)};
      if (cell.type == SQLITE_TEXT || cell.type == SQLITE_BLOB) {
        const auto* const data = static_cast<const char*>(sqlite3_column_blob(select, i));
        cell.size = sqlite3_column_bytes(select, i);
        cell.integer = static_cast<std::int64_t>(bytes_.size());
        bytes_.append(data == nullptr ? "" : data, static_cast<std::size_t>(cell.size));
      }
      cells_.push_back(cell);
    }
  }
}

void BareInserts::bind(sqlite3_stmt* insert, const Record& record) const {
  for (int i = 0; i < tables_[record.table].columns; ++i) {
    const Cell& cell = cells_[record.first_cell + static_cast<std::size_t>(i)];
    switch (cell.type) {
      case SQLITE_INTEGER:
        sqlite3_bind_int64(insert, i + 1, cell.integer);
        break;
      case SQLITE_TEXT:
        sqlite3_bind_text(insert, i + 1, bytes_.data() + cell.integer, static_cast<int>(cell.size),
                          SQLITE_STATIC);
        break;
      case SQLITE_BLOB:
        sqlite3_bind_blob(insert, i + 1, bytes_.data() + cell.integer, static_cast<int>(cell.size),
                          SQLITE_STATIC);
        break;
      default:
        sqlite3_bind_null(insert, i + 1);
    }
  }
}

double BareInserts::insert_into(const std::string& path) const {
  const Database database = open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  // The tape's own settings.
  for (const char* pragma :
       {"page_size = 16384", "cache_size = -16384", "journal_mode = WAL", "synchronous = NORMAL"}) {
    run(database.get(), std::string("PRAGMA ") + pragma);
  }
  std::vector<Statement> inserts;
  for (const Table& table : tables_) {
    run(database.get(), table.sql);
    std::string sql = "INSERT INTO " + table.name + " VALUES (?";
    for (int i = 1; i < table.columns; ++i) sql += ", ?";
    inserts.push_back(prepare(database.get(), sql + ")"));
  }
  const auto begun = std::chrono::steady_clock::now();
  std::int64_t in_transaction = 0;
  run(database.get(), "BEGIN IMMEDIATE");
  for (const std::size_t at : order_) {
    const Record& record = records_[at];
    if (record.table == 0 && ++in_transaction > kTransactionFrames) {
      run(database.get(), "COMMIT");
      run(database.get(), "BEGIN IMMEDIATE");
      in_transaction = 1;
    }
    sqlite3_stmt* const insert = inserts[record.table].get();
    bind(insert, record);
    if (sqlite3_step(insert) != SQLITE_DONE) die(sqlite3_errmsg(database.get()));
    sqlite3_reset(insert);
  }
  run(database.get(), "COMMIT");
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace tapedeck::bench
