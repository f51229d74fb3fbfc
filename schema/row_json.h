// A normalized row as JSON, as outside programs read it.
#pragma once

#include <span>
#include <string>

#include "schema/base/json.h"
#include "schema/records.h"

namespace tapedeck {

// Appends `"NAME":VALUE` for each of the table's own columns, each with a comma in front: texts and
// decimals as strings with the digits that were sent, whole numbers as numbers, JSON columns
// nested, NULL as null. `scratch` is for checking the nested ones: what is no JSON (a damaged tape)
// becomes a string.
void append_row_members(std::string& out, const Table& table, std::span<const Value> values,
                        JsonDoc& scratch);

// `"NAME":NUMBER` or `"NAME":null`, with a comma in front.
void append_number_member(std::string& out, std::string_view name, Int number);

}  // namespace tapedeck
