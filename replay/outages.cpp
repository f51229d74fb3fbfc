#include "replay/outages.h"

#include <algorithm>
#include <unordered_map>

#include "schema/frame.h"

namespace tapedeck {

namespace {

// A connection became ready, or ended.
struct Change {
  Ns at_ns = 0;
  int up = 0;  // what becomes of the number of ready connections
  const Endpoint* endpoint = nullptr;
  Ns opened_ns = 0;
  const ConnectionInfo* lost = nullptr;  // nullptr: no loss
};

bool is_loss(const ConnectionInfo& connection) {
  if (!connection.closed_ns || connection.closed_by == ClosedBy::none) return false;
  return connection.closed_by != ClosedBy::client || connection.error.has_value();
}

RecordedEnd end_of(const ConnectionInfo& connection) {
  RecordedEnd end;
  if (connection.closed_by != ClosedBy::server) return end;
  const int code = connection.close_code.value_or(close_code::kNone);
  if (code == close_code::kAbnormal) return end;
  end.code = code == close_code::kNoStatus ? close_code::kNone : static_cast<std::uint16_t>(code);
  end.reason = connection.close_reason.value_or("");
  return end;
}

void add_changes(const TapeSet::Tape& tape, EndpointTable& endpoints, std::vector<Change>& out) {
  for (const ConnectionInfo& connection : tape.connections) {
    if (!connection.opened_ns) continue;
    const Endpoint* endpoint = endpoints.intern(connection.feed, connection.endpoint);
    if (!endpoint->is_included) continue;
    Change end;
    end.endpoint = endpoint;
    end.at_ns = connection.closed_ns.value_or(tape.end_ns);
    if (is_loss(connection)) end.lost = &connection;
    // The close frame is on the tape, what follows it until TCP has ended may lie past its end.
    if (connection.closed_by == ClosedBy::server) end.at_ns = std::min(end.at_ns, tape.end_ns);
    if (connection.ready_ns) {
      end.up = -1;
      out.push_back({*connection.ready_ns, 1, endpoint, *connection.opened_ns, nullptr});
    }
    out.push_back(end);
  }
}

}  // namespace

std::vector<Outage> find_outages(const std::vector<TapeSet::Tape>& tapes,
                                 EndpointTable& endpoints) {
  std::vector<Change> changes;
  for (const TapeSet::Tape& tape : tapes) add_changes(tape, endpoints, changes);
  // Of one moment, who comes goes before who leaves.
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return a.at_ns != b.at_ns ? a.at_ns < b.at_ns : a.up > b.up;
  });

  struct Watched {
    int up = 0;
    std::optional<std::size_t> outage;  // the one that goes on
  };
  std::unordered_map<const Endpoint*, Watched> watched;
  std::vector<Outage> outages;
  for (const Change& change : changes) {
    Watched& it = watched[change.endpoint];
    it.up += change.up;
    if (change.up > 0) {
      if (it.outage) {
        Outage& outage = outages[*it.outage];
        outage.to_ns = std::max(outage.from_ns, change.opened_ns);
      }
      it.outage.reset();
    } else if (it.up == 0 && !it.outage && change.lost != nullptr) {
      it.outage = outages.size();
      outages.push_back({change.endpoint, change.at_ns, Outage::kNever, end_of(*change.lost)});
    }
  }
  return outages;
}

}  // namespace tapedeck
