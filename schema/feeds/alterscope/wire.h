// Alterscope on the wire: paths, categories and the grammar of messages.
//
// Source: the service's page on the WebSocket factor stream (sections 1 to 5). What that page
// leaves open is marked "assumed"; docs/feeds/alterscope.md lists all of it. Pure; views live as
// long as the parsed document.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/json.h"
#include "schema/base/time.h"
#include "schema/feeds/fields.h"
#include "schema/records.h"

namespace tapedeck::alterscope {

inline constexpr std::string_view kFeedName = "alterscope";

// Section 1: one path; the subscription is its query. A stream is an opportunity's id.
inline constexpr std::string_view kEndpoint = "v2/ws/factors";

// Assumed: no REST path for factors is documented. `{id}` stands for the opportunity.
inline constexpr std::string_view kIdMark = "{id}";
inline constexpr std::string_view kFactorsPath = "/v2/yield/opportunities/{id}/factors";
// The service's paging convention.
inline constexpr int kPageLimitDefault = 50;
inline constexpr int kPageLimitMax = 200;

// Section 3.
inline constexpr Ns kPingEvery = 30 * kNsPerSec;

// Section 5. The service may add categories: they are sent as configured.
inline constexpr std::array<std::string_view, 4> kCategories = {"liquidity", "oracle", "governance",
                                                                "economic"};

enum class Kind : std::uint8_t { changed, error, other };
inline constexpr std::string_view kChangedType = "factor.changed";
// By the first `type`; what has none is an error when it holds an `error`.
Kind kind_of(Json message);

// A message's `type`; empty when it has none, or one that is no text.
std::string_view type_of(Json message);

// One change of one factor (section 2).
struct Change {
  Factor row;
  Text as_of;  // as sent
  std::optional<Ns> as_of_ns;
};
// Why a `factor.changed` message breaks the rules, as a reason for `unparsed`; empty when `out`
// holds its change. `opportunity_id`, `factor` and `current` must be there; values are numbers,
// texts or null.
std::string read_change(Json message, Change& out);

// One factor's present value in a REST answer about `opportunity` (assumed: `factor`, `current` or
// `value`, `previous`, `as_of`, `as_of_block`), by the same rules.
std::string read_state(Json item, std::string_view opportunity, Change& out);

// Equal for what redundant connections deliver of one change, whatever `meta` says.
std::uint64_t identity_of(const Change& change);

// The code and message of an `error` object, of a message that is itself one, or of an HTTP answer.
ErrorInfo read_error(Json message);

// `template_path` with the opportunity in the place of `{id}`, percent-encoded.
std::string factors_path(std::string_view template_path, std::string_view opportunity);

}  // namespace tapedeck::alterscope
