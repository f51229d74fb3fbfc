#include "storage/sqlite/compact_copy.h"

#include <utility>
#include <vector>

#include "storage/sqlite/frame_chunks.h"
#include "storage/sqlite/layout.h"
#include "storage/sqlite/records.h"

namespace tapedeck::sqlite {
namespace {

// What a tape is made of, in the order in which it was made, but for what compacting changes.
constexpr const char* kObjects =
    "SELECT type, name, sql FROM old.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE "
    "'sqlite\\_%' ESCAPE '\\' AND name NOT IN ('frame_chunk', 'frame_plain') ORDER BY rowid";

constexpr const char* kMakeChunks =
    "CREATE TABLE frame_chunk (\n  last_id INTEGER PRIMARY KEY,\n  first_id INTEGER NOT NULL,\n"
    "  frames INTEGER NOT NULL,\n  data BLOB NOT NULL);\n"
    "CREATE TABLE frame_plain (sql TEXT NOT NULL)";

struct Object {
  std::string type;
  std::string name;
  std::string sql;
};

class Copy {
 public:
  Copy(Database& to, const std::function<void()>& on_step, CompactResult& result)
      : to_(to), on_step_(on_step), result_(result) {}

  Result<void> run(const std::string& from_path, bool undo) {
    if (auto ready = set_up(from_path); !ready) return ready;
    if (auto made = make_tables(undo); !made) return made;
    if (auto frames = undo ? unpack_frames() : pack_frames(); !frames) return frames;
    // Last: an index or a trigger has nothing to do with how records come here.
    for (const Object& object : objects_) {
      if (object.type == "table") continue;
      if (auto made = to_.run(object.sql.c_str(), "copy it"); !made) return made;
    }
    if (auto done = to_.run("COMMIT", "copy it"); !done) return done;
    on_step_();
    return to_.run("DETACH old", "copy it");
  }

 private:
  // Until it has its name the new file is nothing: no journal, and one flush at the end.
  Result<void> set_up(const std::string& from_path) {
    const std::string pages = "PRAGMA page_size = " + std::to_string(kPageBytes) +
                              "; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8'"
                              "; PRAGMA cache_size = -16384; PRAGMA foreign_keys = OFF"
                              "; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";
    if (auto set = to_.run(pages.c_str(), "copy it"); !set) return set;
    auto attach = to_.prepare("ATTACH ? AS old");
    if (!attach) return attach.error();
    attach->add(std::string_view(from_path));
    if (attach->step() != SQLITE_DONE) return to_.error("copy it");
    attach->reset();
    const auto version = to_.query_integer("PRAGMA old.user_version");
    if (!version) return version.error();
    const std::string identity =
        "BEGIN; PRAGMA main.application_id = " + std::to_string(kTapeApplicationId) +
        "; PRAGMA main.user_version = " + std::to_string(*version);
    return to_.run(identity.c_str(), "copy it");
  }

  Result<void> make_tables(bool undo) {
    auto select = to_.prepare(kObjects);
    if (!select) return select.error();
    int code = SQLITE_ROW;
    while ((code = select->step()) == SQLITE_ROW) {
      objects_.push_back({select->text(0), select->text(1), select->text(2)});
    }
    if (code != SQLITE_DONE) return to_.error("read its layout");
    select->reset();
    for (const Object& object : objects_) {
      if (object.type != "table") continue;
      auto made = object.name == "frame" ? make_frame_table(object.sql, undo) : copy_table(object);
      if (!made) return made;
      on_step_();
    }
    return undo ? Result<void>() : to_.run(kMakeChunks, "copy it");
  }

  Result<void> copy_table(const Object& table) {
    if (auto made = to_.run(table.sql.c_str(), "copy it"); !made) return made;
    const std::string name = sql_name(table.name);
    return to_.run(("INSERT INTO main." + name + " SELECT * FROM old." + name).c_str(), "copy it");
  }

  Result<void> make_frame_table(const std::string& sql, bool undo) {
    if (!undo) {
      plain_sql_ = sql;
      auto thin = thin_frame_sql();
      return thin ? to_.run(thin->c_str(), "copy it") : thin.error();
    }
    auto select = to_.prepare("SELECT sql FROM old.frame_plain");
    if (!select) return select.error();
    if (select->step() != SQLITE_ROW) return to_.error("read its layout");
    return to_.run(select->text(0).c_str(), "copy it");
  }

  // The same columns, where a payload may be missing.
  Result<std::string> thin_frame_sql() {
    auto columns = to_.prepare(
        "SELECT name, type, \"notnull\", pk FROM pragma_table_info('frame', 'old') ORDER BY cid");
    if (!columns) return columns.error();
    std::string sql;
    bool has_id = false;
    int code = SQLITE_ROW;
    while ((code = columns->step()) == SQLITE_ROW) {
      const bool is_key = columns->integer(3) > 0;
      has_id = has_id || (is_key && columns->bytes(0) == "id" && columns->bytes(1) == "INTEGER");
      sql += (sql.empty() ? "CREATE TABLE frame (\n  " : ",\n  ") + sql_name(columns->bytes(0));
      if (columns->bytes(0) == "payload") continue;
      if (!columns->bytes(1).empty()) sql += " " + columns->text(1);
      if (is_key) sql += " PRIMARY KEY";
      if (!is_key && columns->integer(2) > 0) sql += " NOT NULL";
    }
    if (code != SQLITE_DONE) return to_.error("read its layout");
    if (!has_id) return Error{"its table frame has no INTEGER PRIMARY KEY `id`"};
    return sql + ")";
  }

