// AlphaHub on the wire: Phoenix channel messages and the legs of a signal.
//
// Source: the service's example client and its README ("the document"); what that leaves open
// follows Phoenix Channels, serializer v2, or is assumed: docs/feeds/alphahub.md says which. Pure;
// views live as long as the parsed document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/json.h"
#include "schema/base/time.h"
#include "schema/records.h"

namespace tapedeck::alphahub {

inline constexpr std::string_view kFeedName = "alphahub";

// The path below the base URL, which is also the endpoint's name.
inline constexpr std::string_view kEndpoint = "socket/websocket";
inline constexpr std::string_view kSessionPath = "/api/v1/session";
inline constexpr std::string_view kSignalsPath = "/api/v1/algorithms/{id}/signals";
inline constexpr std::string_view kIdPlace = "{id}";

inline constexpr std::string_view kPhoenixTopic = "phoenix";
inline constexpr std::string_view kTopicPrefix = "algorithms:";

namespace event {
inline constexpr std::string_view kJoin = "phx_join";
inline constexpr std::string_view kLeave = "phx_leave";
inline constexpr std::string_view kReply = "phx_reply";
inline constexpr std::string_view kError = "phx_error";
inline constexpr std::string_view kClose = "phx_close";
inline constexpr std::string_view kHeartbeat = "heartbeat";
inline constexpr std::string_view kSignals = "new_signals";
}  // namespace event

// A UTC offset as RFC 3339 writes it: what a time without a zone is read with.
inline constexpr std::string_view kUtc = "Z";

// `[join_ref, ref, topic, event, payload]`; elements after these are ignored, as Phoenix does.
struct Message {
  Json join_ref;
  Json ref;
  std::string_view topic;
  std::string_view event;
  Json payload;

  bool is_ok() const { return payload["status"].text() == "ok"; }
};

// nullopt when it is no such list, or topic or event are no texts.
std::optional<Message> parse_message(Json root);

// Refs and payload as JSON texts.
std::string encode(std::string_view join_ref, std::string_view ref, std::string_view topic,
                   std::string_view event, std::string_view payload);

// `14` of `algorithms:14`; empty when the topic is no algorithm's.
std::string_view algorithm_of(std::string_view topic);
bool is_algorithm_id(std::string_view id);  // decimal digits

// An algorithm's id: INTEGER where that keeps every digit.
Id id_of(std::string_view algorithm);

// The member whose name is `key`, blanks around the name set aside (the document has `" symbol"`).
// An exact name is preferred; missing when there is none.
Json member_of(Json object, std::string_view key);

// `2021-04-26 T14:30:00` and `2021-04-26T14:30:01`, read with `zone` when they name none; a number
// is a Unix time whose size tells its unit.
std::optional<Ns> read_time(Json value, std::string_view zone);

// The day, `2019-02-10`, that it is at `t` in `zone`.
std::string date_of(Ns t, std::string_view zone);

// Why a channel or the service refused: `reason`, `error` or `message`, else the text as it stands;
// at most 120 bytes.
std::string reason_in(Json answer);

}  // namespace tapedeck::alphahub
