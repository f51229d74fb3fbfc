#include <filesystem>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "storage/slots.h"
#include "storage/sqlite/blocks.h"
#include "storage/sqlite/cursors.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/lookups.h"
#include "storage/sqlite/records.h"
#include "storage/tape_reader.h"

namespace tapedeck {
namespace {

using sqlite::ChunkedPayloads;
using sqlite::Database;
using sqlite::RowScan;
using sqlite::Statement;

std::optional<int> optional_int(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return static_cast<int>(row.integer(column));
}

class Reader final : public TapeReader {
 public:
  explicit Reader(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  const std::string& path() const override { return database_->path(); }
  std::int64_t file_bytes() const override;
  bool is_being_written() const override { return database_->lock().is_held(); }

  Result<void> pin() override;
  Result<std::vector<std::string>> integrity_check(std::size_t max) override;

  Result<SessionInfo> session() override;
  Result<std::vector<ConnectionInfo>> connections() override;
  Result<std::vector<Gap>> gaps() override;
  Result<std::vector<CursorRecord>> cursors() override;
  Result<std::vector<StreamInfo>> streams() override;
  Result<std::vector<DriftRecord>> drift() override;
  Result<std::vector<RequestInfo>> requests() override { return read_requests("ORDER BY id"); }
  Result<std::vector<RequestInfo>> request_outlines() override {
    return read_requests("ORDER BY id", "NULL");
  }
  Result<std::optional<RequestInfo>> request(std::int64_t id) override;

  Result<std::int64_t> frame_count() override {
    return database_->query_integer("SELECT count(*) FROM frame");
  }
  Result<std::vector<Count>> frame_counts() override;
  Result<std::vector<Count>> row_counts() override;
  Result<std::vector<Count>> unparsed_counts() override;

  Result<std::optional<std::int64_t>> first_frame_at(Ns t) override {
    return sqlite::first_received_at(*database_, "frame", t);
  }
  Result<std::map<std::int64_t, Ns>> last_received(std::set<std::int64_t> connections) override {
    return sqlite::last_received(*database_, std::move(connections));
  }
  Result<std::optional<Ns>> last_frame_ns() override {
    return sqlite::of_last_frame(*database_, "recv_ns");
  }
  Result<std::optional<std::int64_t>> last_frame_id() override {
    return sqlite::of_last_frame(*database_, "id");
  }

  Result<std::unique_ptr<FrameCursor>> frames(std::int64_t from_id) override;
  Result<std::unique_ptr<RowCursor>> rows(TableId table) override {
    return rows_from(table, kFirstId);
  }
  Result<std::unique_ptr<RowCursor>> rows_from(TableId table, std::int64_t from_id) override {
    return sqlite::make_row_cursor(database_, table_of(table), RowScan::forward, true,
                                   sqlite::before(from_id));
  }
  Result<std::unique_ptr<RowCursor>> rows_since(TableId table, Ns t) override {
    const auto first = sqlite::first_received_at(*database_, std::string(table_of(table).name), t);
    if (!first) return first.error();
    return rows_from(table, first->value_or(std::numeric_limits<std::int64_t>::max()));
  }
  Result<std::vector<std::string>> tables() override { return sqlite::list_tables(*database_); }
  Result<std::unique_ptr<RecordCursor>> records(const std::string& table) override {
    return sqlite::make_record_cursor(database_, table);
  }
  Result<std::unique_ptr<RowCursor>> rows_before(TableId table, std::int64_t before_id) override {
    return sqlite::make_row_cursor(database_, table_of(table), RowScan::backward, true, before_id);
  }
  Result<std::unique_ptr<RowCursor>> row_heads(TableId table, std::int64_t from_id) override {
    return sqlite::make_row_cursor(database_, table_of(table), RowScan::forward, false,
                                   sqlite::before(from_id));
  }
  Result<std::unique_ptr<RowCursor>> requested_rows(TableId table) override {
    return sqlite::make_row_cursor(database_, table_of(table), RowScan::requested, true, 0);
  }
  Result<std::optional<std::int64_t>> first_row_at(TableId table, std::int64_t frame_id,
                                                   Ns recv_ns) override {
    return sqlite::first_row_at(*database_, std::string(table_of(table).name), frame_id, recv_ns);
  }

 private:
  // Calls `take` with each row of the answer; it gives a Result<void> and ends the walk with an
  // error.
  template <class Take>
  Result<void> each(std::string_view sql, Take take) {
    auto select = database_->prepare(sql);
    if (!select) return select.error();
    for (;;) {
      const int code = select->step();
      if (code == SQLITE_DONE) return {};
      if (code != SQLITE_ROW) return database_->error("read it");
      if (Result<void> taken = take(*select); !taken) return taken;
    }
  }

  // `which`: the rest of the SELECT; `body`: what to take for it.
  Result<std::vector<RequestInfo>> read_requests(const std::string& which,
                                                 const std::string& body = "body");

  Error unknown(std::string_view what, const Statement& row, int column) const {
    return Error{path() + ": has the unknown " + std::string(what) + " \"" + row.text(column) +
                 "\": the file is damaged, or was changed by hand"};
  }

  std::shared_ptr<Database> database_;
  // The last frame cursor's, with the chunk that it unpacked: single frames are mostly near ones.
  std::shared_ptr<ChunkedPayloads> chunks_;
};

std::int64_t Reader::file_bytes() const {
  std::int64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(path() + suffix, absent);
    if (!absent) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

Result<void> Reader::pin() {
  if (auto begun = database_->run("BEGIN", "read it"); !begun) return begun;
  // A transaction begins to see with its first look.
  const auto look = database_->query_integer("SELECT count(*) FROM session");
  return look ? Result<void>() : look.error();
}

Result<std::vector<std::string>> Reader::integrity_check(std::size_t max) {
  std::vector<std::string> said;
  const auto result = each("PRAGMA integrity_check(" + std::to_string(max) + ")",
                           [&](const Statement& row) -> Result<void> {
                             if (row.bytes(0) != "ok") said.push_back(row.text(0));
                             return {};
                           });
  if (!result) return result.error();
  // SQLite takes the rest of a page that was cut off for zeros, which may do no harm.
  const auto page_bytes = database_->query_integer("PRAGMA page_size");
  if (!page_bytes) return page_bytes.error();
  std::error_code absent;
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path(), absent));
  if (!absent && bytes % *page_bytes != 0) said.emplace_back("its end was cut off within a page");
  return said;
}

Result<SessionInfo> Reader::session() {
  SessionInfo session;
  bool found = false;
  const auto follows = sqlite::column_or(*database_, "session", "follows", "NULL");
  if (!follows) return follows.error();
  const auto beside = sqlite::column_or(*database_, "session", "beside", "NULL");
  if (!beside) return beside.error();
  const auto result =
      each("SELECT name, started_ns, ended_ns, outcome, recorder_version, host, config, " +
               *follows + ", " + *beside + " FROM session",
           [&](const Statement& row) -> Result<void> {
             session = {row.text(0),
                        row.integer(1),
                        row.optional_integer(2),
                        row.text(3),
                        row.text(4),
                        row.text(5),
                        row.text(6),
                        row.optional_text(7).value_or(""),
                        {}};
             if (const auto files = row.optional_text(8)) {
               session.beside.emplace();
               // File names, which hold no '/'.
               for (const auto& file : std::filesystem::path(*files)) {
                 session.beside->push_back(file.string());
               }
             }
             found = true;
             return {};
           });
  if (!result) return result.error();
  if (!found) return Error{path() + ": has no session: the file is damaged"};
  return session;
}

Result<std::vector<ConnectionInfo>> Reader::connections() {
  std::vector<ConnectionInfo> all;
  const auto slot = sqlite::column_or(*database_, "connection", "slot", "0");
  if (!slot) return slot.error();
  const bool has_slots = *slot == "slot";
  const auto result = each(
      "SELECT id, feed, endpoint, " + *slot +
          ", url, attempt, opened_ns, ready_ns, closed_ns, close_code, close_reason, closed_by,"
          " error FROM connection ORDER BY id",
      [&](const Statement& row) -> Result<void> {
        const auto closed_by = parse_closed_by(row.bytes(11));
        if (!closed_by) return unknown("connection.closed_by", row, 11);
        all.push_back({row.integer(0), row.text(1), row.text(2), static_cast<int>(row.integer(3)),
                       row.text(4), static_cast<int>(row.integer(5)), row.optional_integer(6),
                       row.optional_integer(7), row.optional_integer(8), optional_int(row, 9),
                       row.optional_text(10), *closed_by, row.optional_text(12)});
        return {};
      });
  if (!result) return result.error();
  if (has_slots) return all;
  const auto received = last_received(without_known_end(all));
  if (!received) return received.error();
  derive_slots(all, *received);
  return all;
}

Result<std::vector<Gap>> Reader::gaps() {
  std::vector<Gap> all;
  const auto floor = sqlite::column_or(*database_, "gap", "floor_ns", "from_ns");
  if (!floor) return floor.error();
  const auto result = each(
      "SELECT id, feed, stream, cause, from_ns, to_ns, after_cursor, method, status, recovered,"
      " detail, " +
          *floor + " FROM gap ORDER BY id",
      [&](const Statement& row) -> Result<void> {
        const auto cause = parse_gap_cause(row.bytes(3));
        const auto method = parse_gap_method(row.bytes(7));
        const auto status = parse_gap_status(row.bytes(8));
        if (!cause) return unknown("gap.cause", row, 3);
        if (!method) return unknown("gap.method", row, 7);
        if (!status) return unknown("gap.status", row, 8);
        all.push_back({row.integer(0), row.text(1), row.text(2), *cause, row.integer(4),
                       row.optional_integer(5), row.optional_text(6), row.integer(11), *method,
                       *status, row.integer(9), row.text(10)});
        return {};
      });
  if (!result) return result.error();
  return all;
}

Result<std::vector<CursorRecord>> Reader::cursors() {
  std::vector<CursorRecord> all;
  const auto result = each("SELECT feed, stream, value, recv_ns FROM cursor ORDER BY feed, stream",
                           [&](const Statement& row) -> Result<void> {
                             all.push_back({row.text(0), row.text(1), row.text(2), row.integer(3)});
                             return {};
                           });
  if (!result) return result.error();
  return all;
}

Result<std::vector<DriftRecord>> Reader::drift() {
  std::vector<DriftRecord> all;
  const auto there = sqlite::column_or(*database_, "drift", "feed", "");
  if (!there) return there.error();
  if (there->empty()) return all;
  const auto result =
      each("SELECT feed, type, path, what, frame_id, recv_ns FROM drift ORDER BY id",
           [&](const Statement& row) -> Result<void> {
             all.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4),
                            row.integer(5)});
             return {};
           });
  if (!result) return result.error();
  return all;
}

