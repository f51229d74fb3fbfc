#include "schema/base/redact.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "schema/base/text.h"

namespace tapedeck {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kAnywhereMin = 4;  // bytes; shorter secrets are replaced as whole values only

std::string lower_escapes(std::string text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] != '%') continue;
    const std::string hex = to_lower(std::string_view(text).substr(i + 1, 2));
    text.replace(i + 1, 2, hex);
  }
  return text;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    out += text.substr(0, at);
    out += to;
    text.remove_prefix(at + from.size());
  }
  out += text;
  return out;
}

// The code point at the front of `text`, taken off it; nullopt when it is no UTF-8.
std::optional<std::uint32_t> take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc0 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                                          : 4;
  if (size == 0 || size > text.size()) return std::nullopt;
  std::uint32_t point = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(size);
  return point;
}

void append_u_escape(std::string& out, std::uint32_t unit, std::string_view hex) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += hex[(unit >> shift) & 0xfU];
}

// JSON as writers that keep to ASCII make it (RFC 8259 section 7). `escaped` is escaped already but
// for what lies outside of ASCII.
std::string ascii_only(std::string_view escaped, std::string_view hex) {
  std::string out;
  while (!escaped.empty()) {
    const std::string_view before = escaped;
    const auto point = take_code_point(escaped);
    if (!point) return std::string(before);
    if (*point < 0x80) {
      out += before.front();
    } else if (*point < 0x10000) {
      append_u_escape(out, *point, hex);
    } else {
      append_u_escape(out, 0xd800U + ((*point - 0x10000U) >> 10U), hex);
      append_u_escape(out, 0xdc00U + ((*point - 0x10000U) & 0x3ffU), hex);
    }
  }
  return out;
}

// The ways in which clients, servers and libraries write one secret.
std::vector<std::string> forms_of(std::string_view secret) {
  std::vector<std::string> forms{std::string(secret)};
  // Everything escaped; as JavaScript's encodeURIComponent; as RFC 3986 section 3.4 allows in a
  // query.
  for (const std::string_view keep : {"", "!'()*", "@:/?", "!$'()*,;:@/?"}) {
    const std::string encoded = percent_encode(secret, keep);
    for (const std::string& form : {encoded, replace_all(encoded, "%20", "+")}) {
      forms.push_back(form);
      forms.push_back(lower_escapes(form));
    }
  }
  const std::string quoted = json_string(secret);
  const std::string escaped = quoted.substr(1, quoted.size() - 2);
  for (const std::string& form : {escaped, replace_all(escaped, "/", "\\/")}) {
    forms.push_back(form);
    forms.push_back(ascii_only(form, "0123456789abcdef"));
    forms.push_back(ascii_only(form, "0123456789ABCDEF"));
  }
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  return forms;
}

// How common a byte is in messages, roughly: the rarest one of a secret is looked for first, since
// every frame is searched for every secret.
int commonness(char c) {
  constexpr std::string_view kByCommonness = "\":,0123456789etaoinsrlcdpum{}[]_.-ybgfhkvwTZ";
  const std::size_t at = kByCommonness.find(c);
  if (at != std::string_view::npos) return static_cast<int>(kByCommonness.size() - at);
  return 0;
}

std::size_t rarest_in(std::string_view secret) {
  const auto rarest = std::min_element(
      secret.begin(), secret.end(), [](char a, char b) { return commonness(a) < commonness(b); });
  return static_cast<std::size_t>(rarest - secret.begin());
}

// As text.find(needle, from).
std::size_t find_by(std::string_view text, std::string_view needle, std::size_t rare,
                    std::size_t from) {
  for (std::size_t at = text.find(needle[rare], from + rare); at != std::string_view::npos;
       at = text.find(needle[rare], at + 1)) {
    if (text.substr(at - rare, needle.size()) == needle) return at - rare;
  }
  return std::string_view::npos;
}

bool is_whole_value(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin == 0) return false;
  const std::string_view after = text.substr(end);
  switch (text[begin - 1]) {
    case '=':
      return after.empty() || std::string_view("&# \t\r\n\"'").find(after.front()) != after.npos;
    case '"':
      return after.starts_with('"') || after.starts_with("\\\"");
    default:
      return false;
  }
}

}  // namespace

void Redactor::add(std::string_view secret) {
  if (secret.empty()) return;
  const bool whole_value = secret.size() < kAnywhereMin;
  for (std::string& form : forms_of(secret)) {
    const bool known = std::any_of(needles_.begin(), needles_.end(),
                                   [&](const Needle& n) { return n.text == form; });
    if (known) continue;
    const std::size_t rare = rarest_in(form);
    needles_.push_back({std::move(form), whole_value, rare});
  }
}

std::size_t Redactor::find(std::string_view text, const Needle& needle, std::size_t from) {
  std::size_t at = find_by(text, needle.text, needle.rare, from);
  while (at != std::string_view::npos && needle.whole_value &&
         !is_whole_value(text, at, at + needle.text.size())) {
    at = find_by(text, needle.text, needle.rare, at + 1);
  }
  return at;
}

bool Redactor::touches(std::string_view text) const {
  return std::any_of(needles_.begin(), needles_.end(), [&](const Needle& needle) {
    return find(text, needle, 0) != std::string_view::npos;
  });
}

std::string Redactor::apply(std::string_view text) const {
  struct Span {
    std::size_t begin;
    std::size_t end;
  };
  std::vector<Span> spans;
  for (const Needle& needle : needles_) {
    for (std::size_t at = find(text, needle, 0); at != std::string_view::npos;
         at = find(text, needle, at + 1)) {
      spans.push_back({at, at + needle.text.size()});
    }
  }
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.begin < b.begin; });

  std::string out;
  std::size_t done = 0;  // text before this is in `out`
  for (std::size_t i = 0; i < spans.size();) {
    const std::size_t begin = spans[i].begin;
    std::size_t end = spans[i].end;
    for (++i; i < spans.size() && spans[i].begin < end; ++i) end = std::max(end, spans[i].end);
    out += text.substr(done, begin - done);
    out += kMask;
    done = end;
  }
  out += text.substr(done);
  return out;
}

}  // namespace tapedeck
