// Reads the tapes ahead of the player, on a thread of its own, and hands blocks of frames over.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "replay/block.h"
#include "replay/healing.h"
#include "schema/base/result.h"
#include "schema/base/time.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// Where the player gets its frames from; for one thread.
class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // Begins again with the first frame whose position is `pos` or later. What was read before is
  // dropped.
  virtual void seek(Ns pos) = 0;
  // As seek(), but after the first `passed` frames at that position; from now on blocks hold the
  // normalized rows too, those of a frame before it.
  virtual void seek_with_rows(Ns pos, std::size_t passed) = 0;
  // The next block; nullptr when there is none yet: `on_ready` is then called once as soon as there
  // is. After an end or error nothing follows until the next seek.
  virtual std::unique_ptr<Block> take() = 0;
  // `task` may be called from any thread. Set before the first seek.
  virtual void on_ready(std::function<void()> task) = 0;
};

// Merges tapes by position. Within a tape order is by frame id, and the position (the running
// maximum of the receipt times) never goes back.
class TapeSource final : public FrameSource {
 public:
  struct Options {
    Ns from_ns = 0;  // where a loop begins again
    Ns to_ns = 0;    // exclusive
    bool loop = false;
    bool rows = false;                                  // with normalized rows from the beginning
    std::shared_ptr<const HealPlan> healing = nullptr;  // nullptr: nothing is put back
    std::size_t read_ahead_bytes_max = std::size_t{32} << 20U;
    std::size_t block_bytes = std::size_t{256} << 10U;
  };

  // `readers` are used on the source's thread alone. `endpoints` outlives the source.
  TapeSource(std::vector<std::unique_ptr<TapeReader>> readers, EndpointTable& endpoints,
             const Options& options);
  ~TapeSource() override;
  TapeSource(const TapeSource&) = delete;
  TapeSource& operator=(const TapeSource&) = delete;

  void seek(Ns pos) override;
  void seek_with_rows(Ns pos, std::size_t passed) override;
  std::unique_ptr<Block> take() override;
  void on_ready(std::function<void()> task) override;

  // Ends the thread; nothing is read or called any more. Idempotent.
  void stop();
  // The same without waiting: has_stopped() says when stop() will not have to.
  void give_up();
  bool has_stopped() const { return has_stopped_; }

 private:
  class Pass;  // one walk over the tapes, from a position on

  // What a walk is asked for.
  struct Wish {
    Ns pos_ns = 0;
    std::size_t passed = 0;
    bool rows = false;
  };
  void ask(Ns pos, std::size_t passed);
  void run();
  // Blocks while the queue is full. False when this walk is no longer wanted.
  bool push(std::uint64_t generation, std::unique_ptr<Block> block);
  bool is_current(std::uint64_t generation);

  std::vector<std::unique_ptr<TapeReader>> readers_;
  EndpointTable& endpoints_;
  const Options options_;
  std::function<void()> on_ready_;
  bool with_rows_;  // the caller's thread's

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t generation_ = 0;  // grows with each seek
  Wish wish_;
  bool is_stopping_ = false;
  std::atomic<bool> has_stopped_ = true;  // no thread is running
  bool is_awaited_ = false;               // take() found nothing
  std::deque<std::unique_ptr<Block>> queue_;
  std::size_t queued_bytes_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace tapedeck
