// From a feed's frames to rows: what the recorder, `verify` and the replay server share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/json.h"
#include "schema/frame.h"
#include "schema/gap.h"
#include "schema/records.h"

namespace tapedeck {

// What an inbound frame is to its service. Only `data` is re-served by a replay on the feed's own
// socket; the others are said by the server itself (contract section 5).
enum class FrameRole : std::uint8_t { data, handshake, ack, heartbeat, error };

// What must be known of a frame to decide who gets it. Views live as long as the parsed document.
struct FrameTag {
  FrameRole role = FrameRole::data;
  std::string_view type;    // the message's type as sent; empty when it has none
  std::string_view stream;  // channel, topic or opportunity, also of an ack; empty: everybody there
  std::string_view symbol;  // what symbol filters look at; empty: passes every filter
  std::string_view event;   // what event filters look at; empty: passes every filter
  bool is_snapshot = false;  // belongs right after the handshake
};

// One inbound message. `doc` is its parsed text, with a missing root when the frame is binary, no
// JSON or not UTF-8 (doc.error() says which).
struct InFrame {
  std::string_view endpoint;
  int slot = 0;  // which of the redundant connections, from 0
  Ns recv_ns = 0;
  Opcode opcode = Opcode::text;
  std::string_view payload;
  const JsonDoc* doc = nullptr;

  Json root() const { return doc != nullptr ? doc->root() : Json(); }
};

// One 2xx answer of the service's REST interface, to a request for a gap or a cursor.
struct RestAnswer {
  std::string_view purpose;  // `gapfill`, `snapshot`, `cursor`
  std::string_view stream;   // what it was asked for
  std::string_view url;      // as asked, but for secrets
  Ns recv_ns = 0;
  const Gap* gap = nullptr;      // the gap to fill, with its end; nullptr for a cursor
  const JsonDoc* doc = nullptr;  // the body, parsed; its root may be missing

  Json root() const { return doc != nullptr ? doc->root() : Json(); }
};

// What a RestAnswer held, for whoever decides what to ask next.
struct RestPage {
  std::string problem;     // why it could not be read; empty when it could
  std::int64_t items = 0;  // events or states in it
  std::int64_t added = 0;  // of these, how many became rows
  Ns recv_ns = 0;          // of the answer; 0 where no fill of the feed looks at it
  // Where its items lie in the stream's own order (identifiers), as text; empty where it has none.
  std::string first;
  std::string last;
  // Where they lie in time, by their own clock.
  Int oldest_ns;
  Int newest_ns;
  bool is_newest_first = false;  // that is its order, as sent
  std::string next;              // the cursor of the next page, where the service gives one
  // It holds something that was known from before the gap; something known that came after it.
  bool meets_before = false;
  bool meets_after = false;
  // It holds the last item of the answer before it to the same gap, unchanged: the two are of one
  // history, and nothing lies between them. Also true of the first answer.
  bool goes_on = false;
  // The socket has already brought something that lies behind everything in this answer.
  bool is_behind = false;
  // Nothing of the gap that it was asked about can be missing any more.
  bool is_whole = false;
  // It came so early after the gap's end that one which comes this much later may hold more; 0: no.
  Ns settles_in = 0;
  // Why it may be less than what the service sent although it reads well, for a person (an item
  // without a time, clocks that disagree); empty: nothing speaks against it.
  std::string doubt;
};

// A row of an earlier tape of the same recorder, told to a decoder that goes on where it ended.
struct EarlierRow {
  TableId table;
  Origin origin = Origin::live;
  Ns recv_ns = 0;
  Int event_ns;
  std::span<const Value> values;  // in the order of Table::columns
};

// One feed's decoder for one session. Given the session's inbound text and binary frames and its
// REST answers in the order in which they were handled it gives the same rows each time: it is what
// `record` runs and what `verify` runs again. It remembers which events it has seen, so that one
// event is one row however often and by whatever way it arrives. Not thread-safe.
class Normalizer {
 public:
  virtual ~Normalizer() = default;

  // Pure: depends on the frame alone.
  virtual FrameTag classify(const InFrame& frame) const = 0;

  // Adds this frame's rows. A data frame that breaks the rules gives an `unparsed` row, an error
  // message a `feed_error` row; nothing throws.
  virtual void normalize(const InFrame& frame, RowSink& rows) = 0;

  // Adds what a REST answer has and the tape has not, with `origin` gapfill. What cannot be read is
  // the page's `problem`; rows that break the rules are `unparsed`; nothing throws.
  virtual RestPage absorb(const RestAnswer& answer, RowSink& rows);

  // The tables whose rows remember() wants. None: nothing on earlier tapes matters.
  virtual std::span<const TableId> remembered_tables() const { return {}; }
  // In the order of the earlier tapes, before the first frame.
  virtual void remember(const EarlierRow& /*row*/) {}

  // What `stream` has been about so far (symbols, instruments), sorted; for asking state anew.
  virtual std::vector<std::string> symbols(std::string_view /*stream*/) const { return {}; }
};

}  // namespace tapedeck
