// What a user may say about AlphaHub (docs/feeds/alphahub.md lists the keys and their defaults).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/base/config_reader.h"
#include "schema/feed.h"
#include "schema/feeds/alphahub/history.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

// What the client's messages carry as references.
enum class Refs : std::uint8_t {
  strings,  // unique ones, so that a reply names its request
  nulls,    // as the document's client does; replies are matched by topic
};

struct RestSettings {
  std::string session{kSessionPath};
  std::string signals{kSignalsPath};  // `{id}` stands for the algorithm
  int overlap_days = 1;               // how far before a gap a fill begins to ask
  int whole_below = 0;                // an answer with fewer rows is not cut off
  HistoryLimits history;
};

struct Settings {
  std::string ws_url;  // without a slash at its end, as rest_url
  std::string rest_url;
  std::string email;
  std::string password;
  std::vector<std::int64_t> algorithms;  // distinct, at least one
  Refs refs = Refs::strings;
  std::string zone;  // `Z` or `±hh:mm`: of times that name none
  Ns heartbeat = 0;
  Ns join_timeout = 0;
  Ns token_age_max = 0;
  RestSettings rest;
};

// Errors are left in `config`.
Settings read_settings(ConfigReader& config, const LinkSettings& link);

}  // namespace tapedeck::alphahub
