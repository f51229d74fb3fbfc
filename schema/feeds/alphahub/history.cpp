#include "schema/feeds/alphahub/history.h"

#include <algorithm>
#include <utility>

#include "schema/base/text.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

namespace {

// Times are cut to whole seconds, and the legs of one message may be a second apart (document).
constexpr Ns kGrainNs = 2 * kNsPerSec;
constexpr std::size_t kStreamsMax = 10'000;

// `{"data":{"signals":[…]}}` (a community client); less wrapped is understood too.
Json list_of(Json answer) {
  for (const Json candidate : {answer["data"]["signals"], answer["signals"], answer["data"]}) {
    if (candidate.is_array()) return candidate;
  }
  return answer;
}

}  // namespace

// One leg that an answer tells, or what is wrong with it.
struct SignalHistory::Told {
  std::uint64_t key = 0;
  Leg leg;
  std::string_view problem;
};

bool SignalHistory::pushed(std::string_view stream, const Signal& row, Int event_ns, Ns recv_ns) {
  // What has no time is never in the history as far as can be told.
  if (!event_ns) return true;
  compare_clocks(recv_ns, *event_ns);
  const auto newest = newest_ns_.find(std::string(stream));
  if (newest != newest_ns_.end()) {
    newest->second = std::max(newest->second, *event_ns);
  } else if (newest_ns_.size() < kStreamsMax) {
    newest_ns_.emplace(stream, *event_ns);
  }
  const std::uint64_t key = identity_of(row, *event_ns);
  pushed_.add(key, recv_ns);
  return told_.pushed(key);
}

void SignalHistory::remember(const EarlierRow& row) {
  if (!row.event_ns) return;
  // The columns of `signal`: algorithm_id, action, leg, symbol, side, price.
  const auto& values = row.values;
  Signal signal;
  if (values[0].type == Value::Type::integer) signal.algorithm_id.integer = values[0].integer;
  signal.algorithm_id.digits = values[0].text;
  signal.symbol = values[3].text;
  signal.side = values[4].text;
  signal.price = values[5].text;
  Earlier& earlier = earlier_[identity_of(signal, *row.event_ns)];
  ++earlier.count;
  earlier.recv_ns = std::min(earlier.recv_ns, row.recv_ns);
  if (row.origin == Origin::live) compare_clocks(row.recv_ns, *row.event_ns);
}

RestPage SignalHistory::absorb(const RestAnswer& answer, RowSink& rows) {
  RestPage page;
  const Json list = list_of(answer.root());
  if (!list.is_array()) {
    page.problem = "no list at data.signals";
    return page;
  }
  if (answer.gap == nullptr) return page;
  page.doubt = doubt_about_clocks();
  const std::vector<Told> told = read(list, answer, page);
  page.is_behind = is_behind(answer, page);
  page.settles_in = settles_in(answer, page);
  add_new(told, algorithm_of(answer.stream), rows);
  return page;
}

SignalHistory::Span SignalHistory::span_of(const Gap& gap) const {
  // Without a comparison yet, the service's clock may be ahead.
  const Ns ahead_ns = has_near_ ? early_ns_ : limits_.clock_slack_ns;
  return {gap.floor_ns - std::max(kGrainNs, late_ns_), gap.to_ns.value_or(gap.from_ns) + ahead_ns};
}

// What may have been sent in the gap, oldest first.
std::vector<SignalHistory::Told> SignalHistory::read(Json list, const RestAnswer& answer,
                                                     RestPage& page) const {
  const Gap& gap = *answer.gap;
  const Span span = span_of(gap);
  std::vector<Told> told;
  for (Json item = list.first(); item.exists(); item = item.next()) {
    ++page.items;
    const auto time = read_time(member_of(item, "timestamp"), zone_);
    if (time) {
      page.oldest_ns = std::min(page.oldest_ns.value_or(*time), *time);
      page.newest_ns = std::max(page.newest_ns.value_or(*time), *time);
      if (*time < span.first_ns) page.meets_before = true;
      if (*time < span.first_ns || *time > span.last_ns) continue;
    }
    auto [leg, problem] = read_leg(item, zone_);
    if (problem.empty() && !time) problem = "no timestamp";
    Told& one = told.emplace_back();
    one.leg = leg;
    one.problem = problem;
    if (!problem.empty()) {
      one.key = hash_combine(hash_text(answer.stream), hash_text(item.raw()));
      page.doubt = "the history holds a signal that cannot be read (" + std::string(problem) + ")";
      continue;
    }
    std::string side;
    one.key = identity_of(row_of(algorithm_of(answer.stream), leg, side), *time);
    // So old that no look-alike of it can have been sent in the gap.
    const bool is_before = *time < gap.from_ns - std::max(kGrainNs, late_ns_);
    if (is_before && was_known_until(one.key, gap.from_ns)) page.meets_before = true;
  }
  const auto time_of = [](const Told& one) { return one.leg.event_ns; };
  if (!told.empty() && time_of(told.front()) > time_of(told.back())) {
    std::reverse(told.begin(), told.end());
  }
  std::stable_sort(told.begin(), told.end(),
                   [&](const Told& a, const Told& b) { return time_of(a) < time_of(b); });
  return told;
}