Result<std::optional<RequestInfo>> Reader::request(std::int64_t id) {
  auto found = read_requests("WHERE id = " + std::to_string(id));
  if (!found) return found.error();
  if (found->empty()) return std::optional<RequestInfo>();
  return std::optional(std::move(found->front()));
}

Result<std::vector<RequestInfo>> Reader::read_requests(const std::string& which,
                                                       const std::string& body) {
  std::vector<RequestInfo> all;
  const auto stream = sqlite::column_or(*database_, "request", "stream", "NULL");
  if (!stream) return stream.error();
  const auto gap_id = sqlite::column_or(*database_, "request", "gap_id", "NULL");
  if (!gap_id) return gap_id.error();
  const auto after = sqlite::column_or(*database_, "request", "after_frame_id", "0");
  if (!after) return after.error();
  const auto result =
      each("SELECT id, feed, purpose, sent_ns, recv_ns, method, url, status, " + body +
               ", error, " + *stream + ", " + *gap_id + ", " + *after + " FROM request " + which,
           [&](const Statement& row) -> Result<void> {
             all.push_back({row.integer(0), row.text(1), row.text(2), row.integer(3),
                            row.optional_integer(4), row.text(5), row.text(6), optional_int(row, 7),
                            row.optional_text(8), row.optional_text(9), row.text(10),
                            row.optional_integer(11), row.integer(12)});
             return {};
           });
  if (!result) return result.error();
  return all;
}

