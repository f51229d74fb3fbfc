// Hypercall's frames → rows (contract section 4; tables of fields in docs/feeds/hypercall.md).
#pragma once

#include <set>
#include <string>

#include "schema/feeds/fold.h"
#include "schema/feeds/hypercall/decode.h"
#include "schema/normalize.h"

namespace tapedeck::hypercall {

// One event is one row:
//  - a Fill is its `fill_id`, however often and over however many connections it comes;
//  - a closed candle is its (symbol, interval, open time);
//  - everything else has no identity on the socket: each delivery of one connection is an event of
//  its own,
//    and redundant connections fold as multisets of equal messages.
class HypercallNormalizer final : public Normalizer {
 public:
  explicit HypercallNormalizer(int connections) : deliveries_(connections) {}

  FrameTag classify(const InFrame& frame) const override;
  void normalize(const InFrame& frame, RowSink& rows) override;

 private:
  // A lasting view of `candles:UND:RES` for a message that names the parts apart.
  std::string_view candle_channel(const CandleName& name) const;

  void decode(const InFrame& frame, const MessageType& type, RowSink& rows);
  void fill(const InFrame& frame, RowSink& rows);
  void candles(const InFrame& frame, RowSink& rows);
  bool is_new(const InFrame& frame);

  MultisetFold deliveries_;
  SeenEvents fills_;
  SeenEvents closed_candles_;
  // Names only, bounded: a session subscribes to few candle channels.
  mutable std::set<std::string, std::less<>> candle_channels_;
};

}  // namespace tapedeck::hypercall
