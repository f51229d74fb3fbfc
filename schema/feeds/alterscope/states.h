// The last recorded value of each factor: what the next change must begin with, and what the state
// that REST tells is compared with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"
#include "schema/feeds/fold.h"
#include "schema/normalize.h"

namespace tapedeck::alterscope {

// Values are compared as decimals. Not thread-safe; memory is bounded, the factors known longest
// are forgotten first and are then as never seen.
class FactorStates {
 public:
  explicit FactorStates(Subscription subscription) : subscription_(std::move(subscription)) {}

  // A socket brought a change. False when REST told it before: it is on the tape. When it does not
  // begin with the value recorded last, a change was missed: says so to `rows`.
  bool changed(const Change& change, Ns recv_ns, RowSink& rows);

  // As the normalizer's. What is remembered serves absorb() alone; it proves nothing.
  void remember(const EarlierRow& row);
  RestPage absorb(const RestAnswer& answer, RowSink& rows);

 private:
  struct State {
    std::optional<std::string> current;
    Int as_of_ns;
    Int block;
    Ns recv_ns = 0;        // when it was last known to hold
    bool is_told = false;  // by REST, and no socket has brought it
    bool has_row = true;
  };
  class Book {
   public:
    State* find(std::uint64_t factor);
    void put(std::uint64_t factor, State state);

   private:
    std::unordered_map<std::uint64_t, State> states_;
    std::deque<std::uint64_t> order_;
  };

  static int compare_age(const Change& change, const State& state);
  static bool is_before(const Change& change, const State& told);
  void expect_to_follow(const Change& change, const State& last, RowSink& rows) const;
  bool is_subscribed(Json category) const;
  void absorb_state(const Change& change, const RestAnswer& answer, RestPage& page, RowSink& rows);

  Subscription subscription_;
  Book states_;
  Book earlier_;  // on the tapes of earlier recorders
  SeenEvents unread_{10'000};
};

}  // namespace tapedeck::alterscope