Result<std::vector<StreamInfo>> Reader::streams() {
  std::vector<StreamInfo> all;
  const auto there = sqlite::column_or(*database_, "stream", "stream", "");
  if (!there) return there.error();
  if (there->empty()) return all;
  const auto result =
      each("SELECT feed, stream, endpoint, first_ready_ns FROM stream ORDER BY feed, stream",
           [&](const Statement& row) -> Result<void> {
             all.push_back({row.text(0), row.text(1), row.text(2), row.optional_integer(3)});
             return {};
           });
  if (!result) return result.error();
  return all;
}

// One walk and a small map: GROUP BY would sort every frame of the tape first.
Result<std::vector<Count>> Reader::frame_counts() {
  std::map<std::int64_t, std::string> feeds;
  auto result = each("SELECT id, feed FROM connection", [&](const Statement& row) -> Result<void> {
    feeds[row.integer(0)] = row.text(1);
    return {};
  });
  if (!result) return result.error();
  std::map<std::tuple<std::int64_t, bool, std::int64_t>, std::int64_t> kinds;
  result = each("SELECT connection_id, direction, opcode FROM frame",
                [&](const Statement& row) -> Result<void> {
                  ++kinds[{row.integer(0), row.bytes(1) == "out", row.integer(2)}];
                  return {};
                });
  if (!result) return result.error();
  std::map<std::pair<std::string, std::string>, std::int64_t> named;
  for (const auto& [kind, count] : kinds) {
    const auto& [connection, out, opcode] = kind;
    const std::string what =
        (out ? "out " : "in ") + std::string(to_string(static_cast<Opcode>(opcode)));
    named[{feeds[connection], what}] += count;
  }
  std::vector<Count> counts;
  for (const auto& [name, count] : named) counts.push_back({name.first, name.second, count});
  return counts;
}

