#include "storage/payload_chunk.h"

#include <zstd.h>

#include <cassert>
#include <new>

namespace tapedeck {
namespace {

// More would compress a little better and make a seek dearer
// (docs/decisions/0005-compacted-tapes.md).
constexpr std::size_t kChunkPayloads = 512;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;
constexpr int kLevel = 1;

// SQLite holds no larger value, so no payload is larger.
constexpr std::size_t kPayloadBytesMax = 1'000'000'000;
constexpr std::size_t kSizeBytesMax = 10;  // of one size

void append_size(std::string& out, const StoredPayload& payload) {
  std::uint64_t value = std::uint64_t{payload.bytes.size()} << 1U | (payload.is_blob ? 1U : 0U);
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
  out += static_cast<char>(value);
}

bool take_size(std::string_view& from, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 35 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

// What the bytes of a chunk of `count` payloads can come to.
std::size_t unpacked_bytes_max(std::size_t count) {
  return (count == 1 ? kPayloadBytesMax : kChunkBytes) + count * kSizeBytesMax;
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
  return count_ == kChunkPayloads ||
         (count_ > 0 && bytes_.size() + next.bytes.size() > kChunkBytes);
}

void PayloadPacker::add(const StoredPayload& payload) {
  ++count_;
  append_size(sizes_, payload);
  bytes_ += payload.bytes;
}

std::string_view PayloadPacker::pack() {
  sizes_ += bytes_;
  packed_.resize(ZSTD_compressBound(sizes_.size()));
  const std::size_t size =
      ZSTD_compress2(context_.get(), packed_.data(), packed_.size(), sizes_.data(), sizes_.size());
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // with room for the bound, all else is ours
  count_ = 0;
  sizes_.clear();
  bytes_.clear();
  return std::string_view(packed_).substr(0, size);
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
  std::string_view sizes = bytes_;
  std::string_view rest = bytes_;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!take_size(rest, value)) return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    take_size(sizes, value);
    const std::uint64_t size = value >> 1U;
    if (size > rest.size()) break;
    payloads_.push_back({rest.substr(0, size), (value & 1U) != 0});
    rest.remove_prefix(size);
  }
  if (payloads_.size() < count || !rest.empty()) payloads_.clear();
  return !payloads_.empty();
}

}  // namespace tapedeck
