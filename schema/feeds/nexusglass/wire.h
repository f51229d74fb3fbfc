// NexusGlass on the wire: endpoints, event types and the grammar of messages.
//
// Source: the service's page "WebSocket Protocol" (sections WebSocket Endpoints, FastFeed Event
// Types, Message Types, Message Examples). What that page leaves open is marked "assumed";
// docs/feeds/nexusglass.md lists all of it. Pure; views live as long as the parsed document.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "schema/base/json.h"
#include "schema/base/time.h"
#include "schema/feeds/fields.h"
#include "schema/normalize.h"
#include "schema/records.h"

namespace tapedeck::nexusglass {

inline constexpr std::string_view kFeedName = "nexusglass";

// Section "WebSocket Endpoints": the path below the base URL, which is also the stream's name.
inline constexpr std::string_view kMarketEndpoint = "ws";
inline constexpr std::string_view kBridgeEndpoint = "ws/nexus-bridge";
inline constexpr std::string_view kEventEndpoint = "ws/fastfeed";
inline constexpr std::array<std::string_view, 3> kEndpoints = {kMarketEndpoint, kBridgeEndpoint,
                                                               kEventEndpoint};

// Section "Gap recovery"; the answer's shape and the limit are assumed.
inline constexpr std::string_view kEventsPath = "/api/v1/fastfeed/events";
inline constexpr int kEventsLimitDefault = 100;
inline constexpr int kEventsLimitMax = 1'000;
inline constexpr int kSettleMs = 2'000;

// Section "Heartbeat".
inline constexpr Ns kPingEvery = 30 * kNsPerSec;
inline constexpr Ns kPongWithin = 10 * kNsPerSec;
inline constexpr int kMissedPongsMax = 3;

// Section "FastFeed Event Types (14)", in its order. The service may add types: they pass as sent.
struct EventType {
  std::string_view name;
  std::string_view priority;
};
inline constexpr std::array<EventType, 14> kEventTypes = {{
    {"LIQUIDATION_CLUSTER_ARMED", "P0"},
    {"LEVERAGE_SPIKE_DETECTED", "P0"},
    {"PENDING_EXCHANGE_INFLOW", "P0"},
    {"WHALE_POSITION_SHIFT", "P1"},
    {"SYNDICATE_DETECTED", "P1"},
    {"MM_HUNTING_GROUND_ARMED", "P1"},
    {"DANGER_ZONE_APPROACH", "P1"},
    {"CVD_DIVERGENCE_EXTREME", "P1"},
    {"REGIME_SHIFT", "P2"},
    {"CORRELATION_BREAK", "P2"},
    {"LARGE_LIQUIDATION", "P2"},
    {"FUNDING_EXTREME", "P2"},
    {"MAGNETISM_HIGH", "P2"},
    {"DOMINANCE_FLIP", "P2"},
}};

// Section "Message Types". A message is an object with a `type` and mostly a `payload`.
enum class Kind : std::uint8_t { handshake, snapshot, event, error, ping, pong, other };
Kind kind_of(std::string_view type);

// A message's `type`; empty when it has none, or one that is no text.
std::string_view type_of(Json message);

// What the message is about: its `payload`, or the message itself when it has none or a null one.
Json body_of(Json message);

// One event, wherever it stood: in an EVENT, a SNAPSHOT or a REST answer.
struct Event {
  Json body;  // the bare event object
  Text id;    // its digits, whether sent as a number or as a text
  Text type;
  Text symbol;
  std::optional<Ns> detected_ns;
};

// Reads an event, bare or wrapped as `{"type":"EVENT","payload":{…}}`. nullopt when it has no id.
std::optional<Event> read_event(Json value);

// What makes an event the same wherever it arrives: its id with its `detected_at`, because ids that
// restart with a newer time are other events. Without a time: id, type, symbol and data.
std::uint64_t identity_of(const Event& event);
std::uint64_t identity_of(Text id, Int detected_ns, Text type, Text symbol, Text data);

// Orders ids as numbers, however long; ids that are no numbers come after those, as texts.
bool id_less(std::string_view a, std::string_view b);

// The list of events in a SNAPSHOT's or a REST answer's container (assumed shapes): a bare array,
// `{"events":[…]}`, `{"data":[…]}`, `{"data":{"events":[…]}}`, or an object with one other list of
// objects. Missing when there is none.
Json event_list(Json container);

// An ERROR's code and message; absent where they were not sent.
ErrorInfo read_error(Json message);

// A service's time, of whatever documented or undocumented form.
std::optional<Ns> read_time(Json value);

}  // namespace tapedeck::nexusglass
