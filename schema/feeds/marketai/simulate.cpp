#include "schema/feeds/marketai/simulate.h"

#include <algorithm>
#include <map>

#include "schema/base/text.h"
#include "schema/feeds/fold.h"
#include "schema/feeds/marketai/rest.h"
#include "schema/feeds/marketai/simulate_parts.h"
#include "schema/feeds/marketai/wire.h"

namespace tapedeck::marketai {

namespace sim {

const Slots& slots(char kind) {
  static const std::map<char, Slots> all = tapedeck::sim::slots_of(kCycle);
  return all.at(kind);
}

}  // namespace sim

namespace {

using namespace sim;

// The letter of a channel in the cycle.
struct Letter {
  char kind;
  std::string_view channel;
};
constexpr std::array<Letter, kChannels.size()> kLetters = {{
    {'q', "quotes"},
    {'b', "book"},
    {'t', "trades"},
    {'s', "signals"},
    {'l', "liquidations"},
    {'f', "funding"},
    {'k', "klines"},
    {'n', "narratives"},
    {'p', "polymarket"},
}};

std::string data_of(std::uint64_t seed, char kind, std::int64_t n, std::int64_t at_ms) {
  switch (kind) {
    case 'q':
      return quotes_data(seed, n);
    case 'b':
      return book_data(seed, n);
    case 't':
      return trade_data(seed, n, at_ms);
    case 's':
      return signal_data(seed, n, at_ms);
    case 'l':
      return liquidation_data(seed, n, at_ms);
    case 'f':
      return funding_data(seed, n, at_ms);
    case 'k':
      return kline_data(seed, n);
    case 'n':
      return narrative_data(seed, n);
    default:
      return prediction_data(seed, n);
  }
}

std::string update_of(std::uint64_t seed, const Letter& letter, std::int64_t n, Ns at_ns) {
  const std::int64_t at_ms = at_ns / kNsPerMs;
  return Object()
      .text("type", "update")
      .text("channel", letter.channel)
      .number("ts", at_ms)
      .raw("data", data_of(seed, letter.kind, n, at_ms))
      .str();
}

// The first number whose time, in whole milliseconds as it is sent, is not before `t`.
std::int64_t first_from(Ns t, const Slots& slots, std::int64_t count,
                        const Simulator::Timeline& timeline) {
  std::int64_t low = 0;
  std::int64_t high = count;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const Ns at_ns = timeline.time_of(slots.message_of(middle));
    if (at_ns - at_ns % kNsPerMs < t) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

Simulator::Message MarketSimulator::message(std::int64_t k, Ns at_ns) const {
  const char kind = kCycle[static_cast<std::size_t>(k % kCycleSize)];
  const auto* letter = std::find_if(kLetters.begin(), kLetters.end(),
                                    [&](const Letter& one) { return one.kind == kind; });
  return {kEndpoint, update_of(seed_, *letter, slots(kind).count(k), at_ns)};
}

std::int64_t MarketSimulator::cycle() const {
  return kCycleSize;
}

std::optional<std::string> MarketSimulator::snapshot(std::string_view /*endpoint*/,
                                                     const Timeline& /*timeline*/) const {
  return std::nullopt;
}

std::vector<std::string> MarketSimulator::history(const ServiceData::Query& query,
                                                  const Timeline& timeline) const {
  std::vector<std::string> rows;
  const Channel* channel = find_channel(query.stream);
  if (channel == nullptr || channel->rest_path.empty()) return rows;
  const auto is_asked = [&](const SimMarket& market) {
    return query.symbol.empty() || market.symbol == query.symbol;
  };
  if (std::none_of(kMarkets.begin(), kMarkets.end(), is_asked)) return rows;
  const auto* letter = std::find_if(kLetters.begin(), kLetters.end(), [&](const Letter& one) {
    return one.channel == channel->name;
  });
  const Slots& all = slots(letter->kind);
  const std::int64_t count = all.count(timeline.upto);
  const std::int64_t first = query.from_ns ? first_from(*query.from_ns, all, count, timeline) : 0;
  const std::int64_t end = query.to_ns ? first_from(*query.to_ns, all, count, timeline) : count;
  std::size_t skip = query.offset;
  JsonDoc doc;
  for (std::int64_t i = 0; first + i < end && rows.size() < query.limit; ++i) {
    const std::int64_t n = query.newest_first ? end - 1 - i : first + i;
    if (!is_asked(market_of(letter->kind, n))) continue;
    if (skip > 0) {
      --skip;
      continue;
    }
    doc.parse(update_of(seed_, *letter, n, timeline.time_of(all.message_of(n))));
    rows.push_back(rest_row(doc.root()));
  }
  return rows;
}

}  // namespace tapedeck::marketai
