// Writes one tape. Not thread-safe: one thread owns it.
//
// Everything between begin() and commit() becomes visible and durable (Durability) together; a
// process that dies loses what was not committed and nothing else. Views need to live only during
// the call. Every error names the tape and what the disk or SQLite said; after one the writer is of
// no further use.
#pragma once

#include <memory>
#include <string>

#include "schema/base/result.h"
#include "storage/tape.h"

namespace tapedeck {

class TapeWriter {
 public:
  virtual ~TapeWriter() = default;

  [[nodiscard]] virtual Result<void> begin() = 0;
  [[nodiscard]] virtual Result<void> commit() = 0;

  // Inserts the connection, or replaces what is there under its id.
  [[nodiscard]] virtual Result<void> put_connection(const ConnectionInfo& connection) = 0;
  [[nodiscard]] virtual Result<void> add_frame(const FrameRecord& frame) = 0;
  [[nodiscard]] virtual Result<void> add_row(const RowRecord& row) = 0;
  [[nodiscard]] virtual Result<void> put_request(const RequestInfo& request) = 0;
  [[nodiscard]] virtual Result<void> put_gap(const Gap& gap) = 0;
  // Inserts the stream, or replaces what is there under its feed and name.
  [[nodiscard]] virtual Result<void> put_stream(const StreamInfo& stream) = 0;
  [[nodiscard]] virtual Result<void> add_drift(const DriftRecord& drift) = 0;
  [[nodiscard]] virtual Result<void> put_cursor(const CursorRecord& cursor) = 0;

  // Outside a transaction: states the end, folds the write-ahead log in and leaves one plain file.
  [[nodiscard]] virtual Result<void> finish(Ns ended_ns, std::string_view outcome) = 0;

  virtual const std::string& path() const = 0;
};

// Creates `DIR/NAME-YYYYMMDDTHHMMSSZ.tape` with mode 0600 (`-2`, `-3`, … after the stamp when that
// second's name is taken), creating DIR when it is missing, and holds the tape's lock until
// destroyed.
Result<std::unique_ptr<TapeWriter>> create_tape(const std::string& directory,
                                                const SessionInfo& session, Durability durability);
// The same at an exact path, which must not exist.
Result<std::unique_ptr<TapeWriter>> create_tape_at(const std::string& path,
                                                   const SessionInfo& session,
                                                   Durability durability);

// A tape that appears under its name whole or not at all. Until then it is `PATH.merging`, which
// nobody takes for a tape; one that is not finished is removed, and what a process that died left
// of one goes when the next is made.
class TapeDraft {
 public:
  virtual ~TapeDraft() = default;

  virtual TapeWriter& tape() = 0;
  // States the end, flushes it to the disk and gives it its name, unless something stands there by
  // now. Instead of the writer's finish(), and the last call.
  [[nodiscard]] virtual Result<void> finish(Ns ended_ns, std::string_view outcome) = 0;
};

// `path` must not exist, and nobody else be making it.
Result<std::unique_ptr<TapeDraft>> draft_tape_at(const std::string& path,
                                                 const SessionInfo& session);

// Marks a tape that is `open` though no recorder holds it as `interrupted` (ended_ns: its last
// commit's newest time) and gives true; false when it is held, or has ended already.
Result<bool> mark_interrupted(const std::string& path);

}  // namespace tapedeck
