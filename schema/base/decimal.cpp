#include "schema/base/decimal.h"

#include <charconv>
#include <cstdint>

namespace tapedeck {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Exponents beyond this are nobody's price.
constexpr std::int64_t kExponentMax = 1'000'000'000;

}  // namespace

std::optional<std::string> canonical_decimal(std::string_view text) {
  std::string digits;
  std::int64_t exponent = 0;
  bool is_negative = false;
  bool has_digits = false;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) is_negative = text[at++] == '-';
  bool in_fraction = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !in_fraction) {
      in_fraction = true;
    } else if (is_digit(c)) {
      has_digits = true;
      if (c != '0' || !digits.empty()) digits += c;
      if (in_fraction) --exponent;
    } else {
      break;
    }
  }
  if (!has_digits) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    if (text.substr(at).starts_with("+-")) return std::nullopt;
    if (at < text.size() && text[at] == '+') ++at;
    std::int64_t given = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + at, end, given);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    if (given > kExponentMax || given < -kExponentMax) return std::nullopt;
    exponent += given;
  }
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (digits.empty()) return "0";
  return (is_negative ? "-" : "") + digits + "e" + std::to_string(exponent);
}

bool same_decimal(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto first = canonical_decimal(a);
  return first && first == canonical_decimal(b);
}

}  // namespace tapedeck
