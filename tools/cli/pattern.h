// A regular expression over bytes.
#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace tapedeck::cli {

// POSIX extended syntax. The C library's matcher, because std::regex recurses once a character and
// so dies on payloads of some hundred kilobytes.
class Pattern {
 public:
  // The error is the C library's words.
  static Result<Pattern> compile(const std::string& text);

  bool matches(std::string_view bytes) const;

 private:
  struct Free {
    void operator()(regex_t* compiled) const;
  };
  explicit Pattern(std::unique_ptr<regex_t, Free> compiled) : compiled_(std::move(compiled)) {}

  std::unique_ptr<regex_t, Free> compiled_;
};

}  // namespace tapedeck::cli
