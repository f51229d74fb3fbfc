// The configuration of `record` (contract section 3): JSON with comments, checked whole before
// anything starts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recorder/gap_filler.h"
#include "schema/base/config_reader.h"
#include "schema/base/redact.h"
#include "schema/base/result.h"
#include "schema/feed.h"
#include "storage/tape.h"

namespace tapedeck {

struct FeedConfig {
  const Feed* feed = nullptr;
  LinkSettings settings;
  std::unique_ptr<FeedPlan> plan;
};

struct RecorderConfig {
  std::string tapes = "tapes";
  std::string name = "live";
  int commit_ms = 50;
  Durability durability = Durability::process;
  std::optional<std::string> ca_file;
  BackfillSettings backfill;
  std::vector<FeedConfig> feeds;  // in the order of the registry
  Redactor secrets;
  std::string redacted_json;  // what the tape keeps of it
};

// `only`: the feeds to record, or empty for all that are configured. Errors name the key (or the
// option
// --feeds) and what would be right.
Result<RecorderConfig> parse_config(const std::string& text, const ConfigSource& source,
                                    const std::vector<std::string>& only = {});

// The process's environment and files.
class ProcessSource final : public ConfigSource {
 public:
  std::optional<std::string> environment(const std::string& name) const override;
  Result<std::string> read_file(const std::string& path) const override;
};

}  // namespace tapedeck