// By its receipt: where clocks are apart its own time does not tell.
bool SignalHistory::was_known_until(std::uint64_t key, Ns ns) const {
  const auto earlier = earlier_.find(key);
  return pushed_.is_until(key, ns) || (earlier != earlier_.end() && earlier->second.recv_ns <= ns);
}

void SignalHistory::add_new(const std::vector<Told>& told, std::string_view algorithm,
                            RowSink& rows) {
  std::unordered_map<std::uint64_t, std::uint32_t> counts;
  for (const Told& one : told) ++counts[one.key];
  for (auto& [key, count] : counts) {
    const auto earlier = earlier_.find(key);
    if (earlier != earlier_.end()) count -= std::min(count, earlier->second.count);
    count = told_.told_all(key, count);
  }
  for (const Told& one : told) {
    std::uint32_t& left = counts[one.key];
    if (left == 0) continue;
    --left;
    if (one.problem.empty()) {
      std::string side;
      rows.add(row_of(algorithm, one.leg, side), one.leg.event_ns, Origin::gapfill);
    } else {
      rows.add(Unparsed{"REST signal: " + std::string(one.problem)}, std::nullopt, Origin::gapfill);
    }
  }
}

// How much later than now the history holds all that was sent in the gap, and all that looks like
// it: until then one answer's count of equal legs may grow with what the socket brings as well. It
// does at once when it shows that it has come past that, whatever the clocks are.
Ns SignalHistory::settles_in(const RestAnswer& answer, const RestPage& page) const {
  const Ns end_ns = answer.gap->to_ns.value_or(answer.gap->from_ns);
  const Ns sent_ns = end_ns + early_ns_ + std::max(kGrainNs, late_ns_);
  // Not what now seems later: our clock may have been put back since it was last compared.
  if (page.newest_ns > end_ns + limits_.clock_slack_ns || answer.recv_ns < end_ns) return 0;
  return std::max<Ns>(sent_ns + limits_.settle_ns - answer.recv_ns, 0);
}

// It lacks what the socket has brought until the gap's end. What comes behind that may have come
// while the answer was on its way.
bool SignalHistory::is_behind(const RestAnswer& answer, const RestPage& page) const {
  const auto newest = newest_ns_.find(std::string(answer.stream));
  if (newest == newest_ns_.end()) return false;
  const auto asked_ns = parse_rfc3339(parse_target(answer.url).get("after") + "T00:00:00" + zone_);
  if (!asked_ns || newest->second < *asked_ns) return false;
  return page.newest_ns.value_or(*asked_ns) <
         std::min(newest->second, answer.gap->to_ns.value_or(newest->second));
}

void SignalHistory::compare_clocks(Ns recv_ns, Ns event_ns) {
  const Ns late_ns = recv_ns - std::max<Ns>(event_ns, 0);
  if (late_ns > limits_.clock_slack_ns || late_ns < -limits_.clock_slack_ns) {
    far_ns_ = late_ns;
    return;
  }
  has_near_ = true;
  late_ns_ = std::max(late_ns_, late_ns);
  early_ns_ = std::max(early_ns_, -late_ns);
}

// A wrong zone, or a service that tells old signals: what was sent in the gap is then not found by
// its time.
std::string SignalHistory::doubt_about_clocks() const {
  if (!far_ns_ || has_near_) return "";
  const Ns seconds = *far_ns_ / kNsPerSec;
  return "signals come " + std::to_string(seconds < 0 ? -seconds : seconds) + " s " +
         (seconds < 0 ? "before" : "after") +
         " the time that they bear, so that those of the gap are not known by theirs: check "
         "feeds.alphahub.utc_offset and feeds.alphahub.rest.clock_slack_ms";
}

}  // namespace tapedeck::alphahub
