// A feed's REST answers out of the tapes, as of the deck's position.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "replay/feed_rows.h"
#include "replay/history_walk.h"
#include "replay/recorded_event.h"
#include "schema/base/result.h"
#include "schema/recall.h"
#include "storage/tape_reader.h"

namespace tapedeck {

// Reads on the calling thread: the first question about a table walks it once, the others cost what
// they answer. An answer looks at kLookedAtMax rows of the asked span at most. Not thread-safe.
class TapeHistory {
 public:
  using Query = ServiceData::Query;

  static constexpr int kLookedAtMax = 500'000;

  using Readers = std::vector<std::unique_ptr<TapeReader>>;

  // The references outlive it. `stop`: ends a search, with an error.
  TapeHistory(std::string feed, const Recall& recall, const Readers& readers,
              std::stop_token stop = {})
      : feed_(std::move(feed)), recall_(recall), readers_(readers), stop_(std::move(stop)) {}

  // A new request: what it reads in pages is one walk.
  void begin_request() { paging_ = {}; }
  // What the stream's events at `as_of` answer, as ServiceData::history().
  Result<std::vector<std::string>> find(const Query& query, Ns as_of);

 private:
  using Rows = std::vector<std::unique_ptr<FeedRows>>;  // one a tape

  // A walk that a further page may go on with.
  struct Paging {
    Query query;  // with the offset at which it goes on
    Ns as_of = 0;
    std::unique_ptr<HistoryWalk> walk;
    std::set<std::string> keys;  // seen so far
  };

  Result<std::vector<FeedRows*>> rows_of(TableId table, bool has_ids);
  Result<std::unique_ptr<HistoryWalk>> begin(const Query& query, Ns as_of,
                                             const std::vector<FeedRows*>& rows);
  Result<std::vector<std::string>> by_time(const Query& query, Ns as_of,
                                           const std::vector<FeedRows*>& rows);
  Result<std::vector<std::string>> by_id(const Query& query, Ns as_of,
                                         const std::vector<FeedRows*>& rows);
  static bool is_in_span(const Query& query, Ns at_ns, const TapeRow& row);
  bool is_asked(const Query& query, const RecordedRow& row) const;
  Result<std::string> answer(const Query& query, TapeReader& reader, const TapeRow& row,
                             std::int64_t number);

  const std::string feed_;
  const Recall& recall_;
  const Readers& readers_;
  const std::stop_token stop_;
  std::map<TableId, Rows> tables_;
  Paging paging_;
  EventReader event_;
  JsonDoc doc_;
};

}  // namespace tapedeck
