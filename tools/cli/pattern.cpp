#include "tools/cli/pattern.h"

#include <array>

namespace tapedeck::cli {

void Pattern::Free::operator()(regex_t* compiled) const {
  regfree(compiled);
  delete compiled;
}

Result<Pattern> Pattern::compile(const std::string& text) {
  auto fresh = std::make_unique<regex_t>();
  if (const int code = regcomp(fresh.get(), text.c_str(), REG_EXTENDED); code != 0) {
    std::array<char, 128> words{};
    regerror(code, fresh.get(), words.data(), words.size());
    return Error{words.data()};
  }
  return Pattern(std::unique_ptr<regex_t, Free>(fresh.release()));
}

bool Pattern::matches(std::string_view bytes) const {
  // REG_STARTEND: the length counts, not a zero byte.
  regmatch_t range{};
  range.rm_so = 0;
  range.rm_eo = static_cast<regoff_t>(bytes.size());
  return regexec(compiled_.get(), bytes.empty() ? "" : bytes.data(), 1, &range, REG_STARTEND) == 0;
}

}  // namespace tapedeck::cli