Result<std::unique_ptr<FrameCursor>> Reader::frames(std::int64_t from_id) {
  if (chunks_ != nullptr && chunks_.use_count() == 1) {
    chunks_->rewind();
  } else {
    auto opened = ChunkedPayloads::open_if_compacted(*database_);
    if (!opened) return opened.error();
    chunks_ = std::move(*opened);
  }
  return sqlite::make_frame_cursor(database_, chunks_, from_id);
}

Result<std::vector<Count>> Reader::row_counts() {
  std::vector<Count> counts;
  for (const Table& table : all_tables()) {
    std::map<std::string, std::int64_t, std::less<>> feeds;
    const auto result = each("SELECT feed FROM " + std::string(table.name),
                             [&](const Statement& row) -> Result<void> {
                               const auto feed = feeds.find(row.bytes(0));
                               feed == feeds.end() ? feeds[row.text(0)] = 1 : ++feed->second;
                               return {};
                             });
    if (!result) return result.error();
    for (const auto& [feed, count] : feeds) {
      counts.push_back({feed, std::string(table.name), count});
    }
  }
  return counts;
}

Result<std::vector<Count>> Reader::unparsed_counts() {
  std::vector<Count> counts;
  const auto result =
      each("SELECT feed, ifnull(reason, ''), count(*) FROM unparsed GROUP BY 1, 2 ORDER BY 1, 2",
           [&](const Statement& row) -> Result<void> {
             counts.push_back({row.text(0), row.text(1), row.integer(2)});
             return {};
           });
  if (!result) return result.error();
  return counts;
}

}  // namespace

Result<std::unique_ptr<TapeReader>> open_tape(const std::string& path) {
  auto database = Database::open_tape_to_read(path);
  if (!database) return database.error();
  return std::unique_ptr<TapeReader>(
      std::make_unique<Reader>(std::shared_ptr<Database>(std::move(*database))));
}

}  // namespace tapedeck
