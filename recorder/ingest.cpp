#include "recorder/ingest.h"

#include <algorithm>
#include <utility>

namespace tapedeck {
namespace {

constexpr std::size_t kSpareBatches = 4;
// What a commit itself may take of the promised time.
constexpr Ns kCommitAllowance = 10 * kNsPerMs;

}  // namespace

Ingest::Ingest(std::unique_ptr<TapeWriter> tape, Environment& environment, IngestOptions options,
               std::function<void(std::string)> on_failure)
    : clock_(&environment.clock()),
      options_(options),
      on_failure_(std::move(on_failure)),
      tape_(std::move(tape)),
      rows_(*this),
      open_(std::make_unique<Batch>()),
      due_(environment.make_timer()) {
  options_.commit_ns = std::max(options_.commit_ns / 2, options_.commit_ns - kCommitAllowance);
  thread_ = std::thread([this] { run(); });
}

Ingest::~Ingest() {
  // Without close() nothing is known about the end: the tape stays open, as after a crash.
  if (!closed_) {
    hand_over();
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
}

Batch& Ingest::touch() {
  if (open_->empty()) {
    open_->opened_mono_ns = clock_->now().mono;
    due_->set(options_.commit_ns, [this] { hand_over(); });
  }
  return *open_;
}

void Ingest::put_connection(const ConnectionInfo& connection) {
  touch().put(connection);
}
void Ingest::put_request(const RequestInfo& request) {
  touch().put(request);
}
void Ingest::put_gap(const Gap& gap) {
  touch().put(gap);
}
void Ingest::put_stream(const StreamInfo& stream) {
  touch().put(stream);
}
void Ingest::add_drift(const DriftRecord& drift) {
  touch().add(drift);
}

std::int64_t Ingest::add_frame(std::int64_t connection_id, Ns recv_ns, Direction direction,
                               Opcode opcode, std::string_view payload) {
  const std::size_t used = queued_bytes_.load(std::memory_order_relaxed) + open_->bytes();
  if (used + payload.size() > options_.queue_bytes_max) return 0;
  touch().add(FrameRecord{++frames_, connection_id, recv_ns, direction, opcode, payload});
  return frames_;
}

RowSink& Ingest::rows_of(std::string_view feed, Int frame_id, Int request_id, Ns recv_ns) {
  rows_.feed_ = feed;
  rows_.frame_id_ = frame_id;
  rows_.request_id_ = request_id;
  rows_.recv_ns_ = recv_ns;
  return rows_;
}

void Ingest::Rows::add_row(const Row& row) {
  ingest_->touch().add(RowRecord{0, frame_id_, request_id_, feed_, recv_ns_, row});
}

void Ingest::Rows::set_cursor(std::string_view stream, std::string_view value) {
  ingest_->touch().put(feed_, stream, value, recv_ns_);
}

bool Ingest::is_crowded() const {
  const std::size_t used = queued_bytes_.load(std::memory_order_relaxed) + open_->bytes();
  return used > options_.queue_bytes_max / 2;
}

void Ingest::end_burst() {
  if (open_->bytes() >= options_.batch_bytes_max) hand_over();
}

void Ingest::hand_over() {
  due_->cancel();
  if (open_->empty()) return;
  queued_bytes_.fetch_add(open_->bytes(), std::memory_order_relaxed);
  std::unique_ptr<Batch> next;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(open_));
    if (!spare_.empty()) {
      next = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  wake_.notify_one();
  open_ = next != nullptr ? std::move(next) : std::make_unique<Batch>();
}

void Ingest::run() {
  std::vector<std::unique_ptr<Batch>> batches;
  bool failed = false;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      for (auto& batch : batches) {
        if (spare_.size() < kSpareBatches) spare_.push_back(std::move(batch));
      }
      batches.clear();
      wake_.wait(lock, [this] { return !queue_.empty() || ending_; });
      if (queue_.empty()) return;
      std::move(queue_.begin(), queue_.end(), std::back_inserter(batches));
      queue_.clear();
    }
    if (!failed) {
      if (const auto result = write(batches); !result) {
        failed = true;
        {
          const std::lock_guard lock(mutex_);
          failure_ = result.error().message;
        }
        on_failure_(result.error().message);
      }
    }
    std::size_t bytes = 0;
    for (auto& batch : batches) {
      bytes += batch->bytes();
      batch->clear();
    }
    queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

Result<void> Ingest::write(const std::vector<std::unique_ptr<Batch>>& batches) {
  if (auto result = tape_->begin(); !result) return result;
  for (const auto& batch : batches) {
    if (auto result = batch->write_to(*tape_); !result) return result;
  }
  if (auto result = tape_->commit(); !result) return result;
  for (const auto& batch : batches) {
    written_frames_.fetch_add(static_cast<std::int64_t>(batch->frames()),
                              std::memory_order_relaxed);
    written_rows_.fetch_add(static_cast<std::int64_t>(batch->rows()), std::memory_order_relaxed);
    written_bytes_.fetch_add(static_cast<std::int64_t>(batch->payload_bytes()),
                             std::memory_order_relaxed);
  }
  commits_.fetch_add(1, std::memory_order_relaxed);
  last_commit_delay_ns_.store(clock_->now().mono - batches.front()->opened_mono_ns,
                              std::memory_order_relaxed);
  return {};
}

Result<void> Ingest::close(Ns ended_ns, std::string_view outcome) {
  hand_over();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  closed_ = true;
  if (failure_) return Error{*failure_};
  return tape_->finish(ended_ns, outcome);
}

IngestStats Ingest::stats() const {
  IngestStats stats;
  stats.frames = written_frames_.load(std::memory_order_relaxed);
  stats.rows = written_rows_.load(std::memory_order_relaxed);
  stats.bytes = written_bytes_.load(std::memory_order_relaxed);
  stats.commits = commits_.load(std::memory_order_relaxed);
  stats.last_commit_delay_ns = last_commit_delay_ns_.load(std::memory_order_relaxed);
  stats.queued_bytes = queued_bytes_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace tapedeck
