// Trades: what sockets push, and what REST tells again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "schema/feeds/fields.h"
#include "schema/feeds/fold.h"
#include "schema/feeds/hypercall/tally.h"
#include "schema/feeds/hypercall/trade_cursor.h"
#include "schema/normalize.h"

namespace tapedeck::hypercall {

class TradeRecovery {
 public:
  // `clock` outlives it; trades set it.
  explicit TradeRecovery(ServerClock& clock) : clock_(clock), cursor_(tally_, clock) {}

  void subscribed(int slot, Ns recv_ns) { cursor_.subscribed(slot, recv_ns); }
  // A `Trade` that no other connection has delivered yet.
  void push(Json message, Ns recv_ns, Problem& problem, RowSink& rows);
  RestPage absorb(const RestAnswer& answer, RowSink& rows);
  void remember(const EarlierRow& row);

 private:
  std::optional<std::uint64_t> cursor_of(const Gap& gap) const;
  void absorb_trade(Json item, const ToldTrade& trade, const RestAnswer& answer, RestPage& page,
                    RowSink& rows);
  void note_epoch(const Gap& gap, const std::vector<ToldTrade>& trades, bool is_newest);
  // Of an item that can be read; nullopt, with a row that says why, of any other.
  std::optional<ToldTrade> read(Json item, RowSink& rows);

  ServerClock& clock_;
  TradeTally tally_;
  TradeCursor cursor_;
  SeenEvents strangers_{10'000};
  Ns pushed_ns_ = 0;                       // the last one's receipt
  Int newest_ns_;                          // of all that is known, by its own time
  std::map<std::int64_t, Int> told_ns_;    // likewise, of what was told for each gap
  std::optional<std::int64_t> new_epoch_;  // the gap whose cursor is of an earlier epoch
};

}  // namespace tapedeck::hypercall
