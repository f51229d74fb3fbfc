#include "storage/stream_time.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace tapedeck {
namespace {

enum class Quality : std::uint8_t { live, filled, partial, missing };

Quality quality_of(GapStatus status) {
  switch (status) {
    case GapStatus::filled:
      return Quality::filled;
    case GapStatus::partial:
      return Quality::partial;
    case GapStatus::open:
    case GapStatus::unfillable:
      break;
  }
  return Quality::missing;
}

struct Span {
  Ns from_ns = 0;
  Ns to_ns = 0;
  Quality quality = Quality::missing;
};

void add(StreamTime& time, Quality quality, Ns length_ns) {
  switch (quality) {
    case Quality::live:
      time.live_ns += length_ns;
      break;
    case Quality::filled:
      time.filled_ns += length_ns;
      break;
    case Quality::partial:
      time.partial_ns += length_ns;
      break;
    case Quality::missing:
      time.missing_ns += length_ns;
      break;
  }
}

}  // namespace

std::vector<StreamTime> stream_times(Ns started_ns, Ns end_ns,
                                     const std::vector<StreamInfo>& streams,
                                     const std::vector<Gap>& gaps) {
  end_ns = std::max(started_ns, end_ns);
  const auto clip = [&](Ns t) { return std::clamp(t, started_ns, end_ns); };
  struct Stream {
    std::vector<Span> spans;
    Ns first_ready_ns = 0;
  };
  std::map<std::pair<std::string, std::string>, Stream> known;
  for (const StreamInfo& stream : streams) {
    Stream& one = known[{stream.feed, stream.stream}];
    one.first_ready_ns = clip(stream.first_ready_ns.value_or(end_ns));
    one.spans.push_back({started_ns, one.first_ready_ns, Quality::missing});
  }
  for (const Gap& gap : gaps) {
    auto [entry, is_new] = known.try_emplace({gap.feed, gap.stream});
    if (is_new) entry->second.first_ready_ns = started_ns;
    entry->second.spans.push_back(
        {clip(gap.from_ns), clip(gap.to_ns.value_or(end_ns)), quality_of(gap.status)});
  }

  std::vector<StreamTime> times;
  for (auto& [name, stream] : known) {
    StreamTime time;
    time.feed = name.first;
    time.stream = name.second;
    time.before_ns = stream.first_ready_ns - started_ns;
    std::set<Ns> edges = {started_ns, end_ns};
    for (const Span& span : stream.spans) {
      edges.insert(span.from_ns);
      edges.insert(span.to_ns);
    }
    std::sort(stream.spans.begin(), stream.spans.end(),
              [](const Span& a, const Span& b) { return a.from_ns < b.from_ns; });
    // Between two edges nothing changes. Spans that have ended are left behind.
    std::vector<const Span*> open;
    auto next = stream.spans.begin();
    for (auto edge = edges.begin(); std::next(edge) != edges.end(); ++edge) {
      for (; next != stream.spans.end() && next->from_ns <= *edge; ++next) open.push_back(&*next);
      std::erase_if(open, [&](const Span* span) { return span->to_ns <= *edge; });
      Quality worst = Quality::live;
      for (const Span* span : open) worst = std::max(worst, span->quality);
      add(time, worst, *std::next(edge) - *edge);
    }
    times.push_back(std::move(time));
  }
  return times;
}

}  // namespace tapedeck
