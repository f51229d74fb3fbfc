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
  // `times` outlives it; trades set it.
  explicit TradeRecovery(ServiceTimes& times) : times_(times), cursor_(tally_, times) {}

  void subscribed(int slot, Ns recv_ns) { cursor_.subscribed(slot, recv_ns); }
  // A `Trade` that no other connection has delivered yet.
  void push(Json message, Ns recv_ns, Problem& problem, RowSink& rows);
  RestPage absorb(const RestAnswer& answer, RowSink& rows);
  void remember(const EarlierRow& row);

 private:
  struct Item {
    ToldTrade trade;
    Json json;
  };
  std::vector<Item> read_all(Json list, RowSink& rows);
  // Of an item that can be read; nullopt, with a row that says why, of any other.
  std::optional<ToldTrade> read(Json item, RowSink& rows);
  void absorb_item(const Item& item, const RestAnswer& answer, RestPage& page, RowSink& rows);
  bool is_left_edge(const ToldTrade& trade, const Gap& gap) const;
  bool may_be_missing(const ToldTrade& trade, const Gap& gap) const;
  bool goes_on(const std::vector<Item>& items, const Gap& gap);

  ServiceTimes& times_;
  TradeTally tally_;
  TradeCursor cursor_;
  SeenEvents strangers_{10'000};
  Int newest_ns_;  // of all that is known or was told, by its own time
  std::map<std::int64_t, ToldTrade> told_last_;  // by gap: the last of the last answer
};

}  // namespace tapedeck::hypercall
