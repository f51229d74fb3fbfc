// Frames that are encoded once, on the server's thread, and kept by whoever lags behind.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "replay/net/server.h"
#include "schema/ws/codec.h"

namespace tapedeck {

// Not thread-safe.
class SharedFrames {
 public:
  // The frame lies in *whole() and lives until the next call, in the queues of clients for as long
  // as they need it.
  std::string_view encode(Opcode opcode, std::string_view payload) {
    if (bytes_->size() >= kBytes) renew();
    const std::size_t begin = bytes_->size();
    ws::append_frame(*bytes_, opcode, payload, nullptr);
    return std::string_view(*bytes_).substr(begin);
  }
  const SharedBytes& whole() const { return whole_; }

 private:
  static constexpr std::size_t kBytes = 256U << 10U;

  // Bytes that nobody keeps are used again.
  void renew() {
    whole_.reset();
    if (bytes_.use_count() == 1) {
      bytes_->clear();
    } else {
      bytes_ = std::make_shared<std::string>();
      bytes_->reserve(kBytes);
    }
    whole_ = bytes_;
  }

  std::shared_ptr<std::string> bytes_ = std::make_shared<std::string>();
  SharedBytes whole_ = bytes_;
};

}  // namespace tapedeck
