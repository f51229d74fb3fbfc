#include "storage/sqlite/compact_copy.h"

#include <array>
#include <cstdint>
#include <future>
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
    // A chunk's frames are read twice: for their payloads, and for all else.
    if (auto set = to_.run("PRAGMA old.cache_size = -8192", "copy it"); !set) return set;
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
    const auto columns = frame_columns(to_, "old");
    if (!columns) return columns.error();
    const std::string list = sql_list(*columns).substr(2);
    auto thin = to_.prepare("INSERT INTO main.frame (" + list + ") SELECT " + list +
                            " FROM old.frame WHERE id BETWEEN ? AND ? ORDER BY id");
    if (!thin) return thin.error();
    insert_thin_ = std::move(*thin);
    auto insert = to_.prepare(
        "INSERT INTO main.frame_chunk (last_id, first_id, frames, data) VALUES (?, ?, ?, ?)");
    if (!insert) return insert.error();
    insert_chunk_ = std::move(*insert);
    auto walk = FrameWalk::open(to_, "old", {});
    if (!walk) return walk.error();
    if (auto packed = each_frame(**walk, [this](const FrameWalk& frame) { return pack(frame); });
        !packed) {
      return packed;
    }
    // The last one, and what is still on its way.
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      if (auto ended = end_chunk(); !ended) return ended;
    }
    return {};
  }

  Result<void> unpack_frames() {
    const auto columns = frame_columns(to_, "old");
    if (!columns) return columns.error();
    std::string values = "?";
    for (std::size_t i = 0; i < columns->size(); ++i) values += ", ?";
    auto insert = to_.prepare("INSERT INTO main.frame (payload" + sql_list(*columns) +
                              ") VALUES (" + values + ")");
    if (!insert) return insert.error();
    auto walk = FrameWalk::open(to_, "old", *columns);
    if (!walk) return walk.error();
    const int count = static_cast<int>(columns->size());
    return each_frame(**walk, [&](const FrameWalk& frame) -> Result<void> {
      const StoredPayload& payload = frame.payload();
      payload.is_blob ? insert->add_blob(payload.bytes) : insert->add(payload.bytes);
      for (int column = 1; column <= count; ++column) insert->add_column(frame.record(), column);
      if (insert->step() != SQLITE_DONE) return to_.error("write its frames");
      insert->reset();
      return {};
    });
  }

  template <class Take>
  Result<void> each_frame(FrameWalk& frame, Take take) {
    while (true) {
      const auto more = frame.next();
      if (!more) return more.error();
      if (!*more) return {};
      ++result_.frames;
      result_.payload_bytes += static_cast<std::int64_t>(frame.payload().bytes.size());
      if (auto taken = take(frame); !taken) return taken;
    }
  }

  Result<void> pack(const FrameWalk& frame) {
    if (chunks_[filling_].packer.is_full_before(frame.payload())) {
      if (auto ended = end_chunk(); !ended) return ended;
    }
    Chunk& chunk = chunks_[filling_];
    chunk.last_id = frame.id();
    if (chunk.packer.empty()) chunk.first_id = chunk.last_id;
    chunk.packer.add(frame.payload());
    return {};
  }

  // Has what was gathered packed, and makes room by writing what was gathered longest ago.
  Result<void> end_chunk() {
    Chunk& full = chunks_[filling_];
    if (!full.packer.empty()) {
      full.frames = static_cast<std::int64_t>(full.packer.count());
      // Where no thread can be had, it is packed when it is asked for.
      full.packed = std::async(std::launch::async | std::launch::deferred,
                               [&packer = full.packer] { return packer.pack(); });
      insert_thin_.add(full.first_id).add(full.last_id);
      if (insert_thin_.step() != SQLITE_DONE) return to_.error("write its frames");
      insert_thin_.reset();
    }
    filling_ = (filling_ + 1) % chunks_.size();
    Chunk& oldest = chunks_[filling_];
    if (!oldest.packed.valid()) return {};
    insert_chunk_.add(oldest.last_id).add(oldest.first_id).add(oldest.frames);
    insert_chunk_.add_blob(oldest.packed.get());
    if (insert_chunk_.step() != SQLITE_DONE) return to_.error("write its frames");
    insert_chunk_.reset();
    on_step_();
    return {};
  }

  // Payloads on their way. While they are packed, by a thread of their own, nobody else touches
  // the packer; its last use ends before this does, whatever else went wrong.
  struct Chunk {
    PayloadPacker packer;
    std::int64_t first_id = 0;
    std::int64_t last_id = 0;
    std::int64_t frames = 0;
    std::future<std::string_view> packed;  // waits when it is destroyed
  };

  Database& to_;
  const std::function<void()>& on_step_;
  CompactResult& result_;
  std::vector<Object> objects_;
  std::string plain_sql_;  // the statement that made `frame`
  Statement insert_thin_;
  Statement insert_chunk_;
  // In a circle: one is filled, those before it are being packed.
  std::array<Chunk, 3> chunks_;
  std::size_t filling_ = 0;
};

}  // namespace

Result<void> copy_tape(Database& to, const std::string& from_path, bool undo,
                       const std::function<void()>& on_step, CompactResult& result) {
  return Copy(to, on_step, result).run(from_path, undo);
}

}  // namespace tapedeck::sqlite
