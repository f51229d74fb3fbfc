#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "schema/ws/codec.h"
#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/create.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/layout.h"

namespace tapedeck::sqlite {
namespace {

class Writer final : public TapeWriter {
 public:
  explicit Writer(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<void> prepare();

  Result<void> begin() override { return run(begin_, "begin a transaction"); }
  Result<void> commit() override {
    auto result = run(commit_, "commit");
    if (result) checkpointer_->after_commit();
    return result;
  }

  Result<void> put_connection(const ConnectionInfo& connection) override;
  Result<void> add_frame(const FrameRecord& frame) override;
  Result<void> add_row(const RowRecord& row) override;
  Result<void> put_request(const RequestInfo& request) override;
  Result<void> put_gap(const Gap& gap) override;
  Result<void> put_stream(const StreamInfo& stream) override;
  Result<void> add_drift(const DriftRecord& drift) override;
  Result<void> put_cursor(const CursorRecord& cursor) override;
  Result<void> finish(Ns ended_ns, std::string_view outcome) override;

  const std::string& path() const override { return database_->path(); }

 private:
  // Runs a statement that gives no rows; `what` goes into the error.
  Result<void> run(Statement& statement, const char* what) {
    // SQLite may have rolled the transaction back on its own; what came now would commit piecemeal.
    if (failed_) return *failed_;
    const int code = statement.step();
    if (code == SQLITE_DONE) {
      statement.reset();
      return {};
    }
    failed_ = database_->error(what);
    statement.reset();
    return *failed_;
  }

  std::unique_ptr<Database> database_;  // outlives the statements
  Statement begin_, commit_, connection_, frame_, request_, gap_, stream_, drift_, cursor_, end_;
  std::array<Statement, kTableCount> rows_;
  std::optional<Error> failed_;
  std::unique_ptr<Checkpointer> checkpointer_;
};

Result<void> Writer::prepare() {
  auto checkpointer = Checkpointer::start(*database_);
  if (!checkpointer) return checkpointer.error();
  checkpointer_ = std::move(*checkpointer);
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&connection_,
       "INSERT OR REPLACE INTO connection (id, feed, endpoint, slot, url, attempt, opened_ns, "
       "ready_ns,"
       " closed_ns, close_code, close_reason, closed_by, error)"
       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&frame_,
       "INSERT INTO frame (id, connection_id, recv_ns, direction, opcode, payload)"
       " VALUES (?, ?, ?, ?, ?, ?)"},
      {&request_,
       "INSERT OR REPLACE INTO request (id, feed, purpose, sent_ns, recv_ns, method, url, status, "
       "body,"
       " error, stream, gap_id, after_frame_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&gap_,
       "INSERT OR REPLACE INTO gap (id, feed, stream, cause, from_ns, to_ns, after_cursor, method,"
       " status, recovered, detail, floor_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&stream_,
       "INSERT OR REPLACE INTO stream (feed, stream, endpoint, first_ready_ns) VALUES (?, ?, ?, "
       "?)"},
      {&drift_,
       "INSERT INTO drift (feed, type, path, what, frame_id, recv_ns) VALUES (?, ?, ?, ?, ?, ?)"},
      {&cursor_,
       "INSERT OR REPLACE INTO cursor (feed, stream, value, recv_ns) VALUES (?, ?, ?, ?)"},
      {&end_, "UPDATE session SET ended_ns = ?, outcome = ?"},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = database_->prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  for (const Table& table : all_tables()) {
    auto prepared = database_->prepare(insert_row_sql(table));
    if (!prepared) return prepared.error();
    rows_[static_cast<std::size_t>(table.id)] = std::move(*prepared);
  }
  return {};
}

Result<void> Writer::put_connection(const ConnectionInfo& c) {
  connection_.add(c.id).add(std::string_view(c.feed)).add(std::string_view(c.endpoint)).add(c.slot);
  connection_.add(std::string_view(c.url)).add(c.attempt);
  connection_.add(c.opened_ns).add(c.ready_ns).add(c.closed_ns).add(c.close_code);
  connection_.add(c.close_reason);
  c.closed_by == ClosedBy::none ? connection_.add_null() : connection_.add(to_string(c.closed_by));
  connection_.add(c.error);
  return run(connection_, "write a connection");
}

Result<void> Writer::add_frame(const FrameRecord& frame) {
  frame_.add(frame.id).add(frame.connection_id).add(frame.recv_ns).add(to_string(frame.direction));
  frame_.add(static_cast<std::int64_t>(frame.opcode));
  if (frame.opcode == Opcode::text && ws::is_valid_utf8(frame.payload)) {
    frame_.add(frame.payload);
  } else {
    frame_.add_blob(frame.payload);
  }
  return run(frame_, "add a frame");
}

Result<void> Writer::add_row(const RowRecord& record) {
  const Row& row = record.row;
  assert(row.table != nullptr && row.values.size() == row.table->columns.size());
  Statement& insert = rows_[static_cast<std::size_t>(row.table->id)];
  insert.add(record.frame_id).add(record.request_id).add(record.feed).add(to_string(row.origin));
  insert.add(record.recv_ns).add(row.event_ns);
  for (const Value& value : row.values) insert.add(value);
  return run(insert, "add a row");
}

Result<void> Writer::put_request(const RequestInfo& r) {
  request_.add(r.id).add(std::string_view(r.feed)).add(std::string_view(r.purpose)).add(r.sent_ns);
  request_.add(r.recv_ns).add(std::string_view(r.method)).add(std::string_view(r.url));
  request_.add(r.status).add(r.body).add(r.error);
  r.stream.empty() ? request_.add_null() : request_.add(std::string_view(r.stream));
  request_.add(r.gap_id).add(r.after_frame_id);
  return run(request_, "write a request");
}

Result<void> Writer::put_gap(const Gap& gap) {
  gap_.add(gap.id).add(std::string_view(gap.feed)).add(std::string_view(gap.stream));
  gap_.add(to_string(gap.cause)).add(gap.from_ns).add(gap.to_ns).add(gap.after_cursor);
  gap_.add(to_string(gap.method)).add(to_string(gap.status)).add(gap.recovered);
  gap_.add(std::string_view(gap.detail)).add(gap.floor_ns);
  return run(gap_, "write a gap");
}

Result<void> Writer::put_stream(const StreamInfo& s) {
  stream_.add(std::string_view(s.feed)).add(std::string_view(s.stream));
  stream_.add(std::string_view(s.endpoint)).add(s.first_ready_ns);
  return run(stream_, "write a stream");
}

Result<void> Writer::add_drift(const DriftRecord& drift) {
  drift_.add(std::string_view(drift.feed)).add(std::string_view(drift.type));
  drift_.add(std::string_view(drift.path)).add(std::string_view(drift.what));
  drift_.add(drift.frame_id).add(drift.recv_ns);
  return run(drift_, "add a drift");
}

Result<void> Writer::put_cursor(const CursorRecord& cursor) {
  cursor_.add(std::string_view(cursor.feed)).add(std::string_view(cursor.stream));
  cursor_.add(std::string_view(cursor.value)).add(cursor.recv_ns);
  return run(cursor_, "write a cursor");
}

Result<void> Writer::finish(Ns ended_ns, std::string_view outcome) {
  end_.add(ended_ns).add(outcome);
  if (auto result = run(end_, "write its end"); !result) return result;
  checkpointer_.reset();
  auto result = leave_plain_file(*database_);
  if (!result) failed_ = result.error();
  return result;
}

}  // namespace

Result<std::unique_ptr<TapeWriter>> make_writer(std::unique_ptr<Database> database) {
  auto writer = std::make_unique<Writer>(std::move(database));
  if (auto result = writer->prepare(); !result) return result.error();
  return std::unique_ptr<TapeWriter>(std::move(writer));
}

}  // namespace tapedeck::sqlite
