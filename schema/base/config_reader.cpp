#include "schema/base/config_reader.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "schema/base/text.h"

namespace tapedeck {
namespace {

using Value = nlohmann::json;

constexpr std::string_view kFileSuffix = "_file";

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::vector<std::string> out;
  for (const std::string& item : items) out.push_back(in_quotes(item));
  return join(out, ", ");
}

// The kind alone, never the value: it might be a secret.
std::string not_this(const Value& value) {
  if (value.is_number_float()) return ", not a number with a fraction";
  return std::string(", not ") + (value.is_array() || value.is_object() ? "an " : "a ") +
         value.type_name();
}

std::optional<std::int64_t> whole_number(const Value& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

// `feeds.somefeed.api_key` → `SOMEFEED_API_KEY`, the name that the documentation uses.
std::string variable_for(std::string_view path, std::string_view key) {
  std::string name(path.substr(path.rfind('.') + 1));
  if (!name.empty()) name += '_';
  name += key;
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
      c = '_';
    }
  }
  return name;
}

}  // namespace

ConfigReader::ConfigReader(const Value& object, std::string path, const ConfigSource& source,
                           Redactor& secrets)
    : object_(&object), path_(std::move(path)), source_(&source), secrets_(&secrets) {
  if (!object.is_object()) fail("", "must be an object" + not_this(object));
}

std::string ConfigReader::name_of(std::string_view key) const {
  if (path_.empty()) return std::string(key);
  if (key.empty()) return path_;
  return path_ + '.' + std::string(key);
}

void ConfigReader::fail(std::string_view key, const std::string& what) {
  if (error_) return;
  const std::string name = name_of(key);
  error_ = name.empty() ? "the configuration " + what : name + ": " + what;
}

bool ConfigReader::has(std::string_view key) const {
  if (!object_->is_object()) return false;
  const auto found = object_->find(key);
  return found != object_->end() && !found->is_null();
}

bool ConfigReader::is_null(std::string_view key) const {
  if (!object_->is_object()) return false;
  const auto found = object_->find(key);
  return found != object_->end() && found->is_null();
}

const Value* ConfigReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return has(key) ? &*object_->find(key) : nullptr;
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback) {
  return optional_text(key).value_or(std::string(fallback));
}

std::optional<std::string> ConfigReader::optional_text(std::string_view key) {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fail(key, "must be a string" + not_this(*value));
  return std::nullopt;
}

std::optional<std::string> ConfigReader::secret(std::string_view key) {
  const std::string file_key = std::string(key) + std::string(kFileSuffix);
  std::optional<std::string> value = optional_text(key);
  const std::optional<std::string> path = optional_text(file_key);
  if (has(key) && has(file_key)) {
    fail(file_key, "cannot stand beside " + in_quotes(key) + "; keep one of the two");
  } else if (path) {
    auto content = source_->read_file(*path);
    if (!content) {
      fail(file_key,
           content.error().message + "; name a readable file that holds the secret alone");
      return std::nullopt;
    }
    while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
    value = std::move(*content);
  }
  if (value) secrets_->add(*value);
  return value;
}

std::string ConfigReader::required_secret(std::string_view key) {
  const std::optional<std::string> value = secret(key);
  if (value && !value->empty()) return *value;
  const std::string file_key = std::string(key) + std::string(kFileSuffix);
  const std::string remedy = "; give it as " + in_quotes(key) + ": " +
                             in_quotes("${" + variable_for(path_, key) + "}") +
                             " or name a file: " + in_quotes(file_key) + ": " + in_quotes("PATH");
  if (value && has(file_key)) {
    fail(file_key, "the file is empty" + remedy);
  } else if (value) {
    fail(key, "is empty" + remedy);
  } else {
    // A misspelt key looks like a missing one.
    std::vector<std::string> keys;
    for (const auto& item : object_->items()) keys.push_back(item.key());
    const std::string near = object_->is_object() ? nearest(key, keys) : "";
    const bool is_another = std::find(known_.begin(), known_.end(), near) != known_.end();
    fail(key,
         "is missing" + remedy +
             (near.empty() || is_another ? "" : " (there is an unknown " + in_quotes(near) + ")"));
  }
  return "";
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                   std::int64_t max) {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  const std::string range =
      "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  const auto number = whole_number(*value);
  if (number && *number >= min && *number <= max) return *number;
  fail(key, range + (value->is_number() ? ", not " + value->dump() : not_this(*value)));
  return fallback;
}

