#include "schema/row_json.h"

#include "schema/base/text.h"

namespace tapedeck {

void append_number_member(std::string& out, std::string_view name, Int number) {
  out.append(",\"").append(name).append("\":");
  out += number ? std::to_string(*number) : "null";
}

void append_row_members(std::string& out, const Table& table, std::span<const Value> values,
                        JsonDoc& scratch) {
  for (std::size_t i = 0; i < table.columns.size() && i < values.size(); ++i) {
    const Column& column = table.columns[i];
    const Value& value = values[i];
    if (value.type != Value::Type::text) {
      const bool is_null = value.type == Value::Type::null;
      append_number_member(out, column.name, is_null ? Int() : Int(value.integer));
      continue;
    }
    out.append(",\"").append(column.name).append("\":");
    if (column.type == ColumnType::json && scratch.parse(value.text)) {
      out += value.text;
    } else {
      append_json_string(out, value.text);
    }
  }
}

}  // namespace tapedeck
