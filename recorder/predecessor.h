// The tapes that an earlier recorder of the same name left behind.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/base/time.h"
#include "schema/normalize.h"
#include "storage/tape.h"

namespace tapedeck {

struct Predecessor {
  std::string path;     // of the newest tape
  std::string outcome;  // `closed`, `interrupted`
  Ns started_ns = 0;
  Ns last_ns = 0;  // its last committed frame, or its start when it has none
  std::vector<Gap> gaps;
  std::vector<CursorRecord> cursors;
  std::vector<std::string> paths;  // all tapes of the name, oldest first

  // What goes on in the next tape for one stream: its open gaps and, after an interruption, the
  // time since its last frame as one more (or as the rest of one that had no end).
  std::vector<Gap> gaps_of(std::string_view feed, std::string_view stream) const;
  const CursorRecord* cursor_of(std::string_view feed, std::string_view stream) const;
};

// The newest tape of `name` in `directory`; one that is `open` though nobody writes it becomes
// `interrupted`. Nothing when there is none, or when it is being written right now.
Result<std::optional<Predecessor>> find_predecessor(const std::string& directory,
                                                    const std::string& name);

// Tells `normalizer` the rows of `feed` that were received since `since_ns`, from all tapes of the
// predecessor's name.
Result<void> remember_rows(const Predecessor& predecessor, std::string_view feed, Ns since_ns,
                           Normalizer& normalizer);

}  // namespace tapedeck
