#include "schema/service.h"

namespace tapedeck {

std::string_view HttpRequest::header(std::string_view name) const {
  const std::string wanted = to_lower(name);
  for (const auto& [header_name, value] : headers) {
    if (header_name.size() == wanted.size() && to_lower(header_name) == wanted) return value;
  }
  return "";
}

}  // namespace tapedeck
