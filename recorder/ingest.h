// The bounded queue between the I/O thread and the tape, and the writer thread that owns the tape.
//
// The I/O thread fills an open batch; a batch is handed over when it is `commit` old or large
// enough, and becomes one transaction (several when the writer is behind). The I/O thread never
// waits here; the links let their sockets wait while it is crowded. Memory is bounded in bytes:
// when they are used up, frames are refused (add_frame gives 0) and small records still taken.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "recorder/batch.h"
#include "recorder/journal.h"
#include "recorder/seams.h"
#include "storage/tape_writer.h"

namespace tapedeck {

struct IngestOptions {
  Ns commit_ns = 50 * kNsPerMs;  // from receipt to commit, as far as the disk keeps up
  std::size_t batch_bytes_max = 1U << 20U;
  std::size_t queue_bytes_max = 32U << 20U;
};

// What the writer has done so far. Read from any thread.
struct IngestStats {
  std::int64_t frames = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  // payloads
  std::int64_t commits = 0;
  Ns last_commit_delay_ns = 0;  // from the batch's first record to its commit
  std::size_t queued_bytes = 0;
};

class Ingest final : public Journal {
 public:
  // `environment` outlives the ingest. `on_failure` is called once, on the writer thread, when the
  // tape cannot be written any more.
  Ingest(std::unique_ptr<TapeWriter> tape, Environment& environment, IngestOptions options,
         std::function<void(std::string why)> on_failure);
  ~Ingest() override;  // as close(), if it was not called

  // Journal; I/O thread only.
  std::int64_t next_connection_id() override { return ++connections_; }
  std::int64_t next_request_id() override { return ++requests_; }
  std::int64_t next_gap_id() override { return ++gaps_; }
  std::int64_t last_frame_id() const override { return frames_; }
  void put_connection(const ConnectionInfo& connection) override;
  void put_request(const RequestInfo& request) override;
  void put_gap(const Gap& gap) override;
  void put_stream(const StreamInfo& stream) override;
  void add_drift(const DriftRecord& drift) override;
  std::int64_t add_frame(std::int64_t connection_id, Ns recv_ns, Direction direction, Opcode opcode,
                         std::string_view payload) override;
  RowSink& rows_of(std::string_view feed, Int frame_id, Int request_id, Ns recv_ns) override;

  // Half of the queue is used up.
  bool is_crowded() const override;
  void end_burst() override;

  // Hands over what is left, waits until it is committed, states the end on the tape, and ends the
  // thread. The error is the writer's, when it failed at any time. I/O thread.
  Result<void> close(Ns ended_ns, std::string_view outcome);

  IngestStats stats() const;

 private:
  class Rows final : public RowSink {
   public:
    explicit Rows(Ingest& ingest) : ingest_(&ingest) {}
    void add_row(const Row& row) override;
    void set_cursor(std::string_view stream, std::string_view value) override;

   private:
    friend class Ingest;
    Ingest* ingest_;
    std::string_view feed_;
    Int frame_id_;
    Int request_id_;
    Ns recv_ns_ = 0;
  };

  Batch& touch();  // the open batch; when it was empty, it is due `commit` from now
  void hand_over();
  void run();
  Result<void> write(const std::vector<std::unique_ptr<Batch>>& batches);

  const Clock* clock_;
  IngestOptions options_;
  std::function<void(std::string)> on_failure_;
  std::unique_ptr<TapeWriter> tape_;  // writer thread, then close()

  Rows rows_;
  std::unique_ptr<Batch> open_;
  std::unique_ptr<Timer> due_;
  std::int64_t connections_ = 0;
  std::int64_t requests_ = 0;
  std::int64_t gaps_ = 0;
  std::int64_t frames_ = 0;
  bool closed_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Batch>> queue_;   // guarded by mutex_
  std::vector<std::unique_ptr<Batch>> spare_;  // guarded by mutex_
  bool ending_ = false;                        // guarded by mutex_
  std::optional<std::string> failure_;         // guarded by mutex_

  std::atomic<std::size_t> queued_bytes_{0};
  std::atomic<std::int64_t> written_frames_{0};
  std::atomic<std::int64_t> written_rows_{0};
  std::atomic<std::int64_t> written_bytes_{0};
  std::atomic<std::int64_t> commits_{0};
  std::atomic<Ns> last_commit_delay_ns_{0};

  std::thread thread_;
};

}  // namespace tapedeck
