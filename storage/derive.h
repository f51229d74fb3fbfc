// Decodes what is on a tape anew, as its recorder did.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "schema/normalize.h"
#include "storage/tape.h"

namespace tapedeck {

// Makes the decoder that makes a feed's rows: as configured, and new; nullptr for a feed that this
// version does not know.
using DecoderSource = std::function<std::unique_ptr<Normalizer>(std::string_view feed)>;

// Told of frames and requests in the order of their handling (storage/handled_walk.h). Remembers
// what the decoders do, and no more. Not thread-safe.
class Derivation {
 public:
  explicit Derivation(DecoderSource decoders) : decoders_(std::move(decoders)) {}

  // False for a feed that no decoder knows.
  bool knows(const std::string& feed) { return decoder_of(feed) != nullptr; }

  // Gives `rows` what the frame is about; control frames and what we sent are about nothing. The
  // tag's views live until the next call.
  FrameTag frame(const FrameRecord& frame, const ConnectionInfo& connection, RowSink& rows);
  // `gap`: the one that request.gap_id names, if any.
  void request(const RequestInfo& request, const Gap* gap, RowSink& rows);

 private:
  Normalizer* decoder_of(const std::string& feed);

  DecoderSource decoders_;
  std::map<std::string, std::unique_ptr<Normalizer>> by_feed_;
  JsonDoc doc_;
};

}  // namespace tapedeck
