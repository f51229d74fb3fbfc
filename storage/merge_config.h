// The configuration that a merged tape keeps, and what configurations say of the tapes that they
// made. Names are those of the configuration of `record` (`feeds`, `connections`); no feed's own
// keys are known here. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "storage/tape.h"

namespace tapedeck {

// One recorded session that is part of a merged tape.
struct MergedSession {
  std::string tape;  // the file's name
  SessionInfo session;
};

// The first session's configuration, with the feeds that only later ones have, `connections` as
// given for each feed, and the member `merged_from`: every recorded session, those of merged tapes
// one by one. A configuration that is no JSON object counts as an empty one.
std::string merged_config(const std::vector<MergedSession>& sessions,
                          const std::map<std::string, int>& connections);

// What tells recorded sessions apart, one text each: of the session itself, or of all that are in a
// merged one.
std::vector<std::string> recordings_of(const SessionInfo& session);

// Whether it is a merged tape's.
bool is_merged(std::string_view config);

// Whether a configuration says what it asked the service of `feed` for.
bool says_what_it_asked(std::string_view config, const std::string& feed);

// The keys of `feed` in which two configurations ask the service for different things; addresses,
// credentials, timings and the number of connections are none of them. Empty also when one says
// nothing of the feed.
std::vector<std::string> differing_keys(std::string_view config, std::string_view other,
                                        const std::string& feed);

}  // namespace tapedeck
