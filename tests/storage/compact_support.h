// Tapes to compact, and everything that is on one as text.
#pragma once

#include "storage/compact.h"
#include "tests/storage/tape_files.h"
#include "tests/support/mixed_tape.h"

namespace tapedeck::testing {

// A finished tape of all feeds with some of everything; gives its number of frames.
inline std::int64_t write_finished(const std::string& path, std::int64_t messages_each) {
  auto writer = must(create_tape_at(path, session_named("live"), Durability::process));
  MixedTape tape(*writer, kStart);
  must(writer->begin());
  must(tape.add(messages_each));
  must(tape.add_frame("hypercall", Direction::in, Opcode::binary, std::string_view("\0\xff", 2)));
  must(tape.add_frame("hypercall", Direction::in, Opcode::text, "\xff\xfe"));
  must(tape.add_frame("hypercall", Direction::in, Opcode::text, std::string_view("a\0b", 3)));
  must(tape.add_frame("hypercall", Direction::in, Opcode::text, std::string(1'500'000, 'x')));
  must(tape.add_frame("hypercall", Direction::in, Opcode::text, ""));
  must(tape.add_frame("hypercall", Direction::in, Opcode::close, "\x03\xe8"));
  Gap gap;
  gap.id = 1;
  gap.feed = "hypercall";
  gap.stream = "trades";
  gap.from_ns = kStart;
  gap.to_ns = kStart + 1;
  must(writer->put_gap(gap));
  RequestInfo request;
  request.id = 1;
  request.feed = "hypercall";
  request.purpose = "login";
  request.body = "\xff body";
  must(writer->put_request(request));
  must(writer->commit());
  must(writer->finish(tape.now_ns(), "closed"));
  return tape.frames();
}

// Every object's SQL in its order, and every value of every table with its type: two tapes with the
// same dump are the same to SQLite.
inline Lines dump_of(const std::string& path) {
  // One SELECT a table, made of its columns.
  const Lines selects = raw_query(path, R"sql(
SELECT 'SELECT ''' || m.name || ':'' || ' ||
       group_concat('typeof("' || c.name || '") || hex("' || c.name || '")', ' || '','' || ') ||
       ' FROM "' || m.name || '"'
FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'
GROUP BY m.rowid ORDER BY m.rowid)sql");
  std::string sql =
      "PRAGMA application_id; PRAGMA user_version; SELECT type, name, tbl_name, sql FROM "
      "sqlite_master ORDER BY rowid";
  for (const std::string& select : selects) sql += ";" + select;
  return raw_query(path, sql);
}

inline Lines files_in(const std::string& directory) {
  Lines names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline Result<CompactResult> compact(const std::string& path) {
  return compact_tape({path, "", false});
}
inline Result<CompactResult> undo(const std::string& path) {
  return compact_tape({path, "", true});
}

}  // namespace tapedeck::testing
