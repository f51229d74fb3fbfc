#include "storage/derive.h"

namespace tapedeck {

Normalizer* Derivation::decoder_of(const std::string& feed) {
  const auto [entry, is_new] = by_feed_.try_emplace(feed);
  if (is_new) entry->second = decoders_(feed);
  return entry->second.get();
}

// As the recorder's link does it.
FrameTag Derivation::frame(const FrameRecord& frame, const ConnectionInfo& connection,
                           RowSink& rows) {
  if (frame.direction != Direction::in || !is_data(frame.opcode)) return {};
  Normalizer* decoder = decoder_of(connection.feed);
  if (decoder == nullptr) return {};
  const bool is_text = frame.opcode == Opcode::text;
  if (is_text) doc_.parse(frame.payload);
  const InFrame in{connection.endpoint, connection.slot, frame.recv_ns,
                   frame.opcode,        frame.payload,   is_text ? &doc_ : nullptr};
  const FrameTag tag = decoder->classify(in);
  decoder->normalize(in, rows);
  return tag;
}

// As the recorder's gap filler does it.
void Derivation::request(const RequestInfo& request, const Gap* gap, RowSink& rows) {
  const bool is_success = request.status && *request.status >= 200 && *request.status < 300;
  if (!is_success || request.purpose == "login" || !request.recv_ns || !request.body) return;
  Normalizer* decoder = decoder_of(request.feed);
  doc_.parse(*request.body);
  if (decoder == nullptr || !doc_.root().exists()) return;
  RestAnswer answer;
  answer.purpose = request.purpose;
  answer.stream = request.stream;
  answer.url = request.url;
  answer.recv_ns = *request.recv_ns;
  answer.gap = gap;
  answer.doc = &doc_;
  decoder->absorb(answer, rows);
}

}  // namespace tapedeck
