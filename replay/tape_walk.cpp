#include "replay/tape_walk.h"

#include <algorithm>
#include <limits>

#include "schema/ws/codec.h"

namespace tapedeck {

Result<void> TapeWalk::start(Ns from) {
  for (std::uint32_t i = 0; i < readers_.size(); ++i) {
    Lane lane;
    lane.reader = readers_[i].get();
    lane.tape = i;
    const auto connections = lane.reader->connections();
    if (!connections) return connections.error();
    lane.originations = originations_of(*connections, endpoints_);
    for (const auto& [id, origination] : lane.originations) {
      int& slots = slots_[origination.endpoint];
      slots = std::max(slots, origination.slot + 1);
    }
    lanes_.push_back(std::move(lane));
  }
  for (Lane& lane : lanes_) {
    if (auto started = start_lane(lane, from); !started) return started;
  }
  return {};
}

Result<void> TapeWalk::start_lane(Lane& lane, Ns from) {
  const auto session = lane.reader->session();
  if (!session) return session.error();
  auto hit = lane.reader->first_frame_at(from);
  if (!hit) return hit.error();
  if (!*hit) {
    hit = lane.reader->last_frame_id();  // all of it lies before
    if (!hit) return hit.error();
  }
  const std::int64_t from_id = std::max(kFirstId + kLookBackFrames, hit->value_or(kFirstId));
  auto cursor = lane.reader->frames(from_id - kLookBackFrames);
  if (!cursor) return cursor.error();
  lane.cursor = std::move(*cursor);
  lane.pos_ns = session->started_ns;
  if (auto moved = advance(lane); !moved) return moved;
  while (lane.has_head && lane.pos_ns < from) {
    const auto origination = origination_of(lane);
    if (!origination) return origination.error();
    // What came just before counts among the copies of what redundant connections bring just after.
    if (slots_[origination->endpoint] > 1) {
      DueFrame passed;
      describe(lane.head, *origination, passed);
    }
    if (auto moved = advance(lane); !moved) return moved;
  }
  if (extras_.healing) {
    lane.healing = std::make_unique<HealWalk>(*extras_.healing, lane.tape, *lane.reader, endpoints_,
                                              extras_.rows);
    lane.healing->start(from);
  }
  if (!extras_.rows) return {};
  const bool without_filled = extras_.healing && extras_.healing->mode == HealMode::at_event;
  lane.rows = std::make_unique<RowWalk>(*lane.reader, endpoints_, without_filled);
  return lane.rows->start(lane.has_head ? lane.head.id : RowWalk::kAllFrames, from);
}

Result<void> TapeWalk::advance(Lane& lane) {
  const auto more = lane.cursor->next(lane.head);
  if (!more) return more.error();
  lane.has_head = *more;
  lane.is_taken = false;
  if (lane.has_head) lane.pos_ns = std::max(lane.pos_ns, lane.head.recv_ns);
  return {};
}

Result<std::optional<Ns>> TapeWalk::next_pos(Lane& lane) {
  if (lane.is_taken) {
    if (auto moved = advance(lane); !moved) return moved.error();
  }
  std::optional<Ns> pos;
  if (lane.has_head) pos = lane.pos_ns;
  // The end is the last frame: what lies further comes with it.
  const auto take = [&](std::optional<Ns> at) {
    if (at && (!pos || *at < *pos)) pos = lane.has_head ? *at : std::min(*at, lane.pos_ns);
  };
  if (lane.healing) take(lane.healing->next_ns());
  if (!lane.rows) return pos;
  const auto request_ns = lane.rows->next_request_ns();
  if (!request_ns) return request_ns.error();
  take(*request_ns);
  return pos;
}

Result<bool> TapeWalk::next_row(Lane& lane, Ns pos, DueFrame& frame) {
  if (!lane.rows) return false;
  std::int64_t frame_id = RowWalk::kAllFrames;
  if (lane.has_head) frame_id = pos < lane.pos_ns ? lane.head.id - 1 : lane.head.id;
  WalkedRow walked;
  const Ns now = lane.has_head ? pos : std::numeric_limits<Ns>::max();
  auto found = lane.rows->next(frame_id, now, walked);
  if (!found || !*found) return found;
  fill_row(lane, pos, walked, frame);
  return true;
}

void TapeWalk::fill_row(const Lane& lane, Ns pos, const WalkedRow& walked, DueFrame& frame) {
  row_json_.clear();
  const bool has_several = readers_.size() > 1;
  append_row_message(row_json_, walked, has_several ? std::optional(lane.tape) : std::nullopt,
                     doc_);
  frame = DueFrame();
  frame.kind = DueKind::row;
  frame.endpoint = endpoints_.intern(walked.row.feed, "");
  frame.served.payload = row_json_;
  frame.tape = lane.tape;
  frame.recv_ns = walked.row.recv_ns;
  frame.pos_ns = pos;
}

// At one time, frames come first.
Result<bool> TapeWalk::next_healed(Lane& lane, Ns pos, DueFrame& frame) {
  while (lane.healing) {
    const auto at_ns = lane.healing->next_ns();
    if (!at_ns || (lane.has_head && (pos >= lane.pos_ns || *at_ns > pos))) return false;
    const auto found = lane.healing->next(healed_);
    if (!found) return found.error();
    if (!*found) continue;
    if (healed_.kind == DueKind::row) {
      fill_row(lane, pos, {healed_.table, healed_.row}, frame);
      return true;
    }
    frame = DueFrame();
    frame.kind = healed_.kind;
    frame.endpoint = healed_.endpoint;
    frame.tape = lane.tape;
    frame.recv_ns = frame.pos_ns = pos;
    frame.served.endpoint = healed_.endpoint->name;
    frame.served.payload = healed_.payload;
    frame.served.tag = classify(healed_.endpoint, 0, pos, Opcode::text, healed_.payload);
    return true;
  }
  return false;
}

Result<bool> TapeWalk::next(DueFrame& frame) {
  while (true) {
    Lane* first = nullptr;
    Ns first_pos = 0;
    for (Lane& lane : lanes_) {
      const auto pos = next_pos(lane);
      if (!pos) return pos.error();
      if (!*pos || (first != nullptr && **pos >= first_pos)) continue;
      first = &lane;
      first_pos = **pos;
    }
    if (first == nullptr) return false;
    auto row = next_row(*first, first_pos, frame);
    if (!row || *row) return row;
    auto healed = next_healed(*first, first_pos, frame);
    if (!healed || *healed) return healed;
    // Without a frame, or with one that lies further, that was the last row.
    if (!first->has_head || first_pos < first->pos_ns) continue;
    first->is_taken = true;
    const auto origination = origination_of(*first);
    if (!origination) return origination.error();
    if (!origination->endpoint->is_included) continue;

    const FrameRecord& record = first->head;
    frame = DueFrame();
    frame.tape = first->tape;
    frame.frame_id = record.id;
    frame.recv_ns = record.recv_ns;
    frame.pos_ns = first->pos_ns;
    describe(record, *origination, frame);
    return true;
  }
}

Result<Origination> TapeWalk::origination_of(Lane& lane) {
  const auto found = lane.originations.find(lane.head.connection_id);
  if (found != lane.originations.end()) return found->second;
  // The recorder has opened it since this walk began.
  const auto connections = lane.reader->connections();
  if (!connections) return connections.error();
  lane.originations = originations_of(*connections, endpoints_);
  const auto again = lane.originations.find(lane.head.connection_id);
  if (again != lane.originations.end()) return again->second;
  return Error{lane.reader->path() + ": frame " + std::to_string(lane.head.id) +
               " names connection " + std::to_string(lane.head.connection_id) +
               ", which is not on the tape: see `tapedeck verify`"};
}

TapeWalk::Folding& TapeWalk::folding_of(const Endpoint* endpoint) {
  const auto [found, is_new] = foldings_.try_emplace(endpoint);
  Folding& folding = found->second;
  if (is_new) {
    folding.slots = std::max(1, slots_[endpoint]);
    folding.fold = MultisetFold(folding.slots);
    if (endpoint->description != nullptr)
      folding.normalizer = endpoint->description->make_normalizer(1);
  }
  return folding;
}

void TapeWalk::describe(const FrameRecord& record, const Origination& from, DueFrame& frame) {
  frame.endpoint = from.endpoint;
  frame.direction = record.direction;
  frame.served.endpoint = from.endpoint->name;
  frame.served.opcode = record.opcode;
  frame.served.payload = record.payload;
  frame.is_valid_utf8 = record.opcode == Opcode::text && ws::is_valid_utf8(record.payload);
  if (record.direction != Direction::in || !is_data(record.opcode)) return;

  frame.served.tag =
      classify(from.endpoint, from.slot, record.recv_ns, record.opcode, record.payload);
  Folding& folding = folding_of(from.endpoint);
  if (folding.slots > 1 && frame.served.tag.role == FrameRole::data) {
    const std::uint64_t key = hash_text(record.payload, static_cast<std::uint64_t>(record.opcode));
    frame.is_duplicate = !folding.fold.is_new(key, from.slot, record.recv_ns);
  }
}

FrameTag TapeWalk::classify(const Endpoint* endpoint, int slot, Ns recv_ns, Opcode opcode,
                            std::string_view payload) {
  const Folding& folding = folding_of(endpoint);
  if (!folding.normalizer) return {};
  doc_.parse(opcode == Opcode::text ? payload : std::string_view());
  return folding.normalizer->classify({endpoint->name, slot, recv_ns, opcode, payload, &doc_});
}

}  // namespace tapedeck
