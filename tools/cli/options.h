// What a subcommand accepts, and what a user gave it. The only place that knows cxxopts.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace tapedeck::cli {

using Args = std::vector<std::string>;  // without the program's and the subcommand's names

struct OptionSpec {
  std::string name;   // `speed`, without dashes; `o,output` gives a short form first
  std::string value;  // how help calls its value, `N`; "": a flag
  std::string help;
  std::string fallback;  // "": none
};

struct CommandSpec {
  std::string name;
  std::string arguments;  // `TAPE…`, as help shows it; "": none are taken
  std::string summary;    // one line
  std::vector<OptionSpec> options = {};
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  std::string notes = {};  // what help says after the options; "": nothing
};

// What was given. Asking for an option that the spec does not have is our own error.
class Options {
 public:
  bool help() const { return help_; }
  bool has(const std::string& name) const { return values_.contains(name); }
  // The last value given, else the fallback.
  std::string get(const std::string& name) const;
  // Every value given, each split at commas.
  std::vector<std::string> list(const std::string& name) const;
  const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  friend Result<Options> parse_options(const CommandSpec& spec, const Args& args);

  bool help_ = false;
  std::map<std::string, std::vector<std::string>> values_;
  std::map<std::string, std::string> fallbacks_;
  std::vector<std::string> arguments_;
};

// Errors are one line that names the option and what would be right. `--help` is added to every
// command and wins over missing or superfluous arguments.
Result<Options> parse_options(const CommandSpec& spec, const Args& args);

std::string help_text(const CommandSpec& spec);

}  // namespace tapedeck::cli
