// Order books: the last one of each instrument, and what REST tells of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "schema/feeds/fields.h"
#include "schema/normalize.h"

namespace tapedeck::hypercall {

class BookRecovery {
 public:
  // An `OrderbookUpdate` that no other connection has delivered yet.
  void push(Json message, Problem& problem, RowSink& rows);
  // An instrument that is no longer listed has no book.
  void forget(std::string_view symbol);
  // A row unless the book is older than the last known one, or the same.
  RestPage absorb(const RestAnswer& answer, RowSink& rows);
  void remember(const EarlierRow& row);

  std::vector<std::string> symbols() const;

 private:
  struct Book {
    Int event_ns;
    std::string bids;
    std::string asks;
  };
  void keep(const Row& row);
  bool is_news(const Row& row) const;

  std::map<std::string, Book, std::less<>> books_;
};

}  // namespace tapedeck::hypercall
