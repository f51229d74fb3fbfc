// Frames and tables of a tape as lines of text, in the order of the tape (docs/EXPORT.md). Memory
// does not grow with the tape. No transaction is held between writes: a tape that is being recorded
// is exported up to what was committed when its end was reached.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "storage/tape_reader.h"

namespace tapedeck {

enum class ExportFormat : std::uint8_t { jsonl, csv };

struct ExportOptions {
  std::string what;  // one of exportable()
  ExportFormat format = ExportFormat::jsonl;
  std::optional<Ns> from;  // received at this time or later
  std::optional<Ns> to;    // received before this time
};

// Takes whole lines; false when nobody reads any more, which ends the export without an error.
using ExportWrite = std::function<bool(std::string_view)>;

// `frames`, then the tape's other tables.
Result<std::vector<std::string>> exportable(TapeReader& tape);

Result<void> export_records(TapeReader& tape, const ExportOptions& options,
                            const ExportWrite& write);

}  // namespace tapedeck
