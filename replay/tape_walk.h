// One walk over the tapes from a position on: merged, classified, with duplicates marked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "replay/block.h"
#include "replay/healing.h"
#include "replay/row_walk.h"
#include "replay/tape_set.h"
#include "schema/base/result.h"
#include "schema/feeds/fold.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// For one thread.
class TapeWalk {
 public:
  // What comes between the frames.
  struct Extras {
    bool rows = false;                        // normalized rows, those of a frame before it
    std::shared_ptr<const HealPlan> healing;  // nullptr: nothing
  };
  TapeWalk(std::vector<std::unique_ptr<TapeReader>>& readers, EndpointTable& endpoints,
           Extras extras)
      : readers_(readers), endpoints_(endpoints), extras_(std::move(extras)) {}

  // Goes to the first frame of each tape whose position is `from` or later. Where the wall clock
  // stepped back that frame is found exactly if it lies within kLookBackFrames of the tape's binary
  // search.
  Result<void> start(Ns from);

  // The next frame (or row) of an included feed. Views live until the next call. False at the end
  // of all tapes.
  Result<bool> next(DueFrame& frame);

  static constexpr std::int64_t kLookBackFrames = 16'384;

 private:
  struct Lane {
    TapeReader* reader = nullptr;
    std::uint32_t tape = 0;
    std::unique_ptr<FrameCursor> cursor;
    Originations originations;
    FrameRecord head;
    Ns pos_ns = 0;  // of the head: the running maximum
    bool has_head = false;
    bool is_taken = false;          // the head was handed out: the cursor moves on the next call
    std::unique_ptr<RowWalk> rows;  // nullptr: without rows
    std::unique_ptr<HealWalk> healing;
  };
  // What redundant connections of an endpoint delivered.
  struct Folding {
    std::unique_ptr<Normalizer> normalizer;
    MultisetFold fold{1};
    int slots = 1;
  };

  Result<void> start_lane(Lane& lane, Ns from);
  Result<void> advance(Lane& lane);
  // Where the lane's next item lies; nullopt at its end.
  Result<std::optional<Ns>> next_pos(Lane& lane);
  // A row that comes before the frame at the lane's head. False when there is none.
  Result<bool> next_row(Lane& lane, Ns pos, DueFrame& frame);
  // What was recovered and comes before the frame at the lane's head. False when there is none.
  Result<bool> next_healed(Lane& lane, Ns pos, DueFrame& frame);
  void fill_row(const Lane& lane, Ns pos, const WalkedRow& walked, DueFrame& frame);
  FrameTag classify(const Endpoint* endpoint, int slot, Ns recv_ns, Opcode opcode,
                    std::string_view payload);
  Result<Origination> origination_of(Lane& lane);
  Folding& folding_of(const Endpoint* endpoint);
  // Classifies, and counts what redundant connections brought.
  void describe(const FrameRecord& record, const Origination& from, DueFrame& frame);

  std::vector<std::unique_ptr<TapeReader>>& readers_;
  EndpointTable& endpoints_;
  const Extras extras_;
  std::string row_json_;
  HealWalk::Item healed_;
  std::vector<Lane> lanes_;
  std::unordered_map<const Endpoint*, Folding> foldings_;
  std::unordered_map<const Endpoint*, int> slots_;
  JsonDoc doc_;
};

}  // namespace tapedeck
