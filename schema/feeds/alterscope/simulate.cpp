// Alterscope's data, made up: every message is a pure function of the seed and its number.
//
// A cycle changes every factor of every opportunity once. The value before a factor's n-th change
// and the one after it are the n-th and the next of a sequence that can be computed at any place:
// so `previous` always is the `current` of that factor's last message.
#include <algorithm>
#include <string>
#include <vector>

#include "schema/base/text.h"
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/simulate_tables.h"
#include "schema/feeds/alterscope/wire.h"
#include "schema/feeds/fold.h"

namespace tapedeck::alterscope {

namespace {

constexpr auto kOpportunityCount = static_cast<std::int64_t>(kSimOpportunities.size());
constexpr auto kFactorCount = static_cast<std::int64_t>(kSimFactors.size());
constexpr std::int64_t kCycle = kOpportunityCount * kFactorCount;
// Has no divisor in common with the cycle: each place of it is another opportunity's factor.
constexpr std::int64_t kStride = 7;

// Numbers that depend on the seed and two more alone.
class Dice {
 public:
  Dice(std::uint64_t seed, std::int64_t a, std::int64_t b)
      : state_(hash_combine(hash_combine(seed, static_cast<std::uint64_t>(a)),
                            static_cast<std::uint64_t>(b))) {}

  std::uint64_t next() {
    state_ = hash_combine(state_, 0x9e3779b97f4a7c15ULL);
    return state_;
  }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }

 private:
  std::uint64_t state_;
};

// `value` in units of 10^-digits, as a decimal.
std::string decimal(std::int64_t value, int digits) {
  std::string text = std::to_string(value < 0 ? -value : value);
  if (const auto places = static_cast<std::size_t>(digits); places > 0) {
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text.insert(text.size() - places, 1, '.');
  }
  return value < 0 ? '-' + text : text;
}

// The factor that message `k` is about, and how many changes it had before.
struct Place {
  explicit Place(std::int64_t k)
      : pair(k % kCycle * kStride % kCycle),
        change(k / kCycle),
        opportunity(&kSimOpportunities[static_cast<std::size_t>(pair % kOpportunityCount)]),
        factor(&kSimFactors[static_cast<std::size_t>(pair / kOpportunityCount)]) {}

  std::int64_t pair;
  std::int64_t change;
  const SimOpportunity* opportunity;
  const SimFactor* factor;
};

// The `n`-th value of a factor, as JSON.
std::string value_json(std::uint64_t seed, const Place& place, std::int64_t n) {
  constexpr std::int64_t kAwkwardEvery = 6;
  std::string digits;
  const std::int64_t turn = n + place.pair;
  if (turn % kAwkwardEvery == 0) {
    const auto which = static_cast<std::size_t>(turn / kAwkwardEvery);
    digits = kSimAwkward[which % kSimAwkward.size()];
  } else {
    Dice dice(seed, place.pair, n);
    const SimFactor& factor = *place.factor;
    digits = decimal(factor.base + 2 * dice.between(-factor.spread, factor.spread) + n % 2,
                     factor.digits);
  }
  return place.factor->is_text ? json_string(digits) : digits;
}

// `,"as_of_block":N`, or nothing.
std::string block_member(SimBlocks blocks, std::int64_t k) {
  std::uint64_t block = static_cast<std::uint64_t>(k);
  switch (blocks) {
    case SimBlocks::ordinary:
      block += 22'341'488;
      break;
    case SimBlocks::beyond_double:
      block += 9'007'199'254'740'993;
      break;
    case SimBlocks::beyond_int64:
      block += 9'223'372'036'854'775'809U;
      break;
    case SimBlocks::none:
      return "";
  }
  return ",\"as_of_block\":" + std::to_string(block);
}

// Shortly before the message, to the second as documented or finer.
std::string as_of_text(Dice& dice, Ns at_ns) {
  constexpr std::array<Ns, 4> kUnits = {kNsPerSec, kNsPerMs, kNsPerUs, 1};
  const Ns t = at_ns - dice.between(0, 900 * kNsPerMs);
  return format_rfc3339(t - t % kUnits[dice.next() % kUnits.size()]);
}

class FactorSimulator final : public Simulator {
 public:
  explicit FactorSimulator(std::uint64_t seed) : seed_(seed) {}

  std::int64_t cycle() const override { return kCycle; }

  Message message(std::int64_t k, Ns at_ns) const override {
    const Place place(k);
    Dice dice(seed_, k, kCycle);
    std::string text = R"({"type":"factor.changed","opportunity_id":)";
    append_json_string(text, place.opportunity->id);
    text += ",\"factor\":";
    append_json_string(text, place.factor->name);
    text += ",\"previous\":" + value_json(seed_, place, place.change);
    text += ",\"current\":" + value_json(seed_, place, place.change + 1);
    text += block_member(place.opportunity->blocks, k);
    text += ",\"as_of\":\"" + as_of_text(dice, at_ns) + '"';
    if (dice.next() % 4 == 0) {
      text += ',';
      text += kSimExtras[dice.next() % kSimExtras.size()];
    }
    return {kEndpoint, text + '}'};
  }

  // The service sends none.
  std::optional<std::string> snapshot(std::string_view /*endpoint*/,
                                      const Timeline& /*timeline*/) const override {
    return std::nullopt;
  }

  // What the REST answer is made of: the last change of each factor of the opportunity `stream`,
  // in the order in which they happened.
  std::vector<std::string> history(const ServiceData::Query& query,
                                   const Timeline& timeline) const override {
    std::vector<std::string> rows;
    std::size_t skip = query.offset;
    const std::int64_t first = std::max<std::int64_t>(timeline.upto - kCycle, 0);
    for (std::int64_t i = 0; i < timeline.upto - first && rows.size() < query.limit; ++i) {
      const std::int64_t k = query.newest_first ? timeline.upto - 1 - i : first + i;
      const Place place(k);
      if (place.opportunity->id != query.stream) continue;
      if (!query.symbol.empty() && place.factor->name != query.symbol) continue;
      if (skip > 0) {
        --skip;
      } else {
        rows.push_back(rest_row(place, k, timeline.time_of(k)));
      }
    }
    return rows;
  }

 private:
  std::string rest_row(const Place& place, std::int64_t k, Ns at_ns) const {
    Dice dice(seed_, k, kCycle);
    return "{\"factor\":" + json_string(place.factor->name) +
           ",\"current\":" + value_json(seed_, place, place.change + 1) +
           ",\"previous\":" + value_json(seed_, place, place.change) + ",\"as_of\":\"" +
           as_of_text(dice, at_ns) + '"' + block_member(place.opportunity->blocks, k) + '}';
  }

  std::uint64_t seed_;
};

}  // namespace

std::unique_ptr<Simulator> make_simulator(std::uint64_t seed) {
  return std::make_unique<FactorSimulator>(seed);
}

}  // namespace tapedeck::alterscope
