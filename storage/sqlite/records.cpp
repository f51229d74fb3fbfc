#include "storage/sqlite/records.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <utility>

#include "storage/sqlite/blocks.h"

namespace tapedeck::sqlite {
namespace {

class Records final : public RecordCursor {
 public:
  // `select` gives each record's key, then `columns`.
  Records(std::shared_ptr<Database> database, Statement select, std::vector<std::string> columns)
      : database_(std::move(database)), select_(std::move(select)), columns_(std::move(columns)) {}

  const std::vector<std::string>& columns() const override { return columns_; }

  Result<bool> next(std::span<const Value>& values) override {
    if (at_ == values_.size()) {
      if (auto filled = fill(); !filled) return filled.error();
      if (values_.empty()) return false;
    }
    values = std::span(values_).subspan(at_, columns_.size());
    at_ += columns_.size();
    return true;
  }

 private:
  Result<void> fill() {
    at_ = 0;
    values_.clear();
    bytes_.clear();
    auto result = read_block(*database_, select_, progress_, bytes_, [this](const Statement& row) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        values_.push_back(take_value(row, static_cast<int>(i) + 1, bytes_));
      }
      return row.integer(0);
    });
    std::size_t piece = 0;
    for (Value& value : values_) {
      if (value.type == Value::Type::text) value.text = bytes_.piece(piece++);
    }
    return result;
  }

  std::shared_ptr<Database> database_;  // outlives the statement
  Statement select_;
  std::vector<std::string> columns_;
  Progress progress_{std::numeric_limits<std::int64_t>::min()};
  std::vector<Value> values_;
  std::size_t at_ = 0;
  Bytes bytes_;
};

Result<std::vector<std::string>> names(Database& database, const char* sql,
                                       std::initializer_list<std::string_view> parameters) {
  auto select = database.prepare(sql);
  if (!select) return select.error();
  for (const std::string_view parameter : parameters) select->add(parameter);
  std::vector<std::string> all;
  int code = SQLITE_ROW;
  while ((code = select->step()) == SQLITE_ROW) all.push_back(select->text(0));
  if (code != SQLITE_DONE) return database.error("read its layout");
  return all;
}

}  // namespace

std::string sql_name(std::string_view name) {
  std::string sql = "\"";
  for (const char c : name) sql.append(c == '"' ? 2 : 1, c);
  return sql + '"';
}

std::string sql_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += ", " + sql_name(name);
  return list;
}

Result<std::vector<std::string>> columns_of(Database& database, std::string_view table,
                                            std::string_view schema) {
  return names(database, "SELECT name FROM pragma_table_info(?, ?) ORDER BY cid", {table, schema});
}

Result<std::string> column_or(Database& database, std::string_view table, std::string_view column,
                              std::string_view otherwise) {
  const auto columns = columns_of(database, table);
  if (!columns) return columns.error();
  const bool is_there = std::find(columns->begin(), columns->end(), column) != columns->end();
  return std::string(is_there ? column : otherwise);
}

Result<std::vector<std::string>> list_tables(Database& database) {
  return names(database,
               "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite\\_%' "
               "ESCAPE '\\' AND name NOT IN ('frame', 'frame_chunk', 'frame_plain') ORDER BY name",
               {"table"});
}

Result<std::unique_ptr<RecordCursor>> make_record_cursor(std::shared_ptr<Database> database,
                                                         const std::string& table) {
  auto columns = columns_of(*database, table);
  if (!columns) return columns.error();
  const std::string list = sql_list(*columns);
  const std::string from = " FROM " + sql_name(table);
  // Tables without a rowid are short (one record a stream): a record's place among all is its key.
  const auto without_rowid = names(
      *database, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name = ? AND wr = 1",
      {table});
  if (!without_rowid) return without_rowid.error();
  auto select = database->prepare(
      without_rowid->empty() ? "SELECT rowid" + list + from + " WHERE rowid > ? ORDER BY rowid"
                             : "SELECT * FROM (SELECT row_number() OVER () AS place" + list + from +
                                   ") WHERE place > ?");
  if (!select) return select.error();
  return std::unique_ptr<RecordCursor>(
      std::make_unique<Records>(std::move(database), std::move(*select), std::move(*columns)));
}

}  // namespace tapedeck::sqlite
