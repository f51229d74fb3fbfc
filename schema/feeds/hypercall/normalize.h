// Hypercall's frames → rows (contract section 4; tables of fields in docs/feeds/hypercall.md).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "schema/feeds/fold.h"
#include "schema/feeds/hypercall/decode.h"
#include "schema/feeds/hypercall/filter.h"
#include "schema/feeds/hypercall/recover_account.h"
#include "schema/feeds/hypercall/recover_books.h"
#include "schema/feeds/hypercall/recover_trades.h"
#include "schema/normalize.h"

namespace tapedeck::hypercall {

// One event is one row:
//  - a Fill is its `fill_id`, however often and over however many connections it comes;
//  - a closed candle is its (symbol, interval, open time);
//  - everything else has no identity on the socket: each delivery of one connection is an event of
//    its own, and redundant connections fold as multisets of equal messages;
//  - what REST tells of trades, fills and orders adds what the tape has not (recover_*.h).
class HypercallNormalizer final : public Normalizer {
 public:
  // What the subscriptions ask for: REST lists everything.
  struct Filters {
    ChannelFilter fills;
    ChannelFilter orders;
  };
  HypercallNormalizer(int connections, Filters filters);

  FrameTag classify(const InFrame& frame) const override;
  void normalize(const InFrame& frame, RowSink& rows) override;
  RestPage absorb(const RestAnswer& answer, RowSink& rows) override;
  std::span<const TableId> remembered_tables() const override;
  void remember(const EarlierRow& row) override;
  std::vector<std::string> symbols(std::string_view stream) const override;

 private:
  // A lasting view of `candles:UND:RES` for a message that names the parts apart.
  std::string_view candle_channel(const CandleName& name) const;

  void decode(const InFrame& frame, const MessageType& type, RowSink& rows);
  void acknowledged(const InFrame& frame);
  void candles(const InFrame& frame, RowSink& rows);
  bool is_new(const InFrame& frame);

  MultisetFold deliveries_;
  ServiceTimes times_;
  TradeRecovery trades_{times_};
  FillRecovery fills_;
  OrderRecovery orders_;
  BookRecovery books_;
  PortfolioRecovery portfolio_;
  SeenEvents closed_candles_;
  // Names only, bounded: a session subscribes to few candle channels.
  mutable std::set<std::string, std::less<>> candle_channels_;
};

}  // namespace tapedeck::hypercall