bool ConfigReader::boolean(std::string_view key, bool fallback) {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  fail(key, "must be true or false" + not_this(*value));
  return fallback;
}

std::string ConfigReader::choice(std::string_view key, std::string_view fallback,
                                 const std::vector<std::string>& allowed) {
  const auto value = optional_text(key);
  if (!value) return std::string(fallback);
  if (std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) return *value;
  const std::string near = nearest(*value, allowed);
  fail(key, "must be one of " + quoted_list(allowed) + ", not " + in_quotes(*value) +
                (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
  return std::string(fallback);
}

std::vector<std::string> ConfigReader::text_list(std::string_view key,
                                                 const std::vector<std::string>& fallback) {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_array()) {
    fail(key, "must be a list of strings" + not_this(*value));
    return fallback;
  }
  std::vector<std::string> out;
  for (const Value& item : *value) {
    if (!item.is_string()) {
      fail(std::string(key) + '[' + std::to_string(out.size()) + ']',
           "must be a string" + not_this(item));
      return fallback;
    }
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<std::int64_t> ConfigReader::integer_list(std::string_view key,
                                                     const std::vector<std::int64_t>& fallback) {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_array()) {
    fail(key, "must be a list of whole numbers" + not_this(*value));
    return fallback;
  }
  std::vector<std::int64_t> out;
  for (const Value& item : *value) {
    const auto number = whole_number(item);
    if (!number) {
      fail(std::string(key) + '[' + std::to_string(out.size()) + ']',
           item.is_number() ? "must be a whole number, not " + item.dump()
                            : "must be a whole number" + not_this(item));
      return fallback;
    }
    out.push_back(*number);
  }
  return out;
}

const Value* ConfigReader::raw(std::string_view key) {
  return find(key);
}

ConfigReader ConfigReader::object(std::string_view key) {
  static const Value kEmpty = Value::object();
  const Value* value = find(key);
  if (value != nullptr && !value->is_object()) {
    fail(key, "must be an object" + not_this(*value));
    value = nullptr;
  }
  return {value == nullptr ? kEmpty : *value, name_of(key), *source_, *secrets_};
}

void ConfigReader::absorb(ConfigReader& child) {
  if (!error_) error_ = child.error_;
}

void ConfigReader::reject_unknown() {
  if (error_ || !object_->is_object()) return;
  for (const auto& item : object_->items()) {
    const std::string& key = item.key();
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string near = nearest(key, known_);
    if (!near.empty()) return fail(key, "unknown key; did you mean " + in_quotes(near) + "?");
    return fail(key, known_.empty() ? "unknown key; remove it, none is known here"
                                    : "unknown key; known here: " + quoted_list(known_));
  }
}

Result<void> ConfigReader::result() const {
  if (error_) return Error{*error_};
  return {};
}

namespace {

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// What a variable holds is taken as it is: a `${` in it is not expanded again.
Result<std::string> expand_text(std::string_view text, const std::string& key,
                                const ConfigSource& source) {
  std::string out;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
    const std::size_t end = text.find('}', at);
    const std::string name(end == std::string_view::npos ? "" : text.substr(at + 2, end - at - 2));
    if (!is_variable_name(name)) {
      return Error{key + ": \"${\" must be followed by an environment variable's name and \"}\""};
    }
    const auto value = source.environment(name);
    if (!value) {
      return Error{key + ": the environment variable " + name +
                   " is not set; set it, or replace \"${" + name +
                   "}\" (a secret may also stand in a file, named by a key that ends in _file)"};
    }
    out += text.substr(0, at);
    out += *value;
    text.remove_prefix(end + 1);
  }
  out += text;
  return out;
}

Result<void> expand(Value& value, const std::string& key, const ConfigSource& source) {
  if (value.is_string()) {
    auto text = expand_text(value.get_ref<const std::string&>(), key, source);
    if (!text) return text.error();
    value = std::move(*text);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      auto done = expand(value[i], key + '[' + std::to_string(i) + ']', source);
      if (!done) return done;
    }
  } else if (value.is_object()) {
    const auto enabled = value.find("enabled");
    if (enabled != value.end() && *enabled == false) return {};
    for (auto& item : value.items()) {
      auto done = expand(item.value(), key.empty() ? item.key() : key + '.' + item.key(), source);
      if (!done) return done;
    }
  }
  return {};
}

}  // namespace

Result<void> expand_environment(Value& config, const ConfigSource& source) {
  return expand(config, "", source);
}

}  // namespace tapedeck
