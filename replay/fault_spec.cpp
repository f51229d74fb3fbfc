// Reads the words of fault_plan.h.
#include <charconv>
#include <cmath>
#include <utility>

#include "replay/fault_plan.h"
#include "schema/base/text.h"
#include "schema/feeds/registry.h"

namespace tapedeck {

namespace {

constexpr std::array<std::string_view, kFaultKinds> kKinds = {
    "drop", "duplicate", "reorder", "corrupt", "delay", "close", "stall"};

std::vector<std::string> kind_names() {
  return {kKinds.begin(), kKinds.end()};
}

std::optional<FaultKind> parse_kind(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == name) return static_cast<FaultKind>(i);
  }
  return std::nullopt;
}

// A misspelt word, with the nearest of the right ones or all of them.
Error unknown(const std::string& what, const std::string& word,
              const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  if (!near.empty()) return Error{what + "; did you mean " + near + "?"};
  return Error{what + "; there are " + join(known, ", ")};
}

std::optional<std::int64_t> parse_whole(std::string_view text, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max)
    return std::nullopt;
  return value;
}

std::optional<double> parse_probability(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0 && value <= 1))
    return std::nullopt;
  return value;
}

// RFC 6455 section 7.4: those that a close frame may carry.
bool is_close_code(std::int64_t code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

// One rule as it is being read.
class RuleReader {
 public:
  RuleReader(FaultKind kind, Ns start) : start_(start) { rule_.kind = kind; }

  Result<void> read(const std::string& key, const std::string& value) {
    if (key == "frame") return read_frame(value);
    if (key == "at") return read_at(value);
    if (key == "p") return read_probability(value);
    if (key == "feed") return read_feed(value);
    if (key == "endpoint") return keep(rule_.endpoint, value);
    if (!takes(key)) return unknown(name() + " does not take " + key, key, keys());
    if (key == "for") return read_for(value);
    if (key == "by") return read_by(value);
    if (key == "how") return read_how(value);
    if (key == "code") return read_code(value);
    return keep(rule_.reason, value);
  }

  Result<FaultRule> finish() const {
    const int triggers =
        (rule_.frame ? 1 : 0) + (rule_.at_ns ? 1 : 0) + (rule_.probability ? 1 : 0);
    if (triggers != 1)
      return Error{name() + ": say when, with one of frame=N, at=TIME and p=PROBABILITY"};
    const bool lasts = rule_.kind == FaultKind::delay || rule_.kind == FaultKind::stall;
    if (lasts && rule_.for_ns == 0) return Error{name() + ": say for how long, like for=200ms"};
    if (!rule_.reason.empty() && !rule_.code)
      return Error{name() + ": a reason needs its code, like code=1012"};
    return rule_;
  }

 private:
  std::string name() const { return std::string(to_string(rule_.kind)); }

  std::vector<std::string> own_keys() const {
    switch (rule_.kind) {
      case FaultKind::reorder:
        return {"by"};
      case FaultKind::corrupt:
        return {"how"};
      case FaultKind::delay:
      case FaultKind::stall:
        return {"for"};
      case FaultKind::close:
        return {"code", "reason"};
      case FaultKind::drop:
      case FaultKind::duplicate:
        break;
    }
    return {};
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> all = {"frame", "at", "p", "feed", "endpoint"};
    for (std::string& key : own_keys()) all.push_back(std::move(key));
    return all;
  }
  bool takes(const std::string& key) const {
    for (const std::string& own : own_keys()) {
      if (own == key) return true;
    }
    return false;
  }

  Error wrong(const std::string& key, const std::string& value, const std::string& right) const {
    return Error{name() + ": " + key + "=" + value + " is " + right};
  }
  static Result<void> keep(std::string& to, const std::string& value) {
    to = value;
    return {};
  }
  Result<void> read_frame(const std::string& value) {
    rule_.frame = parse_whole(value, 1, INT64_MAX);
    if (!rule_.frame) return wrong("frame", value, "no number of a frame; the first is 1");
    return {};
  }
  Result<void> read_at(const std::string& value) {
    const auto at = parse_time_or_offset(value, start_);
    if (!at) return wrong("at", value, "no time; give one like 2026-11-21T09:30:00Z or +5s");
    rule_.at_ns = *at;
    return {};
  }
  Result<void> read_probability(const std::string& value) {
    rule_.probability = parse_probability(value);
    if (!rule_.probability)
      return wrong("p", value, "no probability; give more than 0 and at most 1, like 0.01");
    return {};
  }
  Result<void> read_feed(const std::string& value) {
    std::vector<std::string> feeds;
    for (const Feed* feed : all_feeds()) feeds.emplace_back(feed->name());
    if (find_feed(value) == nullptr)
      return unknown(name() + ": feed=" + value + " is no feed", value, feeds);
    return keep(rule_.feed, value);
  }
  Result<void> read_for(const std::string& value) {
    const auto length = parse_duration(value);
    if (!length || *length <= 0)
      return wrong("for", value, "no length of time; give one like 200ms or 5s");
    rule_.for_ns = *length;
    return {};
  }
  Result<void> read_by(const std::string& value) {
    const auto by = parse_whole(value, 1, 1'000);
    if (!by) return wrong("by", value, "no number of frames from 1 to 1000");
    rule_.by = static_cast<int>(*by);
    return {};
  }
  Result<void> read_how(const std::string& value) {
    const std::vector<std::string> names = {"byte", "cut", "utf8"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] != value) continue;
      rule_.damage = static_cast<FaultRule::Damage>(i);
      return {};
    }
    return unknown(name() + ": how=" + value + " is no damage", value, names);
  }
  Result<void> read_code(const std::string& value) {
    const auto code = parse_whole(value, 0, 65'535);
    if (!code || !is_close_code(*code))
      return wrong("code", value,
                   "no code that a close frame may carry; give one like 1012, or none for a "
                   "connection that is cut");
    rule_.code = static_cast<std::uint16_t>(*code);
    return {};
  }

  const Ns start_;
  FaultRule rule_;
};

Result<FaultRule> parse_rule(const std::string& text, Ns start) {
  const std::size_t colon = text.find(':');
  const std::string name(trim(text.substr(0, colon)));
  const auto kind = parse_kind(name);
  if (!kind) return unknown("'" + name + "' is no fault", name, kind_names());
  RuleReader reader(*kind, start);
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  for (const std::string& item : split_list(rest)) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos || equals + 1 == item.size())
      return Error{name + ": '" + item + "' is no KEY=VALUE, like p=0.01"};
    const std::string key(trim(item.substr(0, equals)));
    const std::string value = percent_decode(trim(std::string_view(item).substr(equals + 1)));
    if (auto read = reader.read(key, value); !read) return read.error();
  }
  return reader.finish();
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}

Result<FaultPlan> parse_faults(std::string_view spec, Ns start, std::uint64_t seed) {
  FaultPlan plan;
  plan.seed = seed;
  for (const std::string& text : split_list(spec, ';')) {
    constexpr std::string_view kSeed = "seed=";
    if (text.starts_with(kSeed)) {
      const auto given = parse_whole(std::string_view(text).substr(kSeed.size()), 0, INT64_MAX);
      if (!given) return Error{text + " is no seed; give a whole number, like seed=7"};
      plan.seed = static_cast<std::uint64_t>(*given);
      continue;
    }
    auto rule = parse_rule(text, start);
    if (!rule) return rule.error();
    plan.rules.push_back(std::move(*rule));
  }
  if (plan.rules.empty())
    return Error{"there is no fault in it; give one like drop:p=0.01 or close:at=+5s,code=1012"};
  return plan;
}

}  // namespace tapedeck
