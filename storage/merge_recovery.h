// The ledger of a merged tape while its frames are written: what peers bring is counted. For
// storage/merge.cpp alone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/merge_tapes.h"

namespace tapedeck {

class Recovery {
 public:
  // Gives each gap its id, by time.
  void set_up(const std::map<StreamName, std::vector<MergedGap>>& ledger,
              const std::map<StreamName, StreamInfo>& streams);

  // What became of a tape's gap; nullptr: it has none such.
  Gap* gap_of(std::size_t tape, std::int64_t gap_id);

  // `tape` brought a frame with new rows at `pos_ns`, which does not go back; `tag_stream` is what
  // its decoder says that it is about.
  void received(std::size_t tape, const ConnectionInfo& connection, std::string_view tag_stream,
                Ns pos_ns, std::int64_t rows);

  // By their ids.
  const std::vector<Gap*>& gaps() const { return by_id_; }
  std::vector<MergeReport::Stream> streams(const std::vector<MergeTape>& tapes) const;

 private:
  // A span that a tape had lost and others have.
  struct Closed {
    std::size_t tape = 0;
    Span span;
    MergedGap* gap = nullptr;
  };
  struct Stream {
    std::string endpoint;
    std::vector<MergedGap> gaps;
    std::vector<Closed> closed;  // by their beginning
    std::size_t next = 0;        // of them, the first that has not begun
    std::vector<Closed> begun;   // and not ended
    std::int64_t recovered = 0;
  };
  Stream* stream_of(const ConnectionInfo& connection, std::string_view tag_stream);

  std::map<StreamName, Stream> streams_;
  std::vector<Gap*> by_id_;
  std::map<std::pair<std::size_t, std::int64_t>, Gap*> by_source_;
};

}  // namespace tapedeck
