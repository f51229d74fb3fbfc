#include "recorder/batch.h"

#include <algorithm>
#include <cstring>

namespace tapedeck {
namespace {
constexpr std::size_t kChunkBytes = 256U << 10U;
}  // namespace

std::string_view Arena::copy(std::string_view bytes) {
  if (bytes.data() == nullptr) return {};
  while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < bytes.size()) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const std::size_t size = std::max(kChunkBytes, bytes.size());
    chunks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }
  char* to = chunks_[chunk_].data.get() + used_;
  std::memcpy(to, bytes.data(), bytes.size());
  used_ += bytes.size();
  return {to, bytes.size()};
}

void Arena::clear() {
  // One burst of huge messages must not hold their memory for ever.
  std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > kChunkBytes; });
  chunk_ = 0;
  used_ = 0;
}

void Batch::add(const FrameRecord& frame) {
  FrameRecord kept = frame;
  kept.payload = arena_.copy(frame.payload);
  bytes_ += frame.payload.size() + sizeof(FrameRecord) + 1;
  payload_bytes_ += frame.payload.size();
  push(order_, frames_, Kind::frame, kept);
}

void Batch::add(const RowRecord& row) {
  RowEntry entry{row, static_cast<std::uint32_t>(values_.size()),
                 static_cast<std::uint32_t>(row.row.values.size())};
  entry.record.feed = arena_.copy(row.feed);
  for (const Value& value : row.row.values) {
    Value kept = value;
    kept.text = arena_.copy(value.text);
    bytes_ += sizeof(Value) + value.text.size();
    values_.push_back(kept);
  }
  bytes_ += sizeof(RowEntry) + 1;
  push(order_, rows_, Kind::row, entry);
}

void Batch::put(const ConnectionInfo& connection) {
  bytes_ += sizeof(ConnectionInfo) + connection.url.size();
  push(order_, connections_, Kind::connection, connection);
}

void Batch::put(const RequestInfo& request) {
  bytes_ += sizeof(RequestInfo) + request.url.size() + (request.body ? request.body->size() : 0);
  push(order_, requests_, Kind::request, request);
}

void Batch::put(const Gap& gap) {
  bytes_ += sizeof(Gap) + gap.detail.size();
  push(order_, gaps_, Kind::gap, gap);
}

void Batch::put(const StreamInfo& stream) {
  bytes_ += sizeof(StreamInfo) + stream.stream.size();
  push(order_, streams_, Kind::stream, stream);
}

void Batch::add(const DriftRecord& drift) {
  bytes_ += sizeof(DriftRecord) + drift.path.size();
  push(order_, drifts_, Kind::drift, drift);
}

void Batch::put(std::string_view feed, std::string_view stream, std::string_view value,
                Ns recv_ns) {
  for (CursorEntry& cursor : cursors_) {
    if (cursor.feed != feed || cursor.stream != stream) continue;
    cursor.value = arena_.copy(value);
    cursor.recv_ns = recv_ns;
    return;
  }
  cursors_.push_back({arena_.copy(feed), arena_.copy(stream), arena_.copy(value), recv_ns});
}

Result<void> Batch::write_to(TapeWriter& tape) const {
  std::size_t frame = 0;
  std::size_t row = 0;
  std::size_t connection = 0;
  std::size_t request = 0;
  std::size_t gap = 0;
  std::size_t stream = 0;
  std::size_t drift = 0;
  for (const Kind kind : order_) {
    Result<void> result;
    switch (kind) {
      case Kind::frame:
        result = tape.add_frame(frames_[frame++]);
        break;
      case Kind::row: {
        const RowEntry& entry = rows_[row++];
        RowRecord record = entry.record;
        record.row.values = std::span(values_).subspan(entry.first_value, entry.value_count);
        result = tape.add_row(record);
        break;
      }
      case Kind::connection:
        result = tape.put_connection(connections_[connection++]);
        break;
      case Kind::request:
        result = tape.put_request(requests_[request++]);
        break;
      case Kind::gap:
        result = tape.put_gap(gaps_[gap++]);
        break;
      case Kind::stream:
        result = tape.put_stream(streams_[stream++]);
        break;
      case Kind::drift:
        result = tape.add_drift(drifts_[drift++]);
        break;
    }
    if (!result) return result;
  }
  for (const CursorEntry& cursor : cursors_) {
    auto result = tape.put_cursor({std::string(cursor.feed), std::string(cursor.stream),
                                   std::string(cursor.value), cursor.recv_ns});
    if (!result) return result;
  }
  return {};
}

void Batch::clear() {
  arena_.clear();
  order_.clear();
  frames_.clear();
  rows_.clear();
  values_.clear();
  connections_.clear();
  requests_.clear();
  gaps_.clear();
  streams_.clear();
  drifts_.clear();
  cursors_.clear();
  bytes_ = 0;
  payload_bytes_ = 0;
}

}  // namespace tapedeck
