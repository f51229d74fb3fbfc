#include "schema/base/json.h"

#include <simdjson.h>

#include <charconv>

namespace tapedeck {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr int kDepthMax = 128;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 8259 section 6.
bool is_number(std::string_view t) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < t.size() && is_digit(t[i])) ++i;
    return i > start;
  };
  if (i < t.size() && t[i] == '-') ++i;
  if (i < t.size() && t[i] == '0') {
    ++i;
  } else if (!digits()) {
    return false;
  }
  if (i < t.size() && t[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
    ++i;
    if (i < t.size() && (t[i] == '+' || t[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == t.size();
}

}  // namespace

struct JsonDoc::Impl {
  ondemand::parser parser;
  std::string buffer;  // the text and simdjson's padding
  std::size_t size = 0;

  std::string_view text() const { return {buffer.data(), size}; }
};

namespace {

// Walks simdjson's cursor once over the whole text and writes the nodes down.
template <class Node>
class Walker {
 public:
  Walker(ondemand::document& document, std::string_view text, std::vector<Node>& nodes)
      : document_(document), text_(text), nodes_(nodes) {}

  const char* error() const { return error_; }

  bool walk_root() {
    ondemand::json_type type;
    if (document_.type().get(type) != simdjson::SUCCESS) return fail("unexpected character");
    // Scalars at the root have an interface of their own.
    if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
      ondemand::value value;
      if (const auto e = document_.get_value().get(value)) return fail(simdjson::error_message(e));
      if (!walk(value, {}, 0)) return false;
      if (!at_end()) return fail("text after the end of the JSON value");
      return true;
    }
    return walk_scalar_root(type);
  }

 private:
  bool fail(const char* why) {
    if (error_ == nullptr) error_ = why;
    return false;
  }

  bool walk_scalar_root(ondemand::json_type type) {
    std::string_view token = text_;
    while (!token.empty() && is_blank(token.front())) token.remove_prefix(1);
    token = trim_end(token);
    Node node;
    node.next = 1;
    if (!fill_scalar(document_, type, token, node)) return false;
    // simdjson is content with a scalar root followed by more; the token then is no scalar by
    // itself.
    if (node.kind == JsonKind::string && !at_end())
      return fail("text after the end of the JSON value");
    nodes_.push_back(node);
    return true;
  }

  template <class Source>
  bool fill_scalar(Source& source, ondemand::json_type type, std::string_view token, Node& node) {
    node.raw = token;
    switch (type) {
      case ondemand::json_type::string:
        node.kind = JsonKind::string;
        if (const auto e = source.get_string().get(node.text))
          return fail(simdjson::error_message(e));
        return true;
      case ondemand::json_type::number:
        node.kind = JsonKind::number;
        if (!is_number(token)) return fail("a number that is none");
        return true;
      case ondemand::json_type::boolean:
        node.kind = JsonKind::boolean;
        if (token != "true" && token != "false") return fail("an unknown word");
        return true;
      case ondemand::json_type::null:
        node.kind = JsonKind::null;
        if (token != "null") return fail("an unknown word");
        return true;
      default:
        return fail("unexpected character");
    }
  }

  bool walk(ondemand::value& value, std::string_view key, int depth) {
    ondemand::json_type type;
    if (const auto e = value.type().get(type)) return fail(simdjson::error_message(e));
    const std::string_view token = value.raw_json_token();
    if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
      if (depth >= kDepthMax) return fail("nested too deep");
      return walk_container(value, type, key, token.data(), depth);
    }
    Node node;
    node.key = key;
    node.next = static_cast<std::uint32_t>(nodes_.size() + 1);
    if (!fill_scalar(value, type, trim_end(token), node)) return false;
    if (type != ondemand::json_type::string && !skip(value, type)) return false;
    nodes_.push_back(node);
    return true;
  }

  // Moves simdjson past a scalar whose token was read already.
  bool skip(ondemand::value& value, ondemand::json_type type) {
    switch (type) {
      case ondemand::json_type::null: {
        bool is_null = false;
        if (const auto e = value.is_null().get(is_null)) return fail(simdjson::error_message(e));
        return is_null || fail("an unknown word");
      }
      case ondemand::json_type::boolean: {
        bool ignored;
        if (const auto e = value.get_bool().get(ignored)) return fail(simdjson::error_message(e));
        return true;
      }
      default:
        return true;  // a number that nobody asked for is skipped by the next step
    }
  }

  bool walk_container(ondemand::value& value, ondemand::json_type type, std::string_view key,
                      const char* start, int depth) {
    const std::size_t index = nodes_.size();
    nodes_.emplace_back();
    nodes_[index].key = key;
    if (type == ondemand::json_type::object) {
      nodes_[index].kind = JsonKind::object;
      ondemand::object object;
      if (const auto e = value.get_object().get(object)) return fail(simdjson::error_message(e));
      for (auto member : object) {
        ondemand::field field;
        if (const auto e = std::move(member).get(field)) return fail(simdjson::error_message(e));
        std::string_view name;
        if (const auto e = field.unescaped_key().get(name)) return fail(simdjson::error_message(e));
        if (!walk(field.value(), name, depth + 1)) return false;
      }
    } else {
      nodes_[index].kind = JsonKind::array;
      ondemand::array array;
      if (const auto e = value.get_array().get(array)) return fail(simdjson::error_message(e));
      for (auto element : array) {
        ondemand::value child;
        if (const auto e = element.get(child)) return fail(simdjson::error_message(e));
        if (!walk(child, {}, depth + 1)) return false;
      }
    }
    nodes_[index].next = static_cast<std::uint32_t>(nodes_.size());
    nodes_[index].raw = {start, static_cast<std::size_t>(end_of_container() - start)};
    return true;
  }

  bool at_end() { return document_.current_location().error() == simdjson::OUT_OF_BOUNDS; }

  // The cursor stands on what follows the container; its closing bracket is the last character
  // before that which is not blank.
  const char* end_of_container() {
    const char* at = nullptr;
    if (document_.current_location().get(at) != simdjson::SUCCESS) at = text_.data() + text_.size();
    while (at > text_.data() && is_blank(at[-1])) --at;
    return at;
  }

  ondemand::document& document_;
  std::string_view text_;
  std::vector<Node>& nodes_;
  const char* error_ = nullptr;
};

}  // namespace

JsonDoc::JsonDoc() : impl_(std::make_unique<Impl>()) {}
JsonDoc::~JsonDoc() = default;
JsonDoc::JsonDoc(JsonDoc&&) noexcept = default;
JsonDoc& JsonDoc::operator=(JsonDoc&&) noexcept = default;

bool JsonDoc::fail(std::string_view why) {
  nodes_.clear();
  error_.assign(why);
  return false;
}

bool JsonDoc::parse(std::string_view text) {
  nodes_.clear();
  error_.clear();
  if (text.empty()) return fail("empty text");
  if (!simdjson::validate_utf8(text.data(), text.size())) return fail("invalid UTF-8");

  Impl& impl = *impl_;
  impl.size = text.size();
  if (impl.buffer.size() < text.size() + simdjson::SIMDJSON_PADDING) {
    impl.buffer.resize(2 * (text.size() + simdjson::SIMDJSON_PADDING));
  }
  text.copy(impl.buffer.data(), text.size());
  // Blank padding, so that what an earlier text left behind is never read as part of this one.
  std::fill_n(impl.buffer.data() + text.size(), simdjson::SIMDJSON_PADDING, ' ');

  ondemand::document document;
  const simdjson::padded_string_view view(impl.buffer.data(), text.size(),
                                          text.size() + simdjson::SIMDJSON_PADDING);
  if (const auto e = impl.parser.iterate(view).get(document))
    return fail(simdjson::error_message(e));
  Walker<Node> walker(document, impl.text(), nodes_);
  if (!walker.walk_root()) return fail(walker.error());
  return true;
}

Json JsonDoc::root() const {
  if (nodes_.empty()) return {};
  return {this, 0, 1};
}

std::string_view Json::raw() const {
  return doc_ == nullptr ? std::string_view() : doc_->nodes_[index_].raw;
}

std::string_view Json::text() const {
  return doc_ == nullptr ? std::string_view() : doc_->nodes_[index_].text;
}

std::string_view Json::scalar() const {
  return is_number() ? raw() : text();
}

std::optional<std::int64_t> Json::integer() const {
  if (!is_number()) return std::nullopt;
  const std::string_view digits = raw();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<bool> Json::boolean() const {
  if (kind() != JsonKind::boolean) return std::nullopt;
  return raw() == "true";
}

Json Json::operator[](std::string_view key) const {
  if (!is_object()) return {};
  for (Json member = first(); member.exists(); member = member.next()) {
    if (member.key() == key) return member;
  }
  return {};
}

Json Json::at(std::size_t index) const {
  if (!is_array()) return {};
  Json element = first();
  for (; index > 0 && element.exists(); --index) element = element.next();
  return element;
}

std::size_t Json::size() const {
  std::size_t count = 0;
  for (Json child = first(); child.exists(); child = child.next()) ++count;
  return count;
}

}  // namespace tapedeck
