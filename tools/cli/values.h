// Values that users type, read with errors that name the option and what would be right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/net/server.h"
#include "schema/base/result.h"
#include "schema/base/time.h"
#include "tools/cli/options.h"

namespace tapedeck::cli {

struct HostPort {
  std::string host;  // without the brackets of `[::1]`
  std::uint16_t port = 0;
};
Result<HostPort> parse_host_port(const std::string& option, const std::string& text);

// A length of time; `zero`: whether none at all will do.
Result<Ns> parse_length(const std::string& option, const std::string& text, bool zero);
// A whole number from `min` to `max`.
Result<std::int64_t> parse_whole(const std::string& option, const std::string& text,
                                 std::int64_t min, std::int64_t max);
// A number of bytes, `16777216`, `16MiB`, `64KiB`; at least `min`.
Result<std::size_t> parse_bytes(const std::string& option, const std::string& text,
                                std::size_t min);
// A positive decimal number up to a million.
Result<double> parse_factor(const std::string& option, const std::string& text);
// A point in time or an offset, as far as it can be judged without a tape.
Result<void> check_time(const std::string& option, const std::string& text);
// The same for --from and --to, where they are given.
Result<void> check_times(const Options& given);
// A time that check_time() has seen, on a tape that starts at `start_ns`; nullopt when not given.
std::optional<Ns> time_option(const Options& given, const std::string& option, Ns start_ns);

// The names given with --feeds or --feed, each of which must be in the registry.
Result<std::vector<std::string>> parse_feeds(const std::string& option,
                                             const std::vector<std::string>& names);

// What `replay` and `sim` have in common: how much a client may leave unread, faults on purpose,
// where they listen and whom they admit.
OptionSpec queue_option_spec();
Result<std::size_t> parse_queue_bytes(const Options& options);
OptionSpec fault_option_spec();
std::string fault_notes();
Result<void> check_faults(const Options& options);
std::vector<OptionSpec> server_option_specs(const std::string& listen);
Result<ServerOptions> parse_server_options(const Options& options);

}  // namespace tapedeck::cli
