#include "recorder/supervisor.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "recorder/gap_filler.h"

namespace tapedeck {
namespace {

// Decoders are told earlier rows from this long before the first gap: fills look a little further
// back, since events bear times that are not those of their receipt.
constexpr Ns kToldBeforeNs = 300 * kNsPerSec;
// The most that an event's time is taken to lie before its receipt where clocks are in step.
constexpr Ns kLateNs = 60 * kNsPerSec;

}  // namespace

Supervisor::Supervisor(Environment& environment, Journal& journal, RecorderConfig& config,
                       Ns started_ns, LinkLog log, std::function<void()> on_over)
    : environment_(environment),
      journal_(journal),
      fillable_since_ns_(started_ns - config.backfill.max_age_ns),
      log_(std::move(log)),
      on_over_(std::move(on_over)),
      over_(environment.make_timer()) {
  for (FeedConfig& feed : config.feeds) {
    auto run = std::make_unique<FeedRun>();
    FeedContext& context = run->context;
    context.name = std::string(feed.feed->name());
    context.settings = feed.settings;
    context.plan = std::move(feed.plan);
    context.normalizer = context.plan->make_normalizer(feed.settings.connections);
    if (context.normalizer == nullptr)
      context.normalizer = feed.feed->make_normalizer(feed.settings.connections);
    context.drift = DriftDetector(feed.feed->shapes());
    context.ledger = std::make_unique<GapLedger>(
        context.name, started_ns, journal,
        GapLedger::Hooks{[&context](std::string_view stream) { return context.cursor_of(stream); },
                         [&context, &environment] {
                           return context.service_clock.lead_ns(environment.clock().now());
                         },
                         [&context](const Gap& gap) { context.filler->add(gap); }});
    context.filler = std::make_unique<GapFiller>(environment, journal, context, config.secrets,
                                                 config.backfill, log_);
    for (const std::string& endpoint : context.plan->endpoints()) {
      for (int slot = 0; slot < feed.settings.connections; ++slot) {
        run->links.push_back(std::make_unique<Link>(environment, journal, context, config.secrets,
                                                    endpoint, slot, log_, [this] { on_change(); }));
      }
    }
    feeds_.push_back(std::move(run));
  }
}

std::map<std::string, std::string> Supervisor::FeedRun::streams() const {
  std::map<std::string, std::string> all;
  for (const auto& link : links) {
    for (const std::string& stream : link->streams()) all.emplace(stream, link->endpoint());
  }
  return all;
}

Result<void> Supervisor::continue_after(const Lineage& lineage, const TellRows& tell_rows) {
  for (const auto& feed : feeds_) {
    FeedContext& context = feed->context;
    context.put_back_ns = lineage.put_back_ns;
    Ns since_ns = std::numeric_limits<Ns>::max();
    bool is_any_fillable = false;
    std::vector<Gap> gaps;
    for (const auto& [stream, endpoint] : feed->streams()) {
      for (Gap& gap : lineage.gaps_of(context.name, stream, endpoint)) {
        if (gap.from_ns >= fillable_since_ns_) {
          is_any_fillable = true;
          since_ns = std::min(since_ns, gap.floor_ns);
        }
        gaps.push_back(std::move(gap));
      }
      const CursorRecord* cursor = lineage.cursor_of(context.name, stream);
      if (cursor == nullptr) continue;
      since_ns = std::min(since_ns, cursor->recv_ns);
      context.cursors[stream] = cursor->value;
      journal_.rows_of(context.name, std::nullopt, std::nullopt, cursor->recv_ns)
          .set_cursor(stream, cursor->value);
    }
    // Only a fill of an earlier recorder's gap could bring again what its tape has.
    Ns behind_ns = 0;
    if (is_any_fillable) {
      const Result<Ns> told = tell(context, lineage, since_ns, tell_rows);
      if (!told) return told.error();
      behind_ns = *told;
    }
    for (Gap& gap : gaps) {
      // Those that the earlier recorder wrote itself have it in theirs.
      if (gap.id == 0) gap.floor_ns += behind_ns;
      context.ledger->carry(std::move(gap));
    }
  }
  return {};
}

// The decoder learns what an answer about gaps that begin at `floor_ns` may tell again. Most of it
// was received since shortly before; but what a clock that was put forward shows as received long
// ago may be of the same time. Gives how far the service's clock was behind the earlier recorder's:
// so much further back reach the events that its gaps may hold.
Result<Ns> Supervisor::tell(FeedContext& context, const Lineage& lineage, Ns floor_ns,
                            const TellRows& tell_rows) {
  const std::span<const TableId> tables = context.normalizer->remembered_tables();
  const Ns started_ns = lineage.started_ns(context.name);
  EarlierServiceClock clock;
  Ns since_ns = floor_ns - kToldBeforeNs;
  for (Ns further_ns = kToldBeforeNs;; further_ns *= 2) {
    const Ns from_ns = since_ns - further_ns;
    bool is_any_further = false;
    Int newest_ns;  // of those
    const auto look = [&](const EarlierRow& row) {
      if (row.recv_ns < since_ns) {
        is_any_further = true;
        newest_ns = std::max(newest_ns, row.event_ns);
      }
      const bool is_its_own = row.recv_ns >= started_ns;
      if (is_its_own && row.origin == Origin::live && row.event_ns)
        clock.saw(*row.event_ns, row.recv_ns);
    };
    if (auto told = tell_rows(context.name, from_ns, tables, look); !told) return told.error();
    const Ns oldest_ns = floor_ns + clock.most_behind_ns() - kLateNs;
    if (is_any_further && newest_ns < oldest_ns) break;
    if (is_any_further) since_ns = from_ns;
    if (from_ns <= lineage.first_ns) break;
  }
  const auto remember = [&](const EarlierRow& row) { context.normalizer->remember(row); };
  if (auto told = tell_rows(context.name, since_ns, tables, remember); !told) return told.error();
  return clock.most_behind_ns();
}

void Supervisor::start() {
  for (const auto& feed : feeds_) {
    for (const auto& link : feed->links) {
      for (const std::string& stream : link->streams()) {
        journal_.put_stream({feed->context.name, stream, link->endpoint(), std::nullopt});
      }
    }
  }
  for (const auto& feed : feeds_) {
    for (const auto& link : feed->links) link->start();
  }
}

void Supervisor::stop() {
  for (const auto& feed : feeds_) {
    feed->context.filler->stop();
    for (const auto& link : feed->links) link->stop();
  }
}

void Supervisor::finish(Ns at_ns) {
  for (const auto& feed : feeds_) feed->context.ledger->finish(at_ns);
}

void Supervisor::on_change() {
  if (told_) return;
  for (const auto& feed : feeds_) {
    const auto is_over = [](const auto& link) { return link->is_over(); };
    if (!std::all_of(feed->links.begin(), feed->links.end(), is_over)) return;
  }
  told_ = true;
  // Not from inside the link that is just ending.
  over_->set(0, [this] { on_over_(); });
}

bool Supervisor::any_was_ready() const {
  return std::any_of(feeds_.begin(), feeds_.end(), [](const auto& feed) {
    return std::any_of(feed->links.begin(), feed->links.end(),
                       [](const auto& link) { return link->was_ever_ready(); });
  });
}

std::vector<FeedStatus> Supervisor::status() const {
  std::vector<FeedStatus> all;
  for (const auto& feed : feeds_) {
    FeedStatus status;
    status.feed = feed->context.name;
    status.rows = feed->context.rows;
    status.gaps = feed->context.ledger->gaps();
    status.open_gaps = feed->context.ledger->open_gaps() + feed->context.filler->pending();
    status.recovered = feed->context.filler->outcome().recovered;
    const Link* worst = nullptr;
    for (const auto& link : feed->links) {
      ++status.links;
      status.frames_in += link->frames_in();
      status.last_frame_ns = std::max(status.last_frame_ns, link->last_frame_ns());
      if (link->state() == Link::State::ready) {
        ++status.links_ready;
      } else {
        worst = link.get();
      }
    }
    status.state = worst != nullptr ? worst->state() : Link::State::ready;
    if (worst != nullptr) status.why = worst->why();
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace tapedeck
