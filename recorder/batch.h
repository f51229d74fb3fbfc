// A run of records on its way to the tape, in order, with the bytes under them.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "storage/tape_writer.h"

namespace tapedeck {

// Bytes that stay where they are until clear(). Chunks are kept for reuse.
class Arena {
 public:
  std::string_view copy(std::string_view bytes);
  void clear();

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t size = 0;
  };
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;  // the one being filled
  std::size_t used_ = 0;   // of it
};

// Filled on one thread, then written on another. Reusable after clear().
class Batch {
 public:
  void add(const FrameRecord& frame);
  void add(const RowRecord& row);
  void add(const DriftRecord& drift);
  void put(const ConnectionInfo& connection);
  void put(const RequestInfo& request);
  void put(const Gap& gap);
  void put(const StreamInfo& stream);
  // The last value for a stream replaces earlier ones.
  void put(std::string_view feed, std::string_view stream, std::string_view value, Ns recv_ns);

  bool empty() const { return order_.empty() && cursors_.empty(); }
  std::size_t bytes() const { return bytes_; }  // about what it holds in memory
  std::size_t frames() const { return frames_.size(); }
  std::size_t rows() const { return rows_.size(); }
  std::size_t payload_bytes() const { return payload_bytes_; }

  // Writes everything in order; cursors last, so that none moves before what it covers.
  Result<void> write_to(TapeWriter& tape) const;
  void clear();

  Ns opened_mono_ns = 0;  // when the first record came; the owner's to set

 private:
  enum class Kind : std::uint8_t { frame, row, connection, request, gap, stream, drift };
  struct RowEntry {
    RowRecord record;
    std::uint32_t first_value = 0;
    std::uint32_t value_count = 0;
  };
  struct CursorEntry {
    std::string_view feed, stream, value;
    Ns recv_ns = 0;
  };

  template <class T>
  static void push(std::vector<Kind>& order, std::vector<T>& items, Kind kind, T item) {
    order.push_back(kind);
    items.push_back(std::move(item));
  }

  Arena arena_;
  std::vector<Kind> order_;
  std::vector<FrameRecord> frames_;
  std::vector<RowEntry> rows_;
  std::vector<Value> values_;
  std::vector<ConnectionInfo> connections_;
  std::vector<RequestInfo> requests_;
  std::vector<Gap> gaps_;
  std::vector<StreamInfo> streams_;
  std::vector<DriftRecord> drifts_;
  std::vector<CursorEntry> cursors_;
  std::size_t bytes_ = 0;
  std::size_t payload_bytes_ = 0;
};

}  // namespace tapedeck
