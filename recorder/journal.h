// Where the I/O thread writes down what happens: numbers everything in order of receipt and passes
// it on towards the tape without ever waiting for the disk.
#pragma once

#include <cstdint>
#include <string_view>

#include "schema/records.h"
#include "storage/tape.h"

namespace tapedeck {

// Identifiers count from 1 for each kind. Views need to live only during the call.
class Journal {
 public:
  virtual ~Journal() = default;

  virtual std::int64_t next_connection_id() = 0;
  virtual std::int64_t next_request_id() = 0;
  virtual std::int64_t next_gap_id() = 0;
  // The id that add_frame gave last; 0 before the first.
  virtual std::int64_t last_frame_id() const = 0;

  virtual void put_connection(const ConnectionInfo& connection) = 0;
  virtual void put_request(const RequestInfo& request) = 0;
  virtual void put_gap(const Gap& gap) = 0;
  virtual void put_stream(const StreamInfo& stream) = 0;
  virtual void add_drift(const DriftRecord& drift) = 0;

  // The frame's id, or 0 when the queue towards the tape is full and the frame could not be kept:
  // the caller then owes the ledger an `overload`.
  virtual std::int64_t add_frame(std::int64_t connection_id, Ns recv_ns, Direction direction,
                                 Opcode opcode, std::string_view payload) = 0;

  // A sink for the rows of one frame or request; valid until the next call on the journal. An
  // absent id is NULL.
  virtual RowSink& rows_of(std::string_view feed, Int frame_id, Int request_id, Ns recv_ns) = 0;

  // The queue towards the tape fills faster than it empties: whoever can let its peer wait should.
  virtual bool is_crowded() const = 0;

  // A burst of records is over: a good moment to pass on what is large enough already.
  virtual void end_burst() = 0;
};

}  // namespace tapedeck
