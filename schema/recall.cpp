#include "schema/recall.h"

namespace tapedeck {

Value RecordedRow::of(std::string_view column) const {
  for (std::size_t i = 0; i < table->columns.size() && i < values.size(); ++i) {
    if (table->columns[i].name == column) return values[i];
  }
  return {};
}

}  // namespace tapedeck
