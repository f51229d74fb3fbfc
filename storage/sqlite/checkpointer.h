// Moves what the write-ahead log holds into the tape while its writer goes on.
//
// A checkpoint waits for the disk. On the writer's own thread it made one commit in fourteen take
// thirty times as long as the others. Here another connection does most of it on a thread of its
// own; what was committed meanwhile is left to the writer, and is little. Only the writer, when
// nothing is left, can begin the log anew, so that the log stays short however long it writes.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "storage/sqlite/database.h"

namespace tapedeck::sqlite {

class Checkpointer {
 public:
  // `writer` is in WAL mode, outlives this, and makes no checkpoints by itself from here on.
  static Result<std::unique_ptr<Checkpointer>> start(Database& writer);
  ~Checkpointer();  // waits for one that is under way
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // On the writer's thread, after each commit. What a checkpoint may fail of is no error here: the
  // log stays what it was, and whoever writes or ends the tape hears of it.
  void after_commit();

 private:
  enum class State { idle, asked, copied, ending };

  Checkpointer(Database& writer, std::unique_ptr<Database> own);
  void run();

  Database& writer_;
  std::unique_ptr<Database> own_;  // the thread's
  int log_pages_ = 0;              // writer's thread, as its last commit left it
  int done_pages_ = 0;             // writer's thread; of these

  std::mutex mutex_;
  std::condition_variable wake_;
  State state_ = State::idle;  // guarded by mutex_
  std::thread thread_;         // last: it uses the rest
};

}  // namespace tapedeck::sqlite
