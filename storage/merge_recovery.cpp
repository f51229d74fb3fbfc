#include "storage/merge_recovery.h"

#include <algorithm>
#include <utility>

namespace tapedeck {

void Recovery::set_up(const std::map<StreamName, std::vector<MergedGap>>& ledger,
                      const std::map<StreamName, StreamInfo>& streams) {
  for (const auto& [name, info] : streams) streams_[name].endpoint = info.endpoint;
  for (const auto& [name, gaps] : ledger) {
    Stream& stream = streams_[name];
    stream.gaps = gaps;
    for (MergedGap& gap : stream.gaps) {
      gap.gap.recovered = 0;
      by_id_.push_back(&gap.gap);
      for (const auto& source : gap.sources) by_source_[{source.tape, source.gap_id}] = &gap.gap;
      for (const auto& closed : gap.closed) {
        stream.closed.push_back({closed.tape, closed.span, &gap});
      }
    }
    std::stable_sort(
        stream.closed.begin(), stream.closed.end(),
        [](const Closed& a, const Closed& b) { return a.span.from_ns < b.span.from_ns; });
  }
  std::stable_sort(by_id_.begin(), by_id_.end(),
                   [](const Gap* a, const Gap* b) { return a->from_ns < b->from_ns; });
  for (std::size_t i = 0; i < by_id_.size(); ++i) by_id_[i]->id = static_cast<std::int64_t>(i) + 1;
}

Gap* Recovery::gap_of(std::size_t tape, std::int64_t gap_id) {
  const auto found = by_source_.find({tape, gap_id});
  return found == by_source_.end() ? nullptr : found->second;
}

// Some feeds name a stream in each message, others have one stream an endpoint.
Recovery::Stream* Recovery::stream_of(const ConnectionInfo& connection,
                                      std::string_view tag_stream) {
  for (const std::string_view name : {tag_stream, std::string_view(connection.endpoint)}) {
    const auto found = streams_.find({connection.feed, std::string(name)});
    if (found != streams_.end()) return &found->second;
  }
  return nullptr;
}

void Recovery::received(std::size_t tape, const ConnectionInfo& connection,
                        std::string_view tag_stream, Ns pos_ns, std::int64_t rows) {
  Stream* stream = stream_of(connection, tag_stream);
  if (stream == nullptr || stream->closed.empty()) return;
  for (; stream->next < stream->closed.size(); ++stream->next) {
    // What came with a loss's beginning is the last thing that was not lost.
    const Closed& closed = stream->closed[stream->next];
    if (closed.span.from_ns >= pos_ns) break;
    stream->begun.push_back(closed);
  }
  std::erase_if(stream->begun, [&](const Closed& closed) { return closed.span.to_ns < pos_ns; });
  std::set<MergedGap*> counted;  // a gap may stand for the losses of several tapes
  for (const Closed& closed : stream->begun) {
    if (closed.tape != tape && counted.insert(closed.gap).second) {
      closed.gap->gap.recovered += rows;
    }
  }
  if (!counted.empty()) stream->recovered += rows;
}

std::vector<MergeReport::Stream> Recovery::streams(const std::vector<MergeTape>& tapes) const {
  std::map<StreamName, MergeReport::Stream> all;
  for (const auto& [name, stream] : streams_) {
    MergeReport::Stream& told = all[name];
    told.feed = name.first;
    told.stream = name.second;
    told.recovered = stream.recovered;
    for (const MergedGap& gap : stream.gaps) {
      if (gap.gap.status != GapStatus::filled) told.remaining.push_back(gap.gap);
    }
  }
  for (const MergeTape& tape : tapes) {
    for (const Gap& gap : tape.gaps) {
      if (gap.status == GapStatus::filled) continue;
      MergeReport::Stream& told = all[{gap.feed, gap.stream}];
      ++told.lost;
      told.lost_ns += *gap.to_ns - gap.from_ns;
    }
  }
  std::vector<MergeReport::Stream> list;
  for (auto& [name, told] : all) list.push_back(std::move(told));
  return list;
}

}  // namespace tapedeck
