// Reads one object of a JSON configuration: checks types, remembers which keys are known, and names
// the key and the remedy in every error. The first error wins; later reads then return defaults.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/redact.h"
#include "schema/base/result.h"

namespace tapedeck {

// Where `${NAME}` and secret files come from; tests inject their own.
class ConfigSource {
 public:
  virtual ~ConfigSource() = default;
  virtual std::optional<std::string> environment(const std::string& name) const = 0;
  virtual Result<std::string> read_file(const std::string& path) const = 0;
};

class ConfigReader {
 public:
  // `object` must outlive the reader. `path` is the object's own name (`feeds.NAME`), "" for the
  // root. Secrets that are read are added to `secrets`.
  ConfigReader(const nlohmann::json& object, std::string path, const ConfigSource& source,
               Redactor& secrets);

  bool has(std::string_view key) const;  // present and not null; does not mark it known
  // Present and null, where that says something else than leaving it out; does not mark it known.
  bool is_null(std::string_view key) const;

  // Each marks `key` as known. An absent or null key gives `fallback`.
  std::string text(std::string_view key, std::string_view fallback);
  std::optional<std::string> optional_text(std::string_view key);
  // `key` or `key`_file; added to the redactor. nullopt when neither is there.
  std::optional<std::string> secret(std::string_view key);
  // As secret(), but an absent or empty one is an error that says how to give it.
  std::string required_secret(std::string_view key);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                       std::int64_t max);
  bool boolean(std::string_view key, bool fallback);
  std::string choice(std::string_view key, std::string_view fallback,
                     const std::vector<std::string>& allowed);
  std::vector<std::string> text_list(std::string_view key,
                                     const std::vector<std::string>& fallback);
  std::vector<std::int64_t> integer_list(std::string_view key,
                                         const std::vector<std::int64_t>& fallback);
  // The value as it is (with `${NAME}` taken in), for shapes of a feed's own; nullptr when absent.
  const nlohmann::json* raw(std::string_view key);
  // A reader of a nested object (an empty one when absent). Its errors become this reader's with
  // absorb().
  ConfigReader object(std::string_view key);
  void absorb(ConfigReader& child);

  // Records an error about `key`, unless there is one already.
  void fail(std::string_view key, const std::string& what);
  std::string name_of(std::string_view key) const;  // `feeds.NAME.api_key`

  // Fails on the first key that was never asked for, with the nearest known one suggested.
  void reject_unknown();

  Result<void> result() const;
  bool ok() const { return !error_; }
  const ConfigSource& source() const { return *source_; }
  Redactor& secrets() const { return *secrets_; }

 private:
  const nlohmann::json* find(std::string_view key);

  const nlohmann::json* object_;
  std::string path_;
  const ConfigSource* source_;
  Redactor* secrets_;
  std::vector<std::string> known_;
  std::optional<std::string> error_;
};

// Takes every `${NAME}` in every string of `config` from the environment. The error names the
// variable and the key. Objects with `"enabled": false` are left as they are.
Result<void> expand_environment(nlohmann::json& config, const ConfigSource& source);

}  // namespace tapedeck
