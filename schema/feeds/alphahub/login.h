// Logging in over REST: what is asked, and what the answer says. Whoever finds no token (tokens.h)
// does it for all.
#pragma once

#include <string>
#include <vector>

#include "schema/client.h"
#include "schema/feeds/alphahub/config.h"

namespace tapedeck::alphahub {

RestRequest login_request(const Settings& settings);

struct LoginAnswer {
  // What has to be kept off the tape, whatever else the answer says: the values of all members
  // whose name holds `token`, also of an answer that is cut off or no JSON.
  std::vector<std::string> secrets;
  std::string token;  // empty: there is none, and the rest says why
  Failure failure = Failure::passing;
  std::string why;  // names the remedy
};
LoginAnswer read_login(const RestResponse& response);

}  // namespace tapedeck::alphahub
