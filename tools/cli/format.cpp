#include "tools/cli/format.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>

#include "schema/ws/codec.h"

namespace tapedeck::cli {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex(std::string& out, unsigned char byte) {
  out += kHexDigits[byte >> 4U];
  out += kHexDigits[byte & 0xfU];
}

void append_escaped(std::string& out, unsigned char byte) {
  if (byte == '\n') {
    out += "\\n";
  } else if (byte == '\r') {
    out += "\\r";
  } else if (byte == '\t') {
    out += "\\t";
  } else {
    out += "\\x";
    append_hex(out, byte);
  }
}

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

// The length of the well-formed character at the start of `text`; 0 when there is none.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  if (lead >= 0xf0U) {
    size = 4;
  } else if (lead >= 0xe0U) {
    size = 3;
  } else if (lead >= 0x80U) {
    size = 2;
  }
  if (size > text.size() || !ws::is_valid_utf8(text.substr(0, size))) return 0;
  return size;
}

// U+0080 … U+009F: some terminals obey them.
bool is_c1_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xc2' &&
         static_cast<unsigned char>(character[1]) < 0xa0U;
}

}  // namespace

std::string human_duration(Ns length) {
  if (length < 0) return "-" + human_duration(-length);
  std::array<char, 48> text{};
  const Ns seconds = length / kNsPerSec;
  if (length == 0) return "0s";
  if (length < kNsPerMs) {
    std::snprintf(text.data(), text.size(), "%lldus", static_cast<long long>(length / kNsPerUs));
  } else if (length < kNsPerSec) {
    std::snprintf(text.data(), text.size(), "%lldms", static_cast<long long>(length / kNsPerMs));
  } else if (seconds < 60) {
    std::snprintf(text.data(), text.size(), "%lld.%llds", static_cast<long long>(seconds),
                  static_cast<long long>(length % kNsPerSec / (100 * kNsPerMs)));
  } else if (seconds < 3600) {
    std::snprintf(text.data(), text.size(), "%lldm%02llds", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  } else {
    std::snprintf(text.data(), text.size(), "%lldh%02lldm%02llds",
                  static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                  static_cast<long long>(seconds % 60));
  }
  return text.data();
}

std::string counted(std::int64_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

std::string human_bytes(std::int64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr std::array<const char*, 4> kUnits = {"KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", amount, kUnits[unit]);
  return text.data();
}

std::string fixed_time(Ns t) {
  Ns fraction = t % kNsPerSec;
  if (fraction < 0) fraction += kNsPerSec;
  std::string text = format_rfc3339(t - fraction);  // whole seconds: `…45Z`
  text.pop_back();
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), ".%09lldZ", static_cast<long long>(fraction));
  return text + digits.data();
}

std::string fixed_offset(Ns t, Ns start) {
  const Ns offset = t - start;
  const Ns size = offset < 0 ? -offset : offset;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%c%lld.%06llds", offset < 0 ? '-' : '+',
                static_cast<long long>(size / kNsPerSec),
                static_cast<long long>(size % kNsPerSec / kNsPerUs));
  return text.data();
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte >= 0x20U && byte < 0x7fU) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::size_t size = byte < 0x80U ? 0 : character_size(text);
    if (size == 0 || is_c1_control(text.substr(0, size))) {
      append_escaped(out, byte);
      text.remove_prefix(1);
      continue;
    }
    out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out = "0x";
  out.reserve(2 + 2 * bytes.size());
  for (const char byte : bytes) append_hex(out, static_cast<unsigned char>(byte));
  return out;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

std::string cut(std::string_view text, std::size_t width) {
  if (characters(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t kept = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (kept + 1 == width) break;
    ++kept;
  }
  return std::string(text.substr(0, end)) + "…";
}

void TextTable::add(const std::vector<std::string>& cells) {
  assert(cells.size() == columns_.size());
  std::vector<std::string> row;
  row.reserve(cells.size());
  for (const std::string& cell : cells) row.push_back(printable(cell));
  rows_.push_back(std::move(row));
}

void TextTable::print(std::ostream& out, std::string_view indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = characters(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, characters(row[i]));
    widths.push_back(width);
  }
  auto line = [&](auto cell_of) {
    std::string text(indent);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string blanks(widths[i] - characters(cell), ' ');
      const bool right = columns_[i].align == Align::right;
      text += (i == 0 ? "" : "  ") + (right ? blanks + cell : cell + blanks);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  };
  line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
  for (const auto& row : rows_) {
    line([&](std::size_t i) -> const std::string& { return row[i]; });
  }
}

}  // namespace tapedeck::cli
