// Decimals as text: compared by value, never through a double.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tapedeck {

// One form for one value: `95000.50`, `9.50005e4` and `095000.5` all read `950005e-1`; every zero,
// `-0.0` included, reads `0`. nullopt when `text` is no decimal as JSON writes them (leading zeros
// and a sign `+` are let pass).
std::optional<std::string> canonical_decimal(std::string_view text);

// Whether both are decimals of one value, or the same bytes.
bool same_decimal(std::string_view a, std::string_view b);

}  // namespace tapedeck
