// Alterscope frames to rows: `factor`, one a change.
#include <string>
#include <utility>

#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/states.h"
#include "schema/feeds/alterscope/wire.h"
#include "schema/feeds/fold.h"
#include "schema/ws/codec.h"

namespace tapedeck::alterscope {

namespace {

// The service gives a change no identifier: each delivery of one connection is a change of its own,
// and redundant connections fold as multisets.
class FactorNormalizer final : public Normalizer {
 public:
  FactorNormalizer(int connections, Subscription subscription)
      : fold_(connections), states_(std::move(subscription)) {}

  FrameTag classify(const InFrame& frame) const override {
    FrameTag tag;
    if (frame.opcode != Opcode::text) return tag;
    const Json message = frame.root();
    tag.type = type_of(message);
    if (kind_of(message) == Kind::error) {
      tag.role = FrameRole::error;
    } else {
      tag.stream = message["opportunity_id"].scalar();
    }
    return tag;
  }

  void normalize(const InFrame& frame, RowSink& rows) override {
    if (frame.opcode != Opcode::text) return add_unparsed(frame, "binary frame", rows);
    const Json message = frame.root();
    if (!message.exists()) {
      const bool is_utf8 = ws::is_valid_utf8(frame.payload);
      return add_unparsed(frame, is_utf8 ? "not JSON" : "invalid UTF-8", rows);
    }
    if (!message.is_object()) return add_unparsed(frame, "not a JSON object", rows);
    switch (kind_of(message)) {
      case Kind::changed:
        return add_change(frame, message, rows);
      case Kind::error:
        return add_error(message, rows);
      case Kind::other:
        break;
    }
    const std::string_view type = type_of(message);
    if (type.empty()) return add_unparsed(frame, "no type", rows);
    add_unparsed(frame, "unknown type: " + std::string(shortened(type)), rows);
  }

  RestPage absorb(const RestAnswer& answer, RowSink& rows) override {
    return states_.absorb(answer, rows);
  }
  std::span<const TableId> remembered_tables() const override {
    static constexpr TableId kTables[] = {TableId::factor};
    return kTables;
  }
  void remember(const EarlierRow& row) override { states_.remember(row); }

 private:
  void add_unparsed(const InFrame& frame, std::string_view reason, RowSink& rows) {
    if (!fold_.is_new(hash_text(frame.payload), frame.slot, frame.recv_ns)) return;
    rows.add(Unparsed{reason}, std::nullopt);
  }

  void add_change(const InFrame& frame, Json message, RowSink& rows) {
    Change change;
    if (const std::string why = read_change(message, change); !why.empty()) {
      return add_unparsed(frame, why, rows);
    }
    if (!fold_.is_new(identity_of(change), frame.slot, frame.recv_ns)) return;
    if (!states_.changed(change, frame.recv_ns, rows)) return;
    rows.add(change.row, change.as_of_ns);
    if (!change.as_of.empty()) rows.set_cursor(change.row.opportunity_id, change.as_of);
  }

  // Said to one connection alone: never the same event as what another one was told.
  static void add_error(Json message, RowSink& rows) {
    ErrorInfo error = read_error(message);
    if (error.code.data() == nullptr && error.message.data() == nullptr)
      error.message = message.raw();
    rows.add(FeedError{error.code, error.message}, std::nullopt);
  }

  MultisetFold fold_;
  FactorStates states_;
};

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(int connections, Subscription subscription) {
  return std::make_unique<FactorNormalizer>(connections, std::move(subscription));
}

}  // namespace tapedeck::alterscope
