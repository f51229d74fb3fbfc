#include "tests/bench/end_to_end/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace tapedeck::bench {
namespace {

// Three figures that count, thousands and millions by letter.
std::string brief(double value) {
  const char* letter = "";
  if (std::abs(value) >= 1e6) {
    value /= 1e6;
    letter = " M";
  } else if (std::abs(value) >= 1e4) {
    value /= 1e3;
    letter = " k";
  }
  const double size = std::abs(value);
  const int digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4;
  char text[40];
  std::snprintf(text, sizeof text, "%.*f%s", digits, value, letter);
  return text;
}

std::string with_unit(double value, const std::string& unit) {
  return brief(value) + (unit.empty() ? "" : " " + unit);
}

std::string line_of(const Figure& figure) {
  std::string line = "| " + figure.what + " | " + with_unit(figure.ours, figure.unit) + " | ";
  if (figure.theirs) line += figure.other + ": " + with_unit(*figure.theirs, figure.unit);
  line += " | ";
  if (figure.theirs && *figure.theirs != 0) line += brief(figure.ours / *figure.theirs);
  line += " | " + figure.goal + " | ";
  if (figure.is_met) line += *figure.is_met ? "yes" : "**no**";
  return line + " |\n";
}

}  // namespace

void Report::add(Figure figure) {
  std::fputs(line_of(figure).c_str(), stderr);
  figures_.push_back(std::move(figure));
}

void Report::compare(const std::string& what, double ours, const std::string& unit,
                     const std::string& other, double theirs, double least) {
  add({what, ours, unit, other, theirs, "≥ " + brief(least) + " ×", ours >= least * theirs});
}

void Report::at_most(const std::string& what, double ours, const std::string& unit, double most) {
  add({what, ours, unit, "", std::nullopt, "≤ " + with_unit(most, unit), ours <= most});
}

void Report::at_least(const std::string& what, double ours, const std::string& unit, double least) {
  add({what, ours, unit, "", std::nullopt, "≥ " + with_unit(least, unit), ours >= least});
}

std::string Report::table() const {
  std::string text =
      "| what | here | other side | ratio | goal | met |\n|---|---|---|---|---|---|\n";
  for (const Figure& figure : figures_) text += line_of(figure);
  return text;
}

std::string Report::json() const {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Figure& figure : figures_) {
    nlohmann::ordered_json one = {
        {"what", figure.what}, {"here", figure.ours}, {"unit", figure.unit}};
    if (figure.theirs) {
      one["other_side"] = figure.other;
      one["there"] = *figure.theirs;
    }
    if (!figure.goal.empty()) one["goal"] = figure.goal;
    if (figure.is_met) one["met"] = *figure.is_met;
    out.push_back(std::move(one));
  }
  return out.dump(2) + "\n";
}

bool Report::all_met() const {
  return std::all_of(figures_.begin(), figures_.end(),
                     [](const Figure& figure) { return figure.is_met.value_or(true); });
}

}  // namespace tapedeck::bench
