#include "recorder/status_block.h"

#include <utility>

#include "schema/base/text.h"

namespace tapedeck {

std::string StatusBlock::draw(const std::vector<std::string>& lines, std::size_t columns) {
  std::string out = clear();
  for (const std::string& line : lines) {
    out += shortened(line, columns);
    out += '\n';
  }
  drawn_ = lines.size();
  return out;
}

std::string StatusBlock::clear() {
  if (drawn_ == 0) return {};
  return "\r\033[" + std::to_string(std::exchange(drawn_, 0)) + "A\033[J";
}

}  // namespace tapedeck
