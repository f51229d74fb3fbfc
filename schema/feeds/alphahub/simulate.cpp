#include "schema/feeds/alphahub/simulate.h"

#include <algorithm>
#include <array>

#include "schema/base/text.h"
#include "schema/feeds/alphahub/wire.h"
#include "schema/feeds/fold.h"

namespace tapedeck::alphahub {

namespace {

// Document: 14 Minotaur 1-Stock, 16 Minotaur 3-Stock, 17 Minotaur Optimus, 18 The Optimizer.
constexpr std::array<std::string_view, 4> kTopics = {"algorithms:14", "algorithms:16",
                                                     "algorithms:17", "algorithms:18"};
constexpr auto kTopicCount = static_cast<std::int64_t>(kTopics.size());

struct Stock {
  std::string_view symbol;
  std::int64_t cents;
  std::string_view sent = {};  // its JSON text where that is an unusual one
};
// The document's, and some whose names are easily mistreated.
constexpr std::array<Stock, 10> kStocks = {{{"VRTX", 21'608},
                                            {"MU", 8'710},
                                            {"BMRN", 8'028},
                                            {"JBHT", 16'856},
                                            {"ILMN", 41'460},
                                            {"CDNS", 14'294},
                                            {"BRK.B", 27'215},
                                            {"BF.A", 7'004, R"("BF\u002eA")"},
                                            {"TRUE", 512},
                                            {"RDS/A", 3'866, R"("RDS\/A")"}}};

// JSON numbers and texts that a double would change or write otherwise.
constexpr std::array<std::string_view, 6> kAwkwardPrices = {
    "12.067400000000001", "1e-28", "-0.0", R"("95000.50")", "9007199254740993", "1.50E+2"};

// What signal `n` of a topic is like: its number within the cycle.
enum class Shape : std::uint8_t { both, open, close, hold, awkward, again, empty, twins };
constexpr std::int64_t kShapes = 8;

struct Leg {
  std::string_view name;
  std::string symbol, side, price, weight;  // JSON texts; an empty weight is not sent
  bool has_blank = false;                   // in the name `symbol`, as the document has it
};
struct Facts {
  std::vector<Leg> close, open;
};

class Dice {
 public:
  Dice(std::uint64_t seed, std::int64_t topic, std::int64_t n)
      : state_(hash_combine(hash_combine(seed, static_cast<std::uint64_t>(topic)),
                            static_cast<std::uint64_t>(n))) {}
  std::int64_t below(std::int64_t end) {
    state_ = hash_combine(state_, 0x9e3779b97f4a7c15ULL);
    return static_cast<std::int64_t>(state_ % static_cast<std::uint64_t>(end));
  }

 private:
  std::uint64_t state_;
};

std::string dollars(std::int64_t cents) {
  const std::string fraction = std::to_string(100 + cents % 100).substr(1);
  return std::to_string(cents / 100) + "." + fraction;
}

Leg make_leg(Dice& dice, std::int64_t number) {
  const Stock& stock = kStocks[static_cast<std::size_t>(dice.below(kStocks.size()))];
  const std::int64_t cents = stock.cents + dice.below(400);
  Leg leg;
  leg.name = stock.symbol;
  leg.symbol = stock.sent.empty() ? json_string(stock.symbol) : std::string(stock.sent);
  leg.side = dice.below(2) == 0 ? R"("buy")" : R"("sell")";
  // A whole number, a decimal, a text.
  if (number % 3 == 0) leg.price = dollars(cents);
  if (number % 3 == 1) leg.price = std::to_string(cents / 100);
  if (number % 3 == 2) leg.price = "\"" + dollars(cents) + "\"";
  return leg;
}

std::vector<Leg> make_legs(Dice& dice) {
  std::vector<Leg> legs;
  for (std::int64_t i = 0; i < 3; ++i) legs.push_back(make_leg(dice, i));
  return legs;
}

Facts facts_of(std::uint64_t seed, std::int64_t topic, std::int64_t n) {
  const auto shape = static_cast<Shape>(n % kShapes);
  // Another signal that looks like the one before.
  if (shape == Shape::again) return facts_of(seed, topic, n - 1);
  Dice dice(seed, topic, n);
  Facts facts;
  if (shape != Shape::open && shape != Shape::empty) facts.close = make_legs(dice);
  if (shape != Shape::close) facts.open = make_legs(dice);
  if (shape == Shape::both) facts.close.back().has_blank = true;
  if (shape == Shape::hold) {
    facts.open.front().side = R"("hold")";
    facts.open.back().side = R"("Sell")";
    for (Leg& leg : facts.open) leg.weight = "0.3333333333333333";
  }
  if (shape == Shape::awkward) {
    const std::int64_t first = dice.below(kAwkwardPrices.size());
    for (std::size_t i = 0; i < facts.open.size(); ++i) {
      const std::size_t which = (static_cast<std::size_t>(first) + i) % kAwkwardPrices.size();
      facts.open[i].price = kAwkwardPrices[which];
      facts.close[i].price = kAwkwardPrices[(which + 3) % kAwkwardPrices.size()];
    }
  }
  if (shape == Shape::twins) facts.open.push_back(facts.open.front());
  return facts;
}

// The two forms of the document: closes come with a blank before the T.
std::string close_time(Ns at_ns) {
  std::string text = format_rfc3339(at_ns - at_ns % kNsPerSec - kNsPerSec);
  text.pop_back();
  return "\"" + text.insert(text.find('T'), " ") + "\"";
}
std::string open_time(Ns at_ns) {
  std::string text = format_rfc3339(at_ns - at_ns % kNsPerSec);
  text.pop_back();
  return "\"" + text + "\"";
}

std::string leg_text(const Leg& leg, const std::string& time) {
  std::string text = R"({"price":)" + leg.price + R"(,"side":)" + leg.side;
  text += leg.has_blank ? R"(," symbol":)" : R"(,"symbol":)";
  text += leg.symbol + R"(,"timestamp":)" + time;
  if (!leg.weight.empty()) text += R"(,"weight":)" + leg.weight;
  return text + "}";
}

std::string list_text(const std::vector<Leg>& legs, const std::string& time) {
  std::vector<std::string> texts;
  for (const Leg& leg : legs) texts.push_back(leg_text(leg, time));
  return "[" + join(texts, ",") + "]";
}

// The legs of signal `n` as the history has them, in the order sent.
std::vector<std::string> history_rows(std::uint64_t seed, std::int64_t topic, std::int64_t n,
                                      const std::string& symbol, Ns at_ns) {
  Facts facts = facts_of(seed, topic, n);
  std::vector<std::string> rows;
  const auto add = [&](std::vector<Leg>& legs, const std::string& time) {
    for (Leg& leg : legs) {
      if (!symbol.empty() && symbol != leg.name) continue;
      leg.weight.clear();
      leg.has_blank = false;
      rows.push_back(leg_text(leg, time));
    }
  };
  add(facts.close, close_time(at_ns));
  add(facts.open, open_time(at_ns));
  return rows;
}

}  // namespace

std::int64_t AlphaHubSimulator::cycle() const {
  return kTopicCount * kShapes;
}

Simulator::Message AlphaHubSimulator::message(std::int64_t k, Ns at_ns) const {
  const std::int64_t topic = k % kTopicCount;
  const std::int64_t n = k / kTopicCount;
  const Facts facts = facts_of(seed_, topic, n);
  const auto shape = static_cast<Shape>(n % kShapes);
  std::string payload = "{";
  if (shape != Shape::open) payload += R"("close":)" + list_text(facts.close, close_time(at_ns));
  if (shape != Shape::open && shape != Shape::close) payload += ',';
  if (shape != Shape::close) payload += R"("open":)" + list_text(facts.open, open_time(at_ns));
  return {kEndpoint, encode("null", "null", kTopics[static_cast<std::size_t>(topic)],
                            event::kSignals, payload + "}")};
}

std::optional<std::string> AlphaHubSimulator::snapshot(std::string_view /*endpoint*/,
                                                       const Timeline& /*timeline*/) const {
  return std::nullopt;
}

std::vector<std::string> AlphaHubSimulator::history(const ServiceData::Query& query,
                                                    const Timeline& timeline) const {
  std::vector<std::string> found;
  const auto* const named = std::find(kTopics.begin(), kTopics.end(), query.stream);
  if (named == kTopics.end()) return found;
  const std::int64_t topic = named - kTopics.begin();
  const std::int64_t count = (timeline.upto - topic + kTopicCount - 1) / kTopicCount;
  std::size_t skip = query.offset;
  for (std::int64_t i = 0; i < count && found.size() < query.limit; ++i) {
    const std::int64_t n = query.newest_first ? count - 1 - i : i;
    const Ns at_ns = timeline.time_of(n * kTopicCount + topic);
    std::vector<std::string> rows = history_rows(seed_, topic, n, query.symbol, at_ns);
    if (query.newest_first) std::reverse(rows.begin(), rows.end());
    for (std::string& row : rows) {
      if (skip > 0) {
        --skip;
      } else if (found.size() < query.limit) {
        found.push_back(std::move(row));
      }
    }
  }
  return found;
}

}  // namespace tapedeck::alphahub
