// How times, sizes and payloads read for people, and the aligned tables that hold them. Pure
// functions.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/time.h"

namespace tapedeck::cli {

// `1h02m03s`, `2m03s`, `12.3s`, `45ms`, `0s`; a negative length gets a `-`.
std::string human_duration(Ns length);
// `1 frame`, `12 frames`.
std::string counted(std::int64_t count, std::string_view thing);
// `812 B`, `12.3 KiB`, `1.5 GiB`.
std::string human_bytes(std::int64_t bytes);
// `2026-11-21T09:30:00.000000000Z`: always as long, so that lines align.
std::string fixed_time(Ns t);
// `+12.345678s` from `start`.
std::string fixed_offset(Ns t, Ns start);

// `text` with control characters as `\n`, `\x1b`, …: one line, and nothing that a terminal obeys.
// Bytes that are no UTF-8 become `\xNN`.
std::string printable(std::string_view text);
// `0x0a1b…`
std::string hex(std::string_view bytes);

// How many characters `text` (UTF-8) has.
std::size_t characters(std::string_view text);
// At most `width` characters, the last one `…` when something was cut.
std::string cut(std::string_view text, std::size_t width);

// Rows of cells in columns as wide as their widest cell.
class TextTable {
 public:
  enum class Align : std::uint8_t { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell a column; cells are made printable.
  void add(const std::vector<std::string>& cells);
  bool empty() const { return rows_.empty(); }
  // The titles, then the rows, each line after `indent`.
  void print(std::ostream& out, std::string_view indent = "") const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tapedeck::cli
