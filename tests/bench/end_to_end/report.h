// What the end-to-end bench found: each figure beside the other side it was measured against, and
// the goal it is held to.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tapedeck::bench {

struct Figure {
  std::string what;
  double ours = 0;
  std::string unit;
  std::string other;             // what the other side is; empty: there is none
  std::optional<double> theirs;  // in the same unit, of the same run
  std::string goal;              // in words
  std::optional<bool> is_met;    // absent: a figure for orientation
};

class Report {
 public:
  // Prints the figure as it comes, since a run takes minutes.
  void add(Figure figure);

  // A figure that must reach `least` times the other side's.
  void compare(const std::string& what, double ours, const std::string& unit,
               const std::string& other, double theirs, double least);
  // A figure that must be `most` or less, or `least` or more.
  void at_most(const std::string& what, double ours, const std::string& unit, double most);
  void at_least(const std::string& what, double ours, const std::string& unit, double least);

  std::string table() const;
  std::string json() const;
  bool all_met() const;

 private:
  std::vector<Figure> figures_;
};

}  // namespace tapedeck::bench
