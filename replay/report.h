// How a replay went, for `/api/status` and for the line at its end.
#pragma once

#include <string>

#include "replay/player.h"

namespace tapedeck {

// Nanoseconds as milliseconds, with their fraction.
std::string in_ms(Ns ns);

// `"lateness_ms":{…},"drift_ms":…,"achieved_speed":…,"held":…,"stalls":{…}`, without braces.
std::string pace_members(const Player& player);

// One client, as in `clients`.
std::string client_json(const ClientInfo& client);

// `played 10 frames, sent 8 to clients; …`: once the clients have left.
std::string summary_of(const Player& player);

}  // namespace tapedeck
