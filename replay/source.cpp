#include "replay/source.h"

#include <algorithm>
#include <utility>

#include "replay/tape_walk.h"

namespace tapedeck {

namespace {

// The first block after a seek is small, so that playing can begin at once.
constexpr std::size_t kFirstBlockBytes = std::size_t{16} << 10U;

}  // namespace

// Walks from a position to the end (or for ever, when it loops) and fills blocks.
class TapeSource::Pass {
 public:
  Pass(TapeSource& source, std::uint64_t generation) : source_(source), generation_(generation) {}

  // Returns at the end, on an error, or when a newer seek has come.
  void run(Wish wish) {
    while (true) {
      fresh(kFirstBlockBytes);
      const auto served = walk(wish);
      if (!served) {
        mark(Block::Kind::error, served.error().message);
        return;
      }
      if (is_over_ || !source_.push(generation_, std::move(block_))) return;
      // A loop over nothing would turn for ever.
      if (!source_.options_.loop || (*served == 0 && wish.pos_ns <= source_.options_.from_ns))
        break;
      if (!mark(Block::Kind::wrap, "")) return;
      wish.pos_ns = source_.options_.from_ns;
      wish.passed = 0;
    }
    mark(Block::Kind::end, "");
  }

 private:
  // The number of frames and rows that lie between the wish and the end.
  Result<std::int64_t> walk(const Wish& wish) {
    TapeWalk walk(source_.readers_, source_.endpoints_, {wish.rows, source_.options_.healing});
    if (auto started = walk.start(wish.pos_ns); !started) return started.error();
    std::int64_t served = 0;
    std::size_t to_pass = wish.passed;
    while (true) {
      DueFrame frame;
      const auto more = walk.next(frame);
      if (!more) return more.error();
      if (!*more || frame.pos_ns >= source_.options_.to_ns) return served;
      if (to_pass > 0) {
        if (frame.kind != DueKind::row) --to_pass;
        continue;
      }
      block_->add(frame);
      ++served;
      if (block_->bytes() < limit_) continue;
      if (!source_.push(generation_, std::move(block_))) {
        is_over_ = true;
        return served;
      }
      fresh(source_.options_.block_bytes);
    }
  }

  void fresh(std::size_t limit) {
    limit_ = std::min(limit, source_.options_.block_bytes);
    block_ = std::make_unique<Block>();
    block_->reserve(limit_);
  }

  bool mark(Block::Kind kind, std::string message) {
    auto block = std::make_unique<Block>();
    block->kind = kind;
    block->message = std::move(message);
    return source_.push(generation_, std::move(block));
  }

  TapeSource& source_;
  std::uint64_t generation_;
  std::unique_ptr<Block> block_;
  std::size_t limit_ = 0;
  bool is_over_ = false;  // a newer seek has come
};

TapeSource::TapeSource(std::vector<std::unique_ptr<TapeReader>> readers, EndpointTable& endpoints,
                       const Options& options)
    : readers_(std::move(readers)),
      endpoints_(endpoints),
      options_(options),
      with_rows_(options.rows) {}

TapeSource::~TapeSource() {
  stop();
}

void TapeSource::on_ready(std::function<void()> task) {
  on_ready_ = std::move(task);
}

void TapeSource::seek(Ns pos) {
  ask(pos, 0);
}

void TapeSource::seek_with_rows(Ns pos, std::size_t passed) {
  with_rows_ = true;
  ask(pos, passed);
}

void TapeSource::ask(Ns pos, std::size_t passed) {
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
    wish_ = {pos, passed, with_rows_};
    is_awaited_ = false;
    queue_.clear();
    queued_bytes_ = 0;
  }
  changed_.notify_all();
  if (thread_.joinable()) return;
  has_stopped_ = false;
  thread_ = std::thread([this] {
    run();
    has_stopped_ = true;
  });
}

std::unique_ptr<Block> TapeSource::take() {
  std::unique_ptr<Block> block;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) {
      is_awaited_ = true;
      return nullptr;
    }
    block = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= block->bytes();
  }
  changed_.notify_all();
  return block;
}

void TapeSource::give_up() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
}

void TapeSource::stop() {
  give_up();
  if (thread_.joinable()) thread_.join();
}

bool TapeSource::push(std::uint64_t generation, std::unique_ptr<Block> block) {
  if (block->kind == Block::Kind::frames && block->size() == 0) return is_current(generation);
  bool is_awaited = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return is_stopping_ || generation != generation_ || queue_.empty() ||
             queued_bytes_ + block->bytes() <= options_.read_ahead_bytes_max;
    });
    if (is_stopping_ || generation != generation_) return false;
    queued_bytes_ += block->bytes();
    queue_.push_back(std::move(block));
    is_awaited = std::exchange(is_awaited_, false);
  }
  if (is_awaited && on_ready_) on_ready_();
  return true;
}

bool TapeSource::is_current(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  return !is_stopping_ && generation == generation_;
}

void TapeSource::run() {
  std::uint64_t served = 0;
  while (true) {
    Wish wish;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_stopping_ || generation_ != served; });
      if (is_stopping_) return;
      served = generation_;
      wish = wish_;
    }
    Pass(*this, served).run(wish);
  }
}

}  // namespace tapedeck