  Result<void> pack_frames() {
    auto plain = to_.prepare("INSERT INTO main.frame_plain (sql) VALUES (?)");
    if (!plain) return plain.error();
    plain->add(std::string_view(plain_sql_));
    if (plain->step() != SQLITE_DONE) return to_.error("write its frames");
    auto insert = to_.prepare(
        "INSERT INTO main.frame_chunk (last_id, first_id, frames, data) VALUES (?, ?, ?, ?)");
    if (!insert) return insert.error();
    insert_ = std::move(*insert);
    auto thin = copy_records(
        "NULL", [this](const FrameWalk& frame) { return pack(frame.id(), frame.payload()); });
    if (!thin) return thin;
    return packer_.empty() ? Result<void>() : write_chunk();
  }

  Result<void> unpack_frames() {
    return copy_records("?", [](const FrameWalk&) { return Result<void>(); });
  }

  // Copies every record of `frame`, and hands each to `take`. `payload`: SQL for its payload, `?`
  // where it is to be written.
  template <class Take>
  Result<void> copy_records(const char* payload, Take take) {
    auto walk = FrameWalk::open(to_, "old");
    if (!walk) return walk.error();
    FrameWalk& frame = **walk;
    const bool with_payload = *payload == '?';
    std::string values;
    for (std::size_t i = 0; i < frame.columns().size(); ++i) {
      values += i == frame.payload_column() ? std::string(", ") + payload : ", ?";
    }
    auto insert = to_.prepare("INSERT INTO main.frame (" + sql_list(frame.columns()).substr(2) +
                              ") VALUES (" + values.substr(2) + ")");
    if (!insert) return insert.error();
    while (true) {
      const auto more = frame.next();
      if (!more) return more.error();
      if (!*more) return {};
      for (std::size_t i = 0; i < frame.columns().size(); ++i) {
        if (i != frame.payload_column()) {
          insert->add_column(frame.record(), frame.column(i));
        } else if (with_payload) {
          frame.payload().is_blob ? insert->add_blob(frame.payload().bytes)
                                  : insert->add(frame.payload().bytes);
        }
      }
      if (insert->step() != SQLITE_DONE) return to_.error("write its frames");
      insert->reset();
      ++result_.frames;
      result_.payload_bytes += static_cast<std::int64_t>(frame.payload().bytes.size());
      if (auto taken = take(frame); !taken) return taken;
    }
  }

  Result<void> pack(std::int64_t id, const StoredPayload& payload) {
    if (packer_.is_full_before(payload)) {
      if (auto written = write_chunk(); !written) return written;
    }
    if (packer_.empty()) first_id_ = id;
    last_id_ = id;
    packer_.add(payload);
    return {};
  }

  Result<void> write_chunk() {
    insert_.add(last_id_).add(first_id_).add(static_cast<std::int64_t>(packer_.count()));
    insert_.add_blob(packer_.pack());
    if (insert_.step() != SQLITE_DONE) return to_.error("write its frames");
    insert_.reset();
    on_step_();
    return {};
  }

  Database& to_;
  const std::function<void()>& on_step_;
  CompactResult& result_;
  std::vector<Object> objects_;
  std::string plain_sql_;  // the statement that made `frame`
  PayloadPacker packer_;
  Statement insert_;
  std::int64_t first_id_ = 0;
  std::int64_t last_id_ = 0;
};

bool same_value(const Statement& a, const Statement& b, int column) {
  if (a.type(column) != b.type(column)) return false;
  if (a.type(column) == SQLITE_INTEGER) return a.integer(column) == b.integer(column);
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

Result<void> compare_frames(Database& a, Database& b) {
  auto of_a = FrameWalk::open(a, "main");
  if (!of_a) return of_a.error();
  auto of_b = FrameWalk::open(b, "main");
  if (!of_b) return of_b.error();
  if ((*of_a)->columns() != (*of_b)->columns()) return differs(b, "frame", 0);
  while (true) {
    const auto more_a = (*of_a)->next();
    if (!more_a) return more_a.error();
    const auto more_b = (*of_b)->next();
    if (!more_b) return more_b.error();
    if (!*more_a && !*more_b) return {};
    const std::int64_t id = *more_a ? (*of_a)->id() : (*of_b)->id();
    if (*more_a != *more_b) return differs(b, "frame", id);
    const StoredPayload& payload = (*of_a)->payload();
    bool same =
        payload.is_blob == (*of_b)->payload().is_blob && payload.bytes == (*of_b)->payload().bytes;
    for (std::size_t i = 0; same && i < (*of_a)->columns().size(); ++i) {
      const int column = (*of_a)->column(i);
      same = i == (*of_a)->payload_column() ||
             same_value((*of_a)->record(), (*of_b)->record(), column);
    }
    if (!same) return differs(b, "frame", id);
  }
}

}  // namespace

Result<void> copy_tape(Database& to, const std::string& from_path, bool undo,
                       const std::function<void()>& on_step, CompactResult& result) {
  return Copy(to, on_step, result).run(from_path, undo);
}

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
  for (const std::string& table : *tables) {
    result = compare_table(a, b, "SELECT * FROM " + sql_name(table), table);
    if (!result) return result;
    on_step();
  }
  return compare_frames(a, b);
}

}  // namespace tapedeck::sqlite
