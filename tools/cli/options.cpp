#include "tools/cli/options.h"

#include <algorithm>
#include <cassert>
#include <cxxopts.hpp>
#include <exception>

#include "schema/base/text.h"

namespace tapedeck::cli {
namespace {

constexpr const char* kPositional = "positional_arguments";

// `o,output` → `output`.
std::string long_name(const std::string& name) {
  return name.substr(name.find(',') + 1);
}

// How a user would type it: `-o, --output FILE`.
std::string usage_of(const OptionSpec& option) {
  std::string text;
  if (auto comma = option.name.find(','); comma != std::string::npos) {
    text = "-" + option.name.substr(0, comma) + ", ";
  }
  text += "--" + long_name(option.name);
  if (!option.value.empty()) text += " " + option.value;
  return text;
}

std::string see_help(const CommandSpec& spec) {
  return "; see tapedeck " + spec.name + " --help";
}

Error unknown_option(const CommandSpec& spec, const std::string& given) {
  const std::string bare = given.substr(0, given.find('='));
  const std::string name = bare.substr(std::min(bare.find_first_not_of('-'), bare.size()));
  std::vector<std::string> known = {"help"};
  for (const OptionSpec& option : spec.options) known.push_back(long_name(option.name));
  const std::string near = nearest(name, known);
  if (!near.empty()) return {"unknown option " + bare + "; did you mean --" + near + "?"};
  return {"unknown option " + bare + see_help(spec)};
}

cxxopts::Options grammar_of(const CommandSpec& spec) {
  cxxopts::Options grammar("tapedeck");
  grammar.allow_unrecognised_options();
  auto add = grammar.add_options();
  // Flags are texts too, so that `--json=x` is our error to word.
  auto flag = [] { return cxxopts::value<std::string>()->implicit_value("true"); };
  add("h,help", "", flag());
  for (const OptionSpec& option : spec.options) {
    add(option.name, "", option.value.empty() ? flag() : cxxopts::value<std::string>());
  }
  add(kPositional, "", cxxopts::value<std::vector<std::string>>());
  grammar.parse_positional(kPositional);
  return grammar;
}

Result<void> check_arguments(const CommandSpec& spec, const std::vector<std::string>& given) {
  if (given.size() > spec.arguments_max) {
    const std::string& extra = given[spec.arguments_max];
    if (spec.arguments_max == 0) {
      return Error{"unexpected argument '" + extra + "': tapedeck " + spec.name +
                   " takes only options"};
    }
    return Error{"unexpected argument '" + extra + "': tapedeck " + spec.name + " takes " +
                 spec.arguments};
  }
  if (given.size() < spec.arguments_min) {
    return Error{spec.arguments + " is missing: tapedeck " + spec.name + " " + spec.arguments};
  }
  return {};
}

// Options that take a value and stand last without one; cxxopts' own words are not ours.
Result<void> check_last(const CommandSpec& spec, const Args& args) {
  if (args.empty()) return {};
  for (const OptionSpec& option : spec.options) {
    if (option.value.empty()) continue;
    const auto comma = option.name.find(',');
    const bool is_short =
        comma != std::string::npos && args.back() == "-" + option.name.substr(0, comma);
    if (args.back() != "--" + long_name(option.name) && !is_short) continue;
    if (args.size() >= 2 && args[args.size() - 2] == "--") continue;
    return Error{args.back() + ": a value is missing: " + usage_of(option)};
  }
  return {};
}

}  // namespace

std::string Options::get(const std::string& name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second.back();
  const auto fallback = fallbacks_.find(name);
  assert(fallback != fallbacks_.end());
  return fallback->second;
}

std::vector<std::string> Options::list(const std::string& name) const {
  std::vector<std::string> all;
  const auto found = values_.find(name);
  if (found == values_.end()) return all;
  for (const std::string& value : found->second) {
    for (std::string& item : split_list(value)) all.push_back(std::move(item));
  }
  return all;
}

Result<Options> parse_options(const CommandSpec& spec, const Args& args) {
  Options options;
  for (const OptionSpec& option : spec.options) {
    options.fallbacks_[long_name(option.name)] = option.fallback;
  }
  if (Result<void> last = check_last(spec, args); !last) return last.error();

  std::vector<const char*> argv = {"tapedeck"};
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  try {
    cxxopts::Options grammar = grammar_of(spec);
    const cxxopts::ParseResult parsed = grammar.parse(static_cast<int>(argv.size()), argv.data());
    if (!parsed.unmatched().empty()) return unknown_option(spec, parsed.unmatched().front());
    // After `--`, what looks like an option is an argument.
    const bool dashes_allowed = std::find(args.begin(), args.end(), "--") != args.end();
    for (const cxxopts::KeyValue& item : parsed.arguments()) {
      if (item.key() == kPositional) {
        const bool dashed = item.value().size() > 1 && item.value().front() == '-';
        if (dashed && !dashes_allowed) return unknown_option(spec, item.value());
        options.arguments_.push_back(item.value());
      } else if (item.key() == "help") {
        options.help_ = true;
      } else {
        options.values_[item.key()].push_back(item.value());
      }
    }
  } catch (const std::exception& error) {
    return Error{std::string(error.what()) + see_help(spec)};
  }
  if (options.help_) return options;
  for (const OptionSpec& option : spec.options) {
    const std::string name = long_name(option.name);
    const auto found = options.values_.find(name);
    if (found == options.values_.end()) continue;
    const std::string& value = found->second.back();
    if (!option.value.empty() && value.empty()) {
      return Error{"--" + name + ": its value is empty: " + usage_of(option)};
    }
    if (option.value.empty() && value != "true") {
      return Error{"--" + name + ": takes no value, but '" + value + "' was given"};
    }
  }
  if (Result<void> count = check_arguments(spec, options.arguments_); !count) return count.error();
  return options;
}

std::string help_text(const CommandSpec& spec) {
  std::string text = "usage: tapedeck " + spec.name;
  if (!spec.arguments.empty()) text += " " + spec.arguments;
  text += " [OPTIONS]\n\n" + spec.summary + "\n\noptions:\n";
  std::size_t width = std::string_view("-h, --help").size();
  for (const OptionSpec& option : spec.options) width = std::max(width, usage_of(option).size());
  auto line = [&](const std::string& usage, const std::string& help) {
    text += "  " + usage + std::string(width - usage.size() + 2, ' ') + help + "\n";
  };
  for (const OptionSpec& option : spec.options) {
    const std::string fallback =
        option.fallback.empty() ? "" : " (default " + option.fallback + ")";
    line(usage_of(option), option.help + fallback);
  }
  line("-h, --help", "this text");
  if (!spec.notes.empty()) text += "\n" + spec.notes;
  return text;
}

}  // namespace tapedeck::cli
