// Lines at the end of a terminal that are drawn again and again: the sequences that do it
// (ECMA-48).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tapedeck {

class StatusBlock {
 public:
  // What to write so that `lines` stand where those before stood, each cut to `columns`, since one
  // that wraps could not be found again.
  std::string draw(const std::vector<std::string>& lines, std::size_t columns);
  // What to write so that they are gone and other text can go on there; "" when there are none.
  std::string clear();

 private:
  std::size_t drawn_ = 0;
};

}  // namespace tapedeck
