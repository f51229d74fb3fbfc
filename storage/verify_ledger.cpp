#include "storage/verify_ledger.h"

namespace tapedeck {
namespace {

std::string name_of(const Gap& gap) {
  return "gap " + std::to_string(gap.id) + " (" + gap.feed + "/" + gap.stream + "): ";
}

}  // namespace

void check_gaps(const std::vector<Gap>& gaps, bool is_closed, const HasFeed& has_feed,
                Findings& findings) {
  for (const Gap& gap : gaps) {
    const std::string name = name_of(gap);
    if (!has_feed(gap.feed)) findings.add("gap", name + "there is no such feed");
    if (gap.to_ns && *gap.to_ns < gap.from_ns) findings.add("gap", name + "ends before it begins");
    if (!gap.to_ns && is_closed) {
      findings.add("gap", name + "has no end on a tape that was closed");
    }
    if (gap.recovered < 0) findings.add("gap", name + "recovered less than nothing");
  }
}

void check_cursors(const std::vector<CursorRecord>& cursors, const HasFeed& has_feed,
                   Findings& findings) {
  for (const CursorRecord& cursor : cursors) {
    if (has_feed(cursor.feed)) continue;
    findings.add("cursor", cursor.feed + "/" + cursor.stream + ": there is no such feed");
  }
}

void check_recovered(const std::vector<Gap>& gaps, const RequestMap& requests,
                     const std::unordered_map<std::int64_t, std::int64_t>& rows, bool has_gap_ids,
                     Findings& findings) {
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> given;  // by feed and gap
  for (const auto& [id, facts] : requests) {
    const auto found = rows.find(id);
    if (found != rows.end()) given[{facts.feed, facts.gap_id.value_or(0)}] += found->second;
  }
  for (const Gap& gap : gaps) {
    if (gap.method == GapMethod::peer) continue;
    const auto found = given.find({gap.feed, has_gap_ids ? gap.id : 0});
    const std::int64_t most = found == given.end() ? 0 : found->second;
    if (gap.recovered <= most) continue;
    findings.add("gap", name_of(gap) + "recovered " + std::to_string(gap.recovered) +
                            " rows, but its requests gave " + std::to_string(most));
  }
}

void FramesOutside::take(const FrameRecord& frame, const ConnectionInfo& connection) {
  const bool is_early = connection.opened_ns && frame.recv_ns < *connection.opened_ns;
  const bool is_late = connection.closed_ns && frame.recv_ns > *connection.closed_ns;
  if (!is_early && !is_late) return;
  Outside& outside = outside_[{connection.id, is_early}];
  if (outside.count++ == 0) outside.first_frame = frame.id;
}

void FramesOutside::report(Findings& findings) const {
  for (const auto& [where, outside] : outside_) {
    const auto& [connection, is_early] = where;
    std::string line = "frame " + std::to_string(outside.first_frame);
    if (outside.count > 1) line += " and " + std::to_string(outside.count - 1) + " more";
    line += is_early ? ": before the opening" : ": after the close";
    findings.add("frame", line + " of connection " + std::to_string(connection));
  }
}

}  // namespace tapedeck
