// Market.ai's frames → rows (contract section 4; tables of fields in docs/feeds/marketai.md).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/feeds/fold.h"
#include "schema/feeds/marketai/memory.h"
#include "schema/feeds/marketai/wire.h"
#include "schema/normalize.h"

namespace tapedeck::marketai {

// One event is one row:
//  - what has an identity of its own (signals, trades, closed candles; event_key()) is that,
//    however often and by whatever way it comes;
//  - everything else is an event each time one connection delivers it; redundant connections fold
//    as multisets of equal messages, and REST answers as multisets of equal events;
//  - a state that REST tells is a row where it differs from the last one recorded.
class MarketNormalizer final : public Normalizer {
 public:
  explicit MarketNormalizer(int connections) : deliveries_(connections) {}

  FrameTag classify(const InFrame& frame) const override;
  void normalize(const InFrame& frame, RowSink& rows) override;
  RestPage absorb(const RestAnswer& answer, RowSink& rows) override;
  std::span<const TableId> remembered_tables() const override;
  void remember(const EarlierRow& row) override;
  std::vector<std::string> symbols(std::string_view stream) const override;

 private:
  void update(const InFrame& frame, RowSink& rows);
  void unparsed(const InFrame& frame, std::string_view reason, RowSink& rows);
  bool is_new(const InFrame& frame);
  bool is_new(const InFrame& frame, std::size_t channel, const Row& row);
  void keep_state(Nature nature, const Row& row, Ns recv_ns);

  MultisetFold deliveries_;
  Memory memory_;
};

}  // namespace tapedeck::marketai
