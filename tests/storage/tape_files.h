// What the storage tests share: directories that vanish, small sessions, and tapes read back as
// text.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/tape_reader.h"
#include "storage/tape_writer.h"
#include "tests/support/temp_dir.h"

namespace tapedeck::testing {

inline constexpr Ns kStart = 1'795'253'400'000'000'000;  // 2026-11-21T09:30:00Z

inline SessionInfo session_named(const std::string& name) {
  SessionInfo session;
  session.name = name;
  session.started_ns = kStart;
  session.recorder_version = "0.1.0";
  session.host = "box";
  session.config = R"({"name":"live"})";
  return session;
}

// The value, or a failed test that ends with the error.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

inline FrameRecord frame_of(std::int64_t id, Ns recv_ns, std::string_view payload,
                            Opcode opcode = Opcode::text, Direction direction = Direction::in) {
  return {id, 1, recv_ns, direction, opcode, payload};
}

template <class Record>
Result<void> add_record(TapeWriter& tape, const Record& record,
                        std::optional<std::int64_t> frame_id, Ns recv_ns, Int event_ns = {},
                        Origin origin = Origin::live) {
  const auto values = record.values();
  return tape.add_row({0, frame_id, std::nullopt, "hypercall", recv_ns,
                       Row{&table_of(Record::kTable), origin, event_ns, values}});
}

// `ID cCONNECTION @RECV in|out OPCODE PAYLOAD` each.
inline std::vector<std::string> frames_of(TapeReader& tape, std::int64_t from_id = 1) {
  auto cursor = must(tape.frames(from_id));
  std::vector<std::string> lines;
  FrameRecord frame;
  while (must(cursor->next(frame))) {
    lines.push_back(std::to_string(frame.id) + " c" + std::to_string(frame.connection_id) + " @" +
                    std::to_string(frame.recv_ns) + " " + std::string(to_string(frame.direction)) +
                    " " + std::to_string(static_cast<int>(frame.opcode)) + " " +
                    std::string(frame.payload));
  }
  return lines;
}

// `ID fFRAME rREQUEST FEED ORIGIN @RECV ^EVENT name=value …`, what is NULL left out.
inline std::vector<std::string> rows_of(TapeReader& tape, TableId table) {
  auto cursor = must(tape.rows(table));
  std::vector<std::string> lines;
  TapeRow row;
  while (must(cursor->next(row))) {
    std::string line = std::to_string(row.id);
    if (row.frame_id) line += " f" + std::to_string(*row.frame_id);
    if (row.request_id) line += " r" + std::to_string(*row.request_id);
    line += " " + std::string(row.feed) + " " + std::string(to_string(row.origin)) + " @" +
            std::to_string(row.recv_ns);
    if (row.event_ns) line += " ^" + std::to_string(*row.event_ns);
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      const Value& value = row.values[i];
      if (value.type == Value::Type::null) continue;
      line += " " + std::string(table_of(table).columns[i].name) + "=";
      line += value.type == Value::Type::integer ? std::to_string(value.integer)
                                                 : "'" + std::string(value.text) + "'";
    }
    lines.push_back(line);
  }
  return lines;
}

// A query's answer through SQLite's own interface, columns joined by `|`: what any other tool sees.
inline std::vector<std::string> raw_query(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  std::vector<std::string> lines;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    const auto collect = [](void* into, int columns, char** values, char**) {
      std::string line;
      for (int i = 0; i < columns; ++i) {
        line += (i > 0 ? "|" : "") + std::string(values[i] == nullptr ? "NULL" : values[i]);
      }
      static_cast<std::vector<std::string>*>(into)->push_back(line);
      return 0;
    };
    sqlite3_exec(database, sql.c_str(), collect, &lines, nullptr);
  }
  if (sqlite3_errcode(database) != SQLITE_OK)
    ADD_FAILURE() << sqlite3_errmsg(database) << ": " << sql;
  sqlite3_close(database);
  return lines;
}

using Lines = std::vector<std::string>;

// A commit around what `fill` puts on a new tape `a.tape`.
template <class Fill>
std::unique_ptr<TapeWriter> tape_with(const TempDir& directory, Fill fill) {
  auto tape =
      must(create_tape_at(directory.file("a.tape"), session_named("live"), Durability::process));
  must(tape->begin());
  fill(*tape);
  must(tape->commit());
  return tape;
}

}  // namespace tapedeck::testing
