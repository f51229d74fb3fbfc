// What is on a tape, without SQL: the records that the writer takes and the reader gives
// (contract section 4; docs/TAPE_FORMAT.md has the reasons).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/frame.h"
#include "schema/gap.h"
#include "schema/records.h"

namespace tapedeck {

inline constexpr std::int64_t kTapeApplicationId = 0x54415045;  // "TAPE"
inline constexpr int kTapeSchemaVersion = 1;

enum class Durability : std::uint8_t {
  process,  // a commit survives kill -9
  power,    // and a power cut
};

struct SessionInfo {
  std::string name;
  Ns started_ns = 0;
  std::optional<Ns> ended_ns;
  std::string outcome = "open";  // `open`, `closed`, `interrupted`
  std::string recorder_version;
  std::string host;
  std::string config;  // JSON, no secrets
  // The file's name of the tape that its recorder found as the newest; "": none, or not known.
  std::string follows;
  // The files' names of the tapes of that name that others were writing when it began; absent: not
  // known.
  std::optional<std::vector<std::string>> beside;
};

enum class ClosedBy : std::uint8_t { none, server, client, network };
std::string_view to_string(ClosedBy by);  // "" for none
std::optional<ClosedBy> parse_closed_by(std::string_view text);

struct ConnectionInfo {
  std::int64_t id = 0;
  std::string feed;
  std::string endpoint;
  int slot = 0;                 // which of the redundant connections, from 0
  std::string url;              // redacted
  int attempt = 1;              // from 1, counted since the last stable connection
  std::optional<Ns> opened_ns;  // the upgrade succeeded
  std::optional<Ns> ready_ns;
  std::optional<Ns> closed_ns;
  std::optional<int> close_code;
  std::optional<std::string> close_reason;
  ClosedBy closed_by = ClosedBy::none;
  std::optional<std::string> error;
};

struct FrameRecord {
  std::int64_t id = 0;
  std::int64_t connection_id = 0;
  Ns recv_ns = 0;
  Direction direction = Direction::in;
  Opcode opcode = Opcode::text;
  std::string_view payload;  // the bytes
  bool is_blob = false;      // as read: they stand as BLOB, not as TEXT
};

struct RequestInfo {
  std::int64_t id = 0;
  std::string feed;
  std::string purpose;
  Ns sent_ns = 0;
  std::optional<Ns> recv_ns;
  std::string method;
  std::string url;  // redacted
  std::optional<int> status;
  std::optional<std::string> body;  // the answer's, redacted
  std::optional<std::string> error;
  // What it was made for, and where among the frames its answer was handled: `verify` decodes
  // frames and answers again in the same order.
  std::string stream;  // empty for a login
  std::optional<std::int64_t> gap_id;
  std::int64_t after_frame_id = 0;
};

// A stream that a session subscribes to.
struct StreamInfo {
  std::string feed;
  std::string stream;
  std::string endpoint;
  std::optional<Ns> first_ready_ns;
};

// A normalized row with the columns that every table begins with.
struct RowRecord {
  std::int64_t id = 0;  // 0 when writing: the tape numbers each table from 1
  std::optional<std::int64_t> frame_id;
  std::optional<std::int64_t> request_id;
  std::string_view feed;
  Ns recv_ns = 0;
  Row row;
};

// One way in which a feed's messages were not as its decoder knows them (schema/drift.h).
struct DriftRecord {
  std::string feed;
  std::string type;
  std::string path;
  std::string what;
  std::int64_t frame_id = 0;  // the first frame that showed it
  Ns recv_ns = 0;             // the frame's
};

struct CursorRecord {
  std::string feed;
  std::string stream;
  std::string value;
  Ns recv_ns = 0;
};

}  // namespace tapedeck
