// A prepared statement over views. SQLiteCpp's own can bind text without a copy only from a
// std::string and reports by exception; the tape's hot paths hold views and answer with Result, so
// they use this one.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/records.h"

namespace tapedeck::sqlite {

class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);  // ok() tells whether it compiled

  bool ok() const { return handle_ != nullptr; }

  // Parameters count from 1, and are bound in order by add(). Bytes must live until the next
  // reset(). A failure to bind (a value over SQLite's 1 GB, no memory) comes back from the next
  // step().
  Statement& add(std::int64_t value) {
    return note(sqlite3_bind_int64(handle_.get(), ++bound_, value));
  }
  Statement& add(int value) { return add(static_cast<std::int64_t>(value)); }
  Statement& add_null() { return note(sqlite3_bind_null(handle_.get(), ++bound_)); }
  // An empty view is an empty text here, also one without data; NULL is add_null()'s to say.
  Statement& add(std::string_view text) {
    const char* data = text.data() == nullptr ? "" : text.data();
    return note(sqlite3_bind_text64(handle_.get(), ++bound_, data, text.size(), SQLITE_STATIC,
                                    SQLITE_UTF8));
  }
  Statement& add_blob(std::string_view bytes) {
    const char* data = bytes.data() == nullptr ? "" : bytes.data();
    return note(sqlite3_bind_blob64(handle_.get(), ++bound_, data, bytes.size(), SQLITE_STATIC));
  }
  Statement& add(const Value& value) {
    switch (value.type) {
      case Value::Type::integer:
        return add(value.integer);
      case Value::Type::text:
        return add(value.text);
      case Value::Type::null:
        break;
    }
    return add_null();
  }
  template <class T>
  Statement& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  // Any value of another statement's current row, as it is.
  Statement& add_column(const Statement& from, int column) {
    return note(sqlite3_bind_value(handle_.get(), ++bound_,
                                   sqlite3_column_value(from.handle_.get(), column)));
  }

  // SQLITE_ROW, SQLITE_DONE or an error's code.
  int step() {
    if (bind_error_ != SQLITE_OK) return bind_error_;
    return sqlite3_step(handle_.get());
  }
  // Ready to bind and run again; ends the read transaction that the statement held.
  void reset() {
    sqlite3_reset(handle_.get());
    bound_ = 0;
    bind_error_ = SQLITE_OK;
  }

  // Columns of the current row, counted from 0. Views live until the next step() or reset().
  bool is_null(int column) const { return type(column) == SQLITE_NULL; }
  int columns() const { return sqlite3_column_count(handle_.get()); }
  int type(int column) const { return sqlite3_column_type(handle_.get(), column); }
  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  std::string_view bytes(int column) const;  // of a TEXT or a BLOB; never without data
  std::string text(int column) const { return std::string(bytes(column)); }
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<std::string> optional_text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  Statement& note(int code) {
    if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
    return *this;
  }

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bound_ = 0;
  int bind_error_ = SQLITE_OK;
};

}  // namespace tapedeck::sqlite
