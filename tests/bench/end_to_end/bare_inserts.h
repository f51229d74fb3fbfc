// The other side of recording: the rows of a tape, inserted into an empty database of the same
// layout by prepared statements and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct sqlite3_stmt;

namespace tapedeck::bench {

class BareInserts {
 public:
  // Reads the tape's frames and rows into memory.
  explicit BareInserts(const std::string& tape);

  std::int64_t frames() const { return frames_; }
  std::int64_t rows() const { return rows_; }

  // Inserts all of it, in the recorder's order (each frame before its rows) and with its settings,
  // 5,000 frames a transaction. How long that took, in seconds.
  double insert_into(const std::string& path) const;

 private:
  struct Cell {
    int type;               // SQLite's
    std::int64_t integer;   // or the bytes' place
    std::int64_t size = 0;  // of them
  };
  struct Record {
    std::size_t table;
    std::size_t first_cell;
  };
  struct Table {
    std::string name, sql;
    int columns = 0;
  };

  void read_table(sqlite3_stmt* select, std::size_t table, int frame_column);
  void bind(sqlite3_stmt* insert, const Record& record) const;

  std::vector<Table> tables_;
  std::vector<Cell> cells_;
  std::string bytes_;
  std::vector<Record> records_;         // as they were read
  std::vector<std::int64_t> frame_of_;  // of each record
  std::vector<std::size_t> order_;      // by frame
  std::int64_t frames_ = 0;
  std::int64_t rows_ = 0;
};

}  // namespace tapedeck::bench
