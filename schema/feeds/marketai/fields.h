// Reads a message's members and remembers the first one that breaks the rules.
#pragma once

#include <string>
#include <string_view>

#include "schema/base/json.h"
#include "schema/base/time.h"
#include "schema/records.h"

namespace tapedeck::marketai {

// Why a message gives no rows. The wording depends on channel and member alone, so that `unparsed`
// rows can be counted by it: `trades: no price`, `trades: bad price`.
class Problem {
 public:
  explicit Problem(std::string_view channel) : channel_(channel) {}

  void no(std::string_view what) { say("no ", what); }
  void bad(std::string_view what) { say("bad ", what); }
  bool any() const { return !reason_.empty(); }
  const std::string& reason() const { return reason_; }

 private:
  void say(std::string_view how, std::string_view what);

  std::string_view channel_;
  std::string reason_;
};

enum class Need : unsigned char { optional, required };

// One object of a message. An absent or null member reads as NULL, or as a problem where it is
// required; a member of the wrong kind is a problem.
class Fields {
 public:
  Fields(Json object, Problem& problem) : object_(object), problem_(&problem) {}

  Json object() const { return object_; }

  Text text(std::string_view name, Need need = Need::optional);
  // A string's content or a number's digits, as sent.
  Text decimal(std::string_view name, Need need = Need::optional);
  Id id(std::string_view name);
  Bool flag(std::string_view name);
  // Milliseconds since 1970.
  Int time(std::string_view name, Need need = Need::optional);
  // An array: missing when absent or null.
  Json list(std::string_view name);

 private:
  // The member if it is there and not null; a missing one that is required is noted.
  Json find(std::string_view name, Need need);

  Json object_;
  Problem* problem_;
};

}  // namespace tapedeck::marketai
