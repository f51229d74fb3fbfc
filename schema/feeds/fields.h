// Reads a message's members and remembers the first one that breaks the rules.
#pragma once

#include <string>
#include <string_view>

#include "schema/base/json.h"
#include "schema/base/time.h"
#include "schema/records.h"

namespace tapedeck {

// Why a message gives no rows. The wording depends on what the message is about (its type, its
// channel) and the member alone, so that `unparsed` rows can be counted by it: `Trade: no price`.
class Problem {
 public:
  explicit Problem(std::string_view about) : about_(about) {}

  void no(std::string_view what) { say("no ", what); }
  void bad(std::string_view what) { say("bad ", what); }
  bool any() const { return !reason_.empty(); }
  const std::string& reason() const { return reason_; }

 private:
  void say(std::string_view how, std::string_view what);

  std::string_view about_;
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
  Id id(std::string_view name, Need need = Need::optional);
  Bool flag(std::string_view name);
  // A count of `unit`s since 1970.
  Int time(std::string_view name, Ns unit = kNsPerMs, Need need = Need::optional);
  // An object, an array: missing when absent or null.
  Json nested(std::string_view name, JsonKind kind);

 private:
  // The member if it is there and not null; a missing one that is required is noted.
  Json find(std::string_view name, Need need);

  Json object_;
  Problem* problem_;
};

// What a service's error message says; absent where it was not sent.
struct ErrorInfo {
  Text code;
  Text message;
};
// `CODE: message`, or what there is of it.
std::string describe(const ErrorInfo& error);

}  // namespace tapedeck
