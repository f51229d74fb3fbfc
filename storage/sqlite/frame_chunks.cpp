#include "storage/sqlite/frame_chunks.h"

#include <utility>

#include "storage/sqlite/records.h"

namespace tapedeck::sqlite {

Result<bool> is_compacted(Database& database, const std::string& schema) {
  const auto found = database.query_integer("SELECT count(*) FROM " + schema +
                                            ".sqlite_master WHERE type = 'table' AND name = "
                                            "'frame_chunk'");
  if (!found) return found.error();
  return *found > 0;
}

Result<std::unique_ptr<ChunkedPayloads>> ChunkedPayloads::open_if_compacted(
    Database& database, const std::string& schema) {
  const auto compacted = is_compacted(database, schema);
  if (!compacted) return compacted.error();
  if (!*compacted) return std::unique_ptr<ChunkedPayloads>();
  auto chunk = database.prepare("SELECT first_id, last_id, frames, data FROM " + schema +
                                ".frame_chunk WHERE last_id >= ? ORDER BY last_id LIMIT 1");
  if (!chunk) return chunk.error();
  auto place =
      database.prepare("SELECT count(*) FROM " + schema + ".frame WHERE id >= ? AND id < ?");
  if (!place) return place.error();
  return std::unique_ptr<ChunkedPayloads>(
      new ChunkedPayloads(database, std::move(*chunk), std::move(*place)));
}

const StoredPayload* ChunkedPayloads::next(std::int64_t id) {
  const std::size_t index = has_holes_ ? index_++ : static_cast<std::size_t>(id - first_id_);
  return index < unpacker_.count() ? &unpacker_.at(index) : nullptr;
}

Result<void> ChunkedPayloads::load(std::int64_t id) {
  chunk_.add(id);
  const int code = chunk_.step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return database_.error("read its frames");
  const std::int64_t first = code == SQLITE_ROW ? chunk_.integer(0) : 0;
  const bool is_good =
      code == SQLITE_ROW && first <= id &&
      unpacker_.unpack(chunk_.bytes(3), static_cast<std::size_t>(chunk_.integer(2)));
  if (is_good) {
    first_id_ = first;
    last_id_ = chunk_.integer(1);
  }
  chunk_.reset();
  if (!is_good) return damaged(id);
  // Where ids have no holes, an id is a place.
  has_holes_ = last_id_ - first_id_ + 1 != static_cast<std::int64_t>(unpacker_.count());
  if (!has_holes_) return {};
  place_.add(first_id_).add(id);
  if (place_.step() != SQLITE_ROW) return database_.error("read its frames");
  index_ = static_cast<std::size_t>(place_.integer(0));
  place_.reset();
  return {};
}

void ChunkedPayloads::rewind() {
  if (has_holes_) last_id_ = first_id_ - 1;  // loaded again, it tells which place is next
}

Error ChunkedPayloads::damaged(std::int64_t id) const {
  return {database_.path() + ": the compressed payload of frame " + std::to_string(id) +
          " is damaged or missing: run `tapedeck verify` on it and keep a copy"};
}

Result<std::vector<std::string>> frame_columns(Database& database, const std::string& schema) {
  auto columns = columns_of(database, "frame", schema);
  if (!columns) return columns.error();
  if (std::erase(*columns, "payload") == 1) return columns;
  return Error{database.path() + ": its table frame has no payload: the file is damaged"};
}

FrameWalk::FrameWalk(Database& database, Statement select, int payload_column,
                     std::unique_ptr<ChunkedPayloads> chunks)
    : database_(database),
      select_(std::move(select)),
      payload_column_(payload_column),
      chunks_(std::move(chunks)) {}

Result<std::unique_ptr<FrameWalk>> FrameWalk::open(Database& database, const std::string& schema,
                                                   const std::vector<std::string>& columns,
                                                   IdRange ids) {
  auto chunks = ChunkedPayloads::open_if_compacted(database, schema);
  if (!chunks) return chunks.error();
  auto select = database.prepare("SELECT id" + sql_list(columns) + ", payload FROM " + schema +
                                 ".frame WHERE id BETWEEN ? AND ? ORDER BY id");
  if (!select) return select.error();
  select->add(ids.first).add(ids.last);
  const int payload_column = select->columns() - 1;
  return std::unique_ptr<FrameWalk>(
      new FrameWalk(database, std::move(*select), payload_column, std::move(*chunks)));
}

Result<bool> FrameWalk::next() {
  const int code = select_.step();
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return database_.error("read its frames");
  if (chunks_ != nullptr) {
    if (!chunks_->has(id())) {
      if (auto loaded = chunks_->load(id()); !loaded) return loaded.error();
    }
    const StoredPayload* payload = chunks_->next(id());
    if (payload == nullptr) return chunks_->damaged(id());
    payload_ = *payload;
    return true;
  }
  const int type = select_.type(payload_column_);
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
    return Error{database_.path() + ": the payload of frame " + std::to_string(id()) +
                 " is neither text nor bytes: the file is damaged, or was changed by hand"};
  }
  payload_ = {select_.bytes(payload_column_), type == SQLITE_BLOB};
  return true;
}

}  // namespace tapedeck::sqlite
