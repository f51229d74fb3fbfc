// The tape that an earlier recorder of the same name left behind.
#pragma once

#include <optional>
#include <string>

#include "schema/base/result.h"
#include "schema/base/time.h"

namespace tapedeck {

struct Predecessor {
  std::string path;
  bool was_interrupted = false;
  Ns last_ns = 0;  // its last committed frame, or its start when it has none
};

// The newest tape of `name` in `directory`; one that is `open` though nobody writes it becomes
// `interrupted`. Nothing when there is none, or when it is being written right now.
Result<std::optional<Predecessor>> find_predecessor(const std::string& directory,
                                                    const std::string& name);

}  // namespace tapedeck
