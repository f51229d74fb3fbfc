#include "tools/cli/values.h"

#include <charconv>
#include <cmath>

#include "replay/fault_plan.h"
#include "schema/base/text.h"
#include "schema/feeds/registry.h"

namespace tapedeck::cli {
namespace {

Error wrong(const std::string& option, const std::string& text, const std::string& right) {
  return {"--" + option + ": '" + text + "' is " + right};
}

}  // namespace

Result<HostPort> parse_host_port(const std::string& option, const std::string& text) {
  const Error error =
      wrong(option, text, "no address; give HOST:PORT, like 127.0.0.1:8765 or [::1]:8765");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return error;
  HostPort result;
  result.host = text.substr(0, colon);
  if (result.host.front() == '[' && result.host.back() == ']' && result.host.size() > 2) {
    result.host = result.host.substr(1, result.host.size() - 2);
  } else if (result.host.find_first_of("[]:") != std::string::npos) {
    return error;
  }
  const Result<std::int64_t> port = parse_whole(option, text.substr(colon + 1), 0, 65535);
  if (!port) return error;
  result.port = static_cast<std::uint16_t>(*port);
  return result;
}

Result<Ns> parse_length(const std::string& option, const std::string& text, bool zero) {
  const std::optional<Ns> length = parse_duration(text);
  if (!length || *length < 0 || (*length == 0 && !zero)) {
    return wrong(option, text, "no length of time; give one like 90s, 2m30s or 500ms");
  }
  return *length;
}

Result<std::int64_t> parse_whole(const std::string& option, const std::string& text,
                                 std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || at != end || value < min || value > max) {
    return wrong(option, text,
                 "not a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return value;
}

Result<std::size_t> parse_bytes(const std::string& option, const std::string& text,
                                std::size_t min) {
  constexpr std::size_t kMax = std::size_t{1} << 40U;
  std::size_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, value);
  const std::string_view unit(at, static_cast<std::size_t>(end - at));
  const unsigned shift = unit == "KiB" ? 10U : unit == "MiB" ? 20U : unit == "GiB" ? 30U : 0U;
  const bool is_known = shift > 0 || unit.empty();
  if (code != std::errc() || !is_known || value > (kMax >> shift) || (value << shift) < min) {
    return wrong(option, text,
                 "no number of bytes from " + std::to_string(min) +
                     "; give one like 16777216, 512KiB or 16MiB");
  }
  return value << shift;
}

OptionSpec queue_option_spec() {
  return {"queue-bytes", "SIZE", "what a client may leave unread before it is too slow", "16MiB"};
}

Result<std::size_t> parse_queue_bytes(const Options& options) {
  return parse_bytes("queue-bytes", options.get("queue-bytes"), 1024);
}

Result<double> parse_factor(const std::string& option, const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (code != std::errc() || at != end || !std::isfinite(value) || value <= 0 || value > 1e6) {
    return wrong(option, text, "not a positive number up to 1000000, like 0.5 or 4");
  }
  return value;
}

Result<void> check_time(const std::string& option, const std::string& text) {
  if (parse_time_or_offset(text, 0)) return {};
  return wrong(
      option, text,
      "no time; give one like 2026-11-21T09:30:00Z, or an offset from the start like +90s");
}

Result<void> check_times(const Options& given) {
  for (const char* option : {"from", "to"}) {
    if (!given.has(option)) continue;
    if (Result<void> time = check_time(option, given.get(option)); !time) return time;
  }
  return {};
}

std::optional<Ns> time_option(const Options& given, const std::string& option, Ns start_ns) {
  if (!given.has(option)) return std::nullopt;
  const Result<Ns> t = parse_time_or_offset(given.get(option), start_ns);
  return t ? std::optional<Ns>(*t) : std::nullopt;
}

Result<std::vector<std::string>> parse_feeds(const std::string& option,
                                             const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Feed* feed : all_feeds()) known.emplace_back(feed->name());
  for (const std::string& name : names) {
    if (find_feed(name) != nullptr) continue;
    const std::string near = nearest(name, known);
    if (!near.empty()) return wrong(option, name, "no feed; did you mean " + near + "?");
    return wrong(option, name, "no feed; known are " + join(known, ", "));
  }
  return names;
}

OptionSpec fault_option_spec() {
  return {"faults", "SPEC", "go wrong on purpose: RULE[;RULE…], see below", ""};
}

std::string fault_notes() {
  return R"(faults: --faults 'drop:p=0.01,feed=FEED;close:at=+5s,code=1012,reason=restart'
  RULE        KIND:KEY=VALUE[,KEY=VALUE…], or seed=N for all of them
  drop        the data frame is not sent
  duplicate   it is sent twice
  reorder     it is sent after the next one; by=N: after the next N
  corrupt     one byte is another one; how=cut: the end is missing; how=utf8: no valid text
  delay       it, and data frames behind it, come for=TIME later
  close       the connection ends before it: code=N, reason=TEXT; without a code it is cut
  stall       nothing is sent for=TIME, pings included
  when        one of frame=N (the N-th data frame for a client), at=T (a time, or an offset from
              the start), p=P (every data frame with that probability)
  where       feed=F, endpoint=E; else everywhere. Values are percent-decoded
)";
}

Result<void> check_faults(const Options& options) {
  if (!options.has("faults")) return {};
  const Result<FaultPlan> plan = parse_faults(options.get("faults"), 0);
  if (!plan) return Error{"--faults: " + plan.error().message};
  return {};
}

std::vector<OptionSpec> server_option_specs(const std::string& listen) {
  return {
      {"listen", "HOST:PORT", "where to serve; port 0 takes any free one", listen},
      {"token", "T", "ask every client for this token; needed off loopback", ""},
      {"allow-origin", "O", "admit web pages of this origin too; may be given several times", ""},
      {"tls-cert", "FILE", "serve wss and https with this certificate (PEM), with --tls-key", ""},
      {"tls-key", "FILE", "the certificate's private key (PEM)", ""},
  };
}

Result<ServerOptions> parse_server_options(const Options& options) {
  ServerOptions server;
  const std::string listen = options.get("listen");
  const Result<HostPort> address = parse_host_port("listen", listen);
  if (!address) return address.error();
  server.host = address->host;
  server.port = address->port;
  server.token = options.get("token");
  server.allow_origins = options.list("allow-origin");
  server.tls_certificate_file = options.get("tls-cert");
  server.tls_key_file = options.get("tls-key");
  if (options.has("tls-cert") != options.has("tls-key")) {
    return Error{options.has("tls-cert") ? "--tls-key: is missing; --tls-cert needs it"
                                         : "--tls-cert: is missing; --tls-key needs it"};
  }
  if (server.token.empty() && !is_loopback(server.host)) {
    return wrong("listen", listen, "not a loopback address; give a --token that clients must know");
  }
  return server;
}

}  // namespace tapedeck::cli
