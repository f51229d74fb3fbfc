#include "storage/sqlite/statement.h"

namespace tapedeck::sqlite {

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                     &handle, nullptr);
  handle_.reset(handle);
}

std::string_view Statement::bytes(int column) const {
  // Of a TEXT too this gives the bytes as they are, where column_text() of a BLOB would convert.
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  if (data == nullptr) return "";
  return {static_cast<const char*>(data), size};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

}  // namespace tapedeck::sqlite
