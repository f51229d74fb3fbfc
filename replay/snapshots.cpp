#include <algorithm>
#include <utility>

#include "replay/tape_set.h"

namespace tapedeck {

namespace {

// The first data frame of a connection comes within a few frames of the connection itself; further
// on it is not looked for, whatever other connections recorded in between.
constexpr int kFramesLookedAtMax = 1'024;

struct FirstData {
  SnapshotIndex::Place place;
  bool is_snapshot = false;
};

// The first data frame of `connection` after its upgrade.
Result<std::optional<FirstData>> first_data(TapeReader& reader, const ConnectionInfo& connection,
                                            const Normalizer& normalizer, std::uint32_t tape,
                                            Ns started_ns) {
  const std::optional<FirstData> none;
  const auto from_id = reader.first_frame_at(*connection.opened_ns);
  if (!from_id) return from_id.error();
  if (!*from_id) return none;
  auto cursor = reader.frames(**from_id);
  if (!cursor) return cursor.error();
  FrameRecord record;
  JsonDoc doc;
  for (int looked_at = 0; looked_at < kFramesLookedAtMax; ++looked_at) {
    const auto more = (*cursor)->next(record);
    if (!more) return more.error();
    if (!*more) return none;
    if (record.connection_id != connection.id || record.direction != Direction::in ||
        !is_data(record.opcode))
      continue;
    doc.parse(record.opcode == Opcode::text ? record.payload : std::string_view());
    const InFrame frame{connection.endpoint, connection.slot, record.recv_ns,
                        record.opcode,       record.payload,  &doc};
    const FrameTag tag = normalizer.classify(frame);
    if (tag.role != FrameRole::data) continue;
    const Ns pos = std::max(record.recv_ns, started_ns);
    return std::optional<FirstData>(FirstData{{pos, tape, record.id}, tag.is_snapshot});
  }
  return none;
}

}  // namespace

// In the order in which they opened; those without data are of no account.
Result<void> SnapshotIndex::scan(TapeSet& tapes, EndpointTable& endpoints) {
  std::vector<Opened> opened;
  for (std::uint32_t i = 0; i < tapes.tapes().size(); ++i) {
    for (const ConnectionInfo& connection : tapes.tapes()[i].connections) {
      const Endpoint* endpoint = endpoints.intern(connection.feed, connection.endpoint);
      if (endpoint->description == nullptr || !endpoint->is_included || !connection.opened_ns)
        continue;
      opened.push_back({endpoint, i, &connection});
    }
  }
  std::stable_sort(opened.begin(), opened.end(), [](const Opened& a, const Opened& b) {
    return a.connection->opened_ns < b.connection->opened_ns;
  });
  std::unordered_map<const Endpoint*, Ns> until;  // the end of the last one that was there
  for (const Opened& one : opened) {
    TapeSet::Tape& tape = tapes.tapes()[one.tape];
    const Ns opened_ns = *one.connection->opened_ns;
    Ns& others_ns = until.try_emplace(one.endpoint, opened_ns).first->second;
    if (auto scanned = scan_connection(one, tape, others_ns <= opened_ns); !scanned) return scanned;
    others_ns = std::max(others_ns, one.connection->closed_ns.value_or(tape.end_ns));
  }
  return {};
}

Result<void> SnapshotIndex::scan_connection(const Opened& opened, TapeSet::Tape& tape,
                                            bool is_alone) {
  const auto normalizer = opened.endpoint->description->make_normalizer(1);
  const auto first = first_data(*tape.reader, *opened.connection, *normalizer, opened.tape,
                                tape.session.started_ns);
  if (!first) return first.error();
  if (!*first) return {};
  const bool is_endpoints_first = !known_.contains(opened.endpoint);
  Known& known = known_[opened.endpoint];
  if (is_endpoints_first) known.begins_with_one = (*first)->is_snapshot;
  if (!(*first)->is_snapshot) return {};
  Place place = (*first)->place;
  if (is_alone) place.from_ns = std::min(place.from_ns, *opened.connection->opened_ns);
  insert(opened.endpoint, place);
  return {};
}

void SnapshotIndex::insert(const Endpoint* endpoint, const Place& place) {
  Known& known = known_[endpoint];
  if (!known.ids.insert(served_id(place.tape, place.frame_id)).second) return;
  const auto at = std::lower_bound(known.places.begin(), known.places.end(), place);
  known.places.insert(at, place);
}

void SnapshotIndex::remember(const DueFrame& frame) {
  insert(frame.endpoint, {frame.pos_ns, frame.tape, frame.frame_id});
}

std::optional<SnapshotIndex::Place> SnapshotIndex::find(const Endpoint* endpoint, Ns pos) const {
  const auto found = known_.find(endpoint);
  if (found == known_.end() || found->second.places.empty()) return std::nullopt;
  const Known& known = found->second;
  const auto after = std::upper_bound(known.places.begin(), known.places.end(), pos,
                                      [](Ns p, const Place& place) { return p < place.from_ns; });
  if (after != known.places.begin()) return *std::prev(after);
  if (known.begins_with_one) return known.places.front();
  return std::nullopt;
}

}  // namespace tapedeck
