// Many payloads as one compressed run of bytes (docs/TAPE_FORMAT.md, "Compacted tapes"). No SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tapedeck {

// A payload, and whether it is stored as a BLOB (else TEXT).
struct StoredPayload {
  std::string_view bytes;
  bool is_blob = false;
};

// Gathers payloads until the next one would be too many, then gives them as one piece, like beside
// like. One thread at a time.
class PayloadPacker {
 public:
  PayloadPacker();
  ~PayloadPacker();
  PayloadPacker(const PayloadPacker&) = delete;
  PayloadPacker& operator=(const PayloadPacker&) = delete;

  bool empty() const { return pieces_.empty(); }
  std::size_t count() const { return pieces_.size(); }
  // Whether `next` belongs into another chunk. A payload that is larger than a chunk has one of its
  // own.
  bool is_full_before(const StoredPayload& next) const;
  void add(const StoredPayload& payload);
  // The chunk, valid until the next call of this; this is empty again.
  std::string_view pack();

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  struct Piece {
    std::size_t offset = 0;  // in bytes_
    std::size_t size = 0;
    bool is_blob = false;
  };
  void lay_out();

  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::vector<Piece> pieces_;
  std::string bytes_;
  std::string laid_out_;  // what is compressed
  std::string packed_;
};

class PayloadUnpacker {
 public:
  PayloadUnpacker();
  ~PayloadUnpacker();
  PayloadUnpacker(const PayloadUnpacker&) = delete;
  PayloadUnpacker& operator=(const PayloadUnpacker&) = delete;

  // Takes a chunk of `count` payloads apart. False when it is damaged (chunks carry a checksum);
  // nothing is then in it.
  bool unpack(std::string_view chunk, std::size_t count);
  std::size_t count() const { return payloads_.size(); }
  // Valid until the next unpack().
  const StoredPayload& at(std::size_t index) const { return payloads_[index]; }

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  bool split(std::size_t count);

  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::string bytes_;
  std::vector<std::size_t> groups_;  // of each payload
  std::vector<std::size_t> ends_;    // of each group, as its payloads are placed
  std::vector<std::size_t> places_;  // of the payloads as their bytes follow each other
  std::vector<StoredPayload> payloads_;
};

}  // namespace tapedeck
