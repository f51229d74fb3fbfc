// AlphaHub's frames → rows (contract section 4; docs/feeds/alphahub.md).
#pragma once

#include <string>

#include "schema/feeds/alphahub/history.h"
#include "schema/feeds/alphahub/wire.h"
#include "schema/feeds/fold.h"
#include "schema/normalize.h"

namespace tapedeck::alphahub {

// One leg of a signal is one row. Legs have no identity: each delivery by one connection is an
// event of its own, redundant connections fold as multisets of (topic, list, the leg's bytes).
class AlphaHubNormalizer final : public Normalizer {
 public:
  // `zone`: `Z` or `±hh:mm`, for times that name none.
  AlphaHubNormalizer(int connections, std::string_view zone, HistoryLimits limits)
      : fold_(connections), history_(zone, limits), zone_(zone) {}

  FrameTag classify(const InFrame& frame) const override;
  void normalize(const InFrame& frame, RowSink& rows) override;
  RestPage absorb(const RestAnswer& answer, RowSink& rows) override {
    return history_.absorb(answer, rows);
  }
  std::span<const TableId> remembered_tables() const override;
  void remember(const EarlierRow& row) override { history_.remember(row); }

 private:
  void add_signals(const InFrame& frame, const Message& message, RowSink& rows);
  // Adds the list's good legs; says the first thing that is wrong in `problem`.
  void add_legs(const InFrame& frame, const Message& message, Json list, std::string_view action,
                std::string& problem, RowSink& rows);
  void add_unparsed(const InFrame& frame, std::string_view reason, RowSink& rows);

  MultisetFold fold_;
  SignalHistory history_;
  std::string zone_;
};

}  // namespace tapedeck::alphahub
