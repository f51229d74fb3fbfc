#include "storage/payload_chunk.h"

#include <zstd.h>

#include <map>
#include <new>
#include <numeric>

namespace tapedeck {
namespace {

// More would compress a little better and make a seek dearer
// (docs/decisions/0005-compacted-tapes.md).
constexpr std::size_t kChunkPayloads = 4'096;
constexpr std::size_t kChunkBytes = std::size_t{2} << 20U;
constexpr int kLevel = 1;

// What two payloads of a group have in common: enough to tell a feed's types of messages, and
// mostly their subjects, apart.
constexpr std::size_t kKeyBytes = 40;

// SQLite holds no larger value, so no payload is larger.
constexpr std::size_t kPayloadBytesMax = 1'000'000'000;
constexpr std::size_t kNumberBytesMax = 5;

void append_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
  out += static_cast<char>(value);
}

bool take_number(std::string_view& from, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < kNumberBytesMax && i < from.size(); ++i) {
    const auto byte = static_cast<unsigned char>(from[i]);
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    from.remove_prefix(i + 1);
    return true;
  }
  return false;
}

// The beginning of a payload, its digits made alike: times and counts make no groups.
void set_key(std::string& key, std::string_view payload) {
  key.assign(payload.substr(0, kKeyBytes));
  for (char& c : key) {
    if (c >= '0' && c <= '9') c = '0';
  }
}

// What the bytes of a chunk of `count` payloads can come to.
std::size_t unpacked_bytes_max(std::size_t count) {
  return (count == 1 ? kPayloadBytesMax : kChunkBytes) + count * 2 * kNumberBytesMax;
}

}  // namespace

void PayloadPacker::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}
void PayloadUnpacker::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

PayloadPacker::PayloadPacker() : context_(ZSTD_createCCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}
PayloadPacker::~PayloadPacker() = default;

bool PayloadPacker::is_full_before(const StoredPayload& next) const {
  return count() == kChunkPayloads || (!empty() && bytes_.size() + next.bytes.size() > kChunkBytes);
}

void PayloadPacker::add(const StoredPayload& payload) {
  pieces_.push_back({bytes_.size(), payload.bytes.size(), payload.is_blob});
  bytes_ += payload.bytes;
}

std::string_view PayloadPacker::pack() {
  lay_out();
  packed_.resize(ZSTD_compressBound(laid_out_.size()));
  const std::size_t size = ZSTD_compress2(context_.get(), packed_.data(), packed_.size(),
                                          laid_out_.data(), laid_out_.size());
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // with room for the bound, all else is ours
  pieces_.clear();
  bytes_.clear();
  return std::string_view(packed_).substr(0, size);
}

void PayloadPacker::lay_out() {
  std::map<std::string, std::vector<std::size_t>> groups;  // each one's payloads
  std::string key;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    set_key(key, std::string_view(bytes_).substr(pieces_[i].offset, pieces_[i].size));
    groups[key].push_back(i);
  }
  std::vector<std::size_t> numbers(pieces_.size());
  std::vector<std::size_t> order;
  std::size_t number = 0;
  for (const auto& [of, members] : groups) {
    for (const std::size_t member : members) numbers[member] = number;
    order.insert(order.end(), members.begin(), members.end());
    ++number;
  }
  laid_out_.clear();
  laid_out_.reserve(bytes_.size() + pieces_.size() * 2 * kNumberBytesMax);
  for (const std::size_t group : numbers) append_number(laid_out_, group);
  for (const std::size_t place : order) {
    const Piece& piece = pieces_[place];
    append_number(laid_out_, piece.size << 1U | (piece.is_blob ? 1U : 0U));
  }
  for (const std::size_t place : order) {
    laid_out_.append(bytes_, pieces_[place].offset, pieces_[place].size);
  }
}

PayloadUnpacker::PayloadUnpacker() : context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
}
PayloadUnpacker::~PayloadUnpacker() = default;

bool PayloadUnpacker::unpack(std::string_view chunk, std::size_t count) {
  payloads_.clear();
  const auto size = ZSTD_getFrameContentSize(chunk.data(), chunk.size());
  // Also what zstd says of a size that it cannot tell is larger than this.
  if (count == 0 || count > kChunkPayloads || size > unpacked_bytes_max(count)) return false;
  bytes_.resize(size);
  const std::size_t done =
      ZSTD_decompressDCtx(context_.get(), bytes_.data(), bytes_.size(), chunk.data(), chunk.size());
  return ZSTD_isError(done) == 0 && done == size && split(count);
}

bool PayloadUnpacker::split(std::size_t count) {
  std::string_view numbers = bytes_;
  std::uint64_t value = 0;
  groups_.clear();
  ends_.assign(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    if (!take_number(numbers, value) || value >= count) return false;
    groups_.push_back(value);
    ++ends_[value];
  }
  // From how many there are in a group to where its first one is; each one placed moves that on.
  std::exclusive_scan(ends_.begin(), ends_.end(), ends_.begin(), std::size_t{0});
  places_.resize(count);
  for (std::size_t i = 0; i < count; ++i) places_[ends_[groups_[i]]++] = i;

  std::string_view rest = numbers;
  for (std::size_t i = 0; i < count; ++i) {
    if (!take_number(rest, value)) return false;
  }
  payloads_.resize(count);
  for (const std::size_t place : places_) {
    take_number(numbers, value);
    const std::uint64_t size = value >> 1U;
    if (size > rest.size()) {
      payloads_.clear();
      return false;
    }
    payloads_[place] = {rest.substr(0, size), (value & 1U) != 0};
    rest.remove_prefix(size);
  }
  if (!rest.empty()) payloads_.clear();
  return rest.empty();
}

}  // namespace tapedeck
