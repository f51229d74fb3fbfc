// NexusGlass's data, made up: every message is a pure function of the seed and its number.
#include <algorithm>
#include <string>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/nexusglass/parts.h"
#include "schema/feeds/nexusglass/simulate_tables.h"
#include "schema/feeds/nexusglass/wire.h"

namespace tapedeck::nexusglass {

namespace {

// splitmix64: the same numbers on every machine, unlike the standard library's distributions.
class Dice {
 public:
  Dice(std::uint64_t seed, std::int64_t k)
      : state_(seed * 0xd1342543de82ef95ULL ^
               static_cast<std::uint64_t>(k) * 0x9e3779b97f4a7c15ULL) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  template <class List>
  const auto& pick(const List& list) {
    return list[next() % list.size()];
  }

 private:
  std::uint64_t state_;
};

// `value` in units of 10^-digits, as a decimal.
std::string decimal(std::int64_t value, int digits) {
  std::string text = std::to_string(value < 0 ? -value : value);
  if (digits > 0) {
    const auto fraction = static_cast<std::size_t>(digits);
    if (text.size() <= fraction) text.insert(0, fraction + 1 - text.size(), '0');
    text.insert(text.size() - fraction, 1, '.');
  }
  return value < 0 ? '-' + text : text;
}

std::string price_near(const SimMarket& market, Dice& dice, std::int64_t low, std::int64_t high) {
  return decimal(market.price + market.price * dice.between(low, high) / 1'000, market.digits);
}

void append_member(std::string& out, std::string_view name, std::string_view json) {
  if (!out.ends_with('{')) out += ',';
  append_json_string(out, name);
  out += ':';
  out += json;
}

std::string hex(Dice& dice, std::int64_t size) {
  std::string text = "\"0x";
  for (std::int64_t i = 0; i < size; ++i) text += "0123456789abcdef"[dice.next() % 16];
  return text + '"';
}

std::string field_value(const SimField& field, const SimMarket& market, Dice& dice) {
  switch (field.kind) {
    case SimKind::price:
      return price_near(market, dice, field.low, field.high);
    case SimKind::number:
      return decimal(dice.between(field.low, field.high), field.digits);
    case SimKind::choice:
      return json_string(dice.pick(split_list(field.choices, '|')));
    case SimKind::awkward:
      return std::string(dice.pick(kAwkwardNumbers));
    case SimKind::note:
      return std::string(dice.pick(kNotes));
    case SimKind::hex:
      return hex(dice, field.low);
  }
  return "null";
}

// `[{…},…]`, one object for each of the first `count` venues.
std::string venue_list(const SimMarket& market, Dice& dice, std::size_t count,
                       std::span<const SimField> fields) {
  std::string out = "[";
  for (std::size_t i = 0; i < std::min(count, kSimVenues.size()); ++i) {
    if (i > 0) out += ',';
    std::string item = "{";
    append_member(item, "venue", json_string(kSimVenues[i]));
    for (const SimField& field : fields)
      append_member(item, field.name, field_value(field, market, dice));
    out += item + '}';
  }
  return out + ']';
}

// `[["price","size"],…]`, stepping away from the market's price; sizes as texts, as books have
// them.
std::string ladder(const SimMarket& market, Dice& dice, int levels, int step) {
  std::string out = "[";
  for (int i = 1; i <= levels; ++i) {
    if (i > 1) out += ',';
    const std::int64_t away = market.price * i * step / 20'000;
    out += "[\"" + decimal(market.price + away, market.digits) + "\",\"" +
           decimal(dice.between(1, 90'000'000), 6) + "\"]";
  }
  return out + ']';
}

constexpr std::array<SimField, 4> kShareFields = {{
    {"share_pct", SimKind::number, 1, 600, 1},
    {"depth_usd", SimKind::number, 100'000, 90'000'000},
    {"funding_rate", SimKind::number, -750, 750, 6},
    {"mark_price", SimKind::price, -1, 1},
}};
constexpr std::array<SimField, 8> kTickerFields = {{
    {"last", SimKind::price, -1, 1},
    {"bid", SimKind::price, -2, -1},
    {"ask", SimKind::price, 1, 2},
    {"mark_price", SimKind::price, -1, 1},
    {"volume_24h", SimKind::number, 1'000'000'000, 90'000'000'000, 4},
    {"quote_volume_24h", SimKind::number, 1'000'000'000, 90'000'000'000, 2},
    {"change_24h_pct", SimKind::number, -900, 900, 2},
    {"basis", SimKind::awkward},
}};
constexpr std::array<SimField, 6> kOpenInterestFields = {{
    {"oi_usd", SimKind::number, 10'000'000, 9'000'000'000},
    {"delta_1m_usd", SimKind::number, -9'000'000, 9'000'000},
    {"delta_5m_usd", SimKind::number, -40'000'000, 40'000'000},
    {"delta_1h_usd", SimKind::number, -90'000'000, 90'000'000},
    {"long_short_ratio", SimKind::number, 4'000, 25'000, 4},
    {"z_score", SimKind::awkward},
}};
constexpr std::array<SimField, 5> kRouteFields = {{
    {"route", SimKind::choice, 0, 0, 0, "ethereum→arbitrum|ethereum→base|solana→ethereum|tron→bsc"},
    {"volume_usd", SimKind::number, 10'000, 90'000'000, 2},
    {"delta_pct", SimKind::number, -9'999, 9'999, 2},
    {"transactions", SimKind::number, 1, 4'000},
    {"share", SimKind::awkward},
}};

std::string message_text(std::string_view type, std::string_view payload) {
  return "{\"type\":" + json_string(type) + ",\"payload\":" + std::string(payload) + "}";
}

Ns whole_ms(Ns t) {
  return t - t % kNsPerMs;
}
std::string ms_text(Ns t) {
  return std::to_string(t / kNsPerMs);
}
std::string time_text(Ns t) {
  return json_string(format_rfc3339(whole_ms(t)));
}

constexpr std::int64_t kCycle = static_cast<std::int64_t>(kSimCycle.size());

// How many events the first `messages` messages of a cycle hold.
constexpr std::int64_t events_before(std::int64_t messages) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < messages; ++i) {
    if (kSimCycle[static_cast<std::size_t>(i)].message == SimMessage::event) ++count;
  }
  return count;
}
constexpr std::int64_t kEventsPerCycle = events_before(kCycle);

// Events count from 1, in the order of their messages.
std::int64_t event_count(std::int64_t messages) {
  return messages / kCycle * kEventsPerCycle + events_before(messages % kCycle);
}
std::int64_t message_of_event(std::int64_t id) {
  const std::int64_t nth = (id - 1) % kEventsPerCycle;
  std::int64_t slot = 0;
  while (events_before(slot + 1) <= nth) ++slot;
  return (id - 1) / kEventsPerCycle * kCycle + slot;
}

class EndpointSimulator final : public Simulator {
 public:
  explicit EndpointSimulator(std::uint64_t seed) : seed_(seed) {}

  std::int64_t cycle() const override { return kCycle; }

  Message message(std::int64_t k, Ns at_ns) const override {
    Dice dice(seed_, k);
    const SimMarket& market = dice.pick(kSimMarkets);
    switch (kSimCycle[static_cast<std::size_t>(k % kCycle)].message) {
      case SimMessage::event:
        return {kEventEndpoint, message_text("EVENT", event(k, at_ns))};
      case SimMessage::ticker:
        return {kMarketEndpoint, message_text("TICKER", ticker(market, dice, at_ns))};
      case SimMessage::oi_delta:
        return {kMarketEndpoint, message_text("OI_DELTA", oi_delta(market, dice, at_ns))};
      case SimMessage::market:
        return {kMarketEndpoint,
                message_text("MARKET_SNAPSHOT", market_state(market, dice, at_ns))};
      case SimMessage::bridge_delta:
        return {kBridgeEndpoint, message_text("BRIDGE_DELTA", bridge_delta(market, dice, at_ns))};
      case SimMessage::cross_metric:
        return {kBridgeEndpoint, message_text("CROSS_METRIC", cross_metric(market, dice, at_ns))};
    }
    return {};
  }

  std::optional<std::string> snapshot(std::string_view endpoint,
                                      const Timeline& timeline) const override {
    const Ns now_ns = timeline.time_of(std::max<std::int64_t>(timeline.upto - 1, 0));
    Dice dice(~seed_, timeline.upto);
    std::string payload = "{";
    if (endpoint == kEventEndpoint) {
      const std::int64_t last = event_count(timeline.upto);
      std::vector<std::string> events;
      for (std::int64_t id = std::max<std::int64_t>(last - kSnapshotEvents, 0) + 1; id <= last;
           ++id) {
        events.push_back(event_of(id, timeline));
      }
      append_member(payload, "events", "[" + join(events, ",") + "]");
    } else if (endpoint == kMarketEndpoint) {
      append_member(payload, "timestamp", ms_text(now_ns));
      append_member(payload, "tickers", all_markets(dice, kTickerFields));
    } else if (endpoint == kBridgeEndpoint) {
      append_member(payload, "timestamp", ms_text(now_ns));
      append_member(payload, "bridges", all_markets(dice, kRouteFields));
    } else {
      return std::nullopt;
    }
    return message_text("SNAPSHOT", payload + '}');
  }

  std::vector<std::string> history(const ServiceData::Query& query,
                                   const Timeline& timeline) const override {
    std::vector<std::string> events;
    if (query.stream != kEventEndpoint) return events;
    const std::int64_t last = event_count(timeline.upto);
    if (query.after && *query.after >= last) return events;
    const std::int64_t first = std::max<std::int64_t>(query.after.value_or(0), 0) + 1;
    std::size_t skip = query.offset;
    for (std::int64_t n = first; n <= last && events.size() < query.limit; ++n) {
      const std::int64_t id = query.newest_first ? last - (n - first) : n;
      if (!query.symbol.empty() && market_of(id).symbol != query.symbol) continue;
      if (skip > 0) {
        --skip;
      } else {
        events.push_back(event_of(id, timeline));
      }
    }
    return events;
  }

 private:
  static constexpr std::int64_t kSnapshotEvents = 10;

  const SimMarket& market_of(std::int64_t id) const {
    return Dice(seed_, message_of_event(id)).pick(kSimMarkets);
  }

  std::string event_of(std::int64_t id, const Timeline& timeline) const {
    const std::int64_t k = message_of_event(id);
    return event(k, timeline.time_of(k));
  }

  // Within its priority's SLA.
  static std::int64_t latency_ms(std::string_view priority, Dice& dice) {
    if (priority == "P0") return dice.between(5, 95);
    if (priority == "P1") return dice.between(50, 480);
    return dice.between(100, 1'900);
  }

  // The bare event that message `k` carries.
  std::string event(std::int64_t k, Ns at_ns) const {
    Dice dice(seed_, k);
    const SimMarket& market = dice.pick(kSimMarkets);
    const std::size_t type = kSimCycle[static_cast<std::size_t>(k % kCycle)].event;
    const std::int64_t latency = latency_ms(kEventTypes[type].priority, dice);

    std::string data = "{";
    for (const SimField& field : kSimEventData[type]) {
      append_member(data, field.name, field_value(field, market, dice));
    }
    append_member(data, "venues", venue_list(market, dice, 4, kShareFields));

    std::string out = "{";
    append_member(out, "id", std::to_string(event_count(k) + 1));
    append_member(out, "type", json_string(kEventTypes[type].name));
    append_member(out, "priority", json_string(kEventTypes[type].priority));
    append_member(out, "symbol", json_string(market.symbol));
    append_member(out, "confidence",
                  dice.next() % 8 == 0 ? "0.9200000000000001" : decimal(dice.between(50, 99), 2));
    append_member(out, "data", data + '}');
    append_member(out, "detected_at", time_text(at_ns - latency * kNsPerMs));
    append_member(out, "latency_ms", std::to_string(latency));
    return out + '}';
  }

  static std::string ticker(const SimMarket& market, Dice& dice, Ns at_ns) {
    std::string out = "{";
    append_member(out, "symbol", json_string(market.symbol));
    append_member(out, "timestamp", ms_text(at_ns));
    append_member(out, "index_price", price_near(market, dice, -1, 1));
    append_member(out, "venues", venue_list(market, dice, kSimVenues.size(), kTickerFields));
    return out + '}';
  }

  static std::string oi_delta(const SimMarket& market, Dice& dice, Ns at_ns) {
    std::string out = "{";
    append_member(out, "symbol", json_string(market.symbol));
    append_member(out, "ts", ms_text(at_ns));
    append_member(out, "venues", venue_list(market, dice, kSimVenues.size(), kOpenInterestFields));
    append_member(out, "cumulative", ladder(market, dice, 24, 1));
    return out + '}';
  }

  static std::string market_state(const SimMarket& market, Dice& dice, Ns at_ns) {
    std::string out = "{";
    append_member(out, "symbol", json_string(market.symbol));
    append_member(out, "time", time_text(at_ns));
    append_member(out, "bids", ladder(market, dice, 60, -1));
    append_member(out, "asks", ladder(market, dice, 60, 1));
    append_member(out, "note", dice.pick(kNotes));
    return out + '}';
  }

  static std::string bridge_delta(const SimMarket& market, Dice& dice, Ns at_ns) {
    std::string out = "{";
    append_member(out, "symbol", json_string(market.symbol));
    append_member(out, "detected_at", time_text(at_ns));
    append_member(out, "routes", venue_list(market, dice, 10, kRouteFields));
    return out + '}';
  }

  // About two markets, so without a symbol of its own: it passes every filter.
  static std::string cross_metric(const SimMarket& market, Dice& dice, Ns at_ns) {
    const SimMarket& other = dice.pick(kSimMarkets);
    std::string out = "{";
    append_member(out, "symbols",
                  "[" + json_string(market.symbol) + "," + json_string(other.symbol) + "]");
    append_member(out, "timestamp", ms_text(at_ns));
    append_member(out, "correlation", dice.pick(kAwkwardNumbers));
    append_member(out, "venues", venue_list(market, dice, kSimVenues.size(), kShareFields));
    return out + '}';
  }

  static std::string all_markets(Dice& dice, std::span<const SimField> fields) {
    std::string out = "[";
    for (const SimMarket& market : kSimMarkets) {
      std::string item = "{";
      append_member(item, "symbol", json_string(market.symbol));
      for (const SimField& field : fields)
        append_member(item, field.name, field_value(field, market, dice));
      if (out.size() > 1) out += ',';
      out += item + '}';
    }
    return out + ']';
  }

  std::uint64_t seed_;
};

}  // namespace

std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) {
  return std::make_unique<EndpointSimulator>(seed);
}

}  // namespace tapedeck::nexusglass
