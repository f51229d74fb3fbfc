#include "schema/feeds/hypercall/recover_books.h"

#include "schema/base/decimal.h"
#include "schema/base/text.h"
#include "schema/feeds/hypercall/decode.h"
#include "schema/feeds/hypercall/envelope.h"
#include "schema/feeds/hypercall/sift.h"

namespace tapedeck::hypercall {

namespace {

constexpr std::size_t kInstrumentsMax = 20'000;

// The columns that are looked at.
constexpr std::size_t kSymbol = 1;
constexpr std::size_t kBids = 4;
constexpr std::size_t kAsks = 5;

// Whether `told`, a side as the tape keeps it, holds the best levels of `known`: REST is asked for
// some levels only.
bool is_top_of(std::string_view told, std::string_view known) {
  JsonDoc told_doc;
  JsonDoc known_doc;
  if (!told_doc.parse(told) || !known_doc.parse(known)) return told == known;
  Json theirs = told_doc.root().first();
  Json ours = known_doc.root().first();
  if (theirs.exists() != ours.exists()) return false;
  for (; theirs.exists(); theirs = theirs.next(), ours = ours.next()) {
    for (const std::size_t part : {0U, 1U}) {
      if (!same_decimal(theirs.at(part).scalar(), ours.at(part).scalar())) return false;
    }
  }
  return true;
}

}  // namespace

void BookRecovery::keep(const Row& row) {
  const std::string_view symbol = row.values[kSymbol].text;
  auto found = books_.find(symbol);
  if (found == books_.end()) {
    if (books_.size() >= kInstrumentsMax) return;
    found = books_.emplace(std::string(symbol), Book()).first;
  }
  found->second.event_ns = row.event_ns;
  found->second.bids = row.values[kBids].text;
  found->second.asks = row.values[kAsks].text;
}

void BookRecovery::push(Json message, Problem& problem, RowSink& rows) {
  Sifter live(rows, [&](const Row& row) {
    keep(row);
    return true;
  });
  decode_orderbook(message, {}, problem, live);
}

void BookRecovery::forget(std::string_view symbol) {
  const auto found = books_.find(symbol);
  if (found != books_.end()) books_.erase(found);
}

void BookRecovery::remember(const EarlierRow& row) {
  keep(Row{&table_of(row.table), row.origin, row.event_ns, row.values});
}

bool BookRecovery::is_news(const Row& row) const {
  const auto found = books_.find(row.values[kSymbol].text);
  if (found == books_.end()) return true;
  const Book& known = found->second;
  if (known.event_ns && row.event_ns && *row.event_ns <= *known.event_ns) return false;
  return !is_top_of(row.values[kBids].text, known.bids) ||
         !is_top_of(row.values[kAsks].text, known.asks);
}

RestPage BookRecovery::absorb(const RestAnswer& answer, RowSink& rows) {
  RestPage page;
  const Single single = read_single(answer.root());
  page.problem = single.problem;
  if (!page.problem.empty() || !single.object.exists()) return page;
  page.items = 1;
  Problem problem("REST book");
  Sifter recovered(
      rows,
      [&](const Row& row) {
        if (!is_news(row)) return false;
        keep(row);
        return true;
      },
      Origin::gapfill);
  const std::string asked = parse_target(answer.url).get("instrument_id");
  decode_orderbook(single.object, asked, problem, recovered);
  if (problem.any()) page.problem = problem.reason();
  return page;
}

std::vector<std::string> BookRecovery::symbols() const {
  std::vector<std::string> found;
  found.reserve(books_.size());
  for (const auto& [symbol, book] : books_) found.push_back(symbol);
  return found;
}

}  // namespace tapedeck::hypercall
