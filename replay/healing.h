// What gap-fills recovered, put back into the replay (`--heal`, `--as-known`).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/block.h"
#include "replay/recorded_event.h"
#include "replay/tape_set.h"
#include "schema/base/result.h"
#include "storage/tape_reader.h"

namespace tapedeck {

enum class HealMode : std::uint8_t {
  at_event,  // at the event's time, clipped to the gap in which it was missing
  as_known,  // when the recorder got it
};

// A recovered event: its first row.
struct HealedEvent {
  Ns at_ns = 0;
  std::int64_t id = 0;
  TableId table = TableId::factor;
  const Endpoint* feed = nullptr;  // its feed's, without a name
};

// Looked up once, when the tapes are opened; what a recorder recovers later is not in it.
struct HealPlan {
  HealMode mode = HealMode::at_event;
  std::vector<std::vector<HealedEvent>> tapes;  // of each, by time

  // Walks the tables of those tapes that had gap-fills. `endpoints` outlives the plan.
  static Result<std::shared_ptr<const HealPlan>> make(TapeSet& tapes, EndpointTable& endpoints,
                                                      HealMode mode);
};

// Walks one tape's part of a plan. For one thread.
class HealWalk {
 public:
  // The references outlive it. `with_rows`: rows too, before their message; with `as_known` they
  // come by themselves.
  HealWalk(const HealPlan& plan, std::uint32_t tape, TapeReader& reader, EndpointTable& endpoints,
           bool with_rows)
      : events_(plan.tapes[tape]),
        reader_(reader),
        endpoints_(endpoints),
        with_rows_(with_rows && plan.mode == HealMode::at_event) {}

  void start(Ns from);
  // When the next event is due; nullopt at the end.
  std::optional<Ns> next_ns() const;

  struct Item {
    DueKind kind = DueKind::healed;
    const Endpoint* endpoint = nullptr;
    Ns recv_ns = 0;  // a row's
    std::string payload;
    TapeRow row;  // of a row; views live until the next call
    const Table* table = nullptr;
  };
  // The next row or message of the event that is due. False when it has no more: next_ns() is then
  // the next one's.
  Result<bool> next(Item& item);

 private:
  const std::vector<HealedEvent>& events_;
  TapeReader& reader_;
  EndpointTable& endpoints_;
  const bool with_rows_;
  std::size_t next_ = 0;
  bool is_read_ = false;       // events_[next_] is in event_
  std::size_t rows_left_ = 0;  // of it
  RecordedEvent recorded_;
  EventReader event_;
};

}  // namespace tapedeck
