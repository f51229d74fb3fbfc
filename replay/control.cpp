#include "replay/control.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "replay/feed_client.h"
#include "replay/report.h"
#include "schema/base/text.h"

namespace tapedeck {

namespace {

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view json_bool(bool value) {
  return value ? "true" : "false";
}

constexpr std::array<std::string_view, 2> kQuestions = {"/api/status", "/api/tapes"};
constexpr std::array<std::string_view, 5> kButtons = {"/api/play", "/api/pause", "/api/seek",
                                                      "/api/speed", "/api/step"};

}  // namespace

std::string state_members(const DeckState& state) {
  return "\"playing\":" + std::string(json_bool(state.is_playing)) +
         ",\"speed\":" + to_json(state.speed) + ",\"pos_ns\":" + std::to_string(state.pos_ns);
}

Result<void> seek_to(Player& player, std::string_view to) {
  to = trim(to);
  if (to.empty()) return Error{"seek: give to=TIME, RFC 3339 or an offset like +30s"};
  if (const auto pos = parse_integer(to)) {
    const Ns reach = player.deck().to() - player.start_ns();
    if (*pos < 0 || *pos > reach)
      return Error{"seek: position " + std::string(to) + " is not within 0 to " +
                   std::to_string(reach)};
    return player.seek(player.start_ns() + *pos);
  }
  const auto pos = parse_time_or_offset(to, player.start_ns());
  if (!pos) return Error{"seek: " + pos.error().message};
  return player.seek(*pos);
}

Result<void> set_speed_to(Player& player, std::string_view value) {
  if (trim(value).empty()) return Error{"speed: give value=N, a positive number or max"};
  const auto speed = parse_speed(value);
  if (!speed) return speed.error();
  return player.set_speed(*speed);
}

Result<void> step_by(Player& player, std::string_view count) {
  const auto steps = parse_integer(trim(count));
  if (!steps) return Error{"step: count " + json_string(count) + " is not a whole number"};
  return player.step(*steps);
}

HttpReply Control::answer(const HttpRequest& request) {
  const std::string& path = request.target.path;
  const bool is_question =
      std::find(kQuestions.begin(), kQuestions.end(), path) != kQuestions.end();
  const bool is_button = std::find(kButtons.begin(), kButtons.end(), path) != kButtons.end();
  if (!is_question && !is_button) return error_reply(404, path + ": no such path");
  const std::string_view method = is_question ? "GET" : "POST";
  if (request.method != method) {
    HttpReply reply = error_reply(405, path + " wants " + std::string(method));
    reply.headers.emplace_back("Allow", method);
    return reply;
  }
  HttpReply reply;
  if (is_question) {
    reply.body = path == "/api/status" ? status() : tapes();
    return reply;
  }
  if (const auto done = carry_out(request.target); !done)
    return error_reply(400, done.error().message);
  reply.body = "{" + state_members(player_.state()) + "}";
  return reply;
}

Result<void> Control::carry_out(const Target& target) {
  if (target.path == "/api/play") return player_.play();
  if (target.path == "/api/pause") return player_.pause();
  if (target.path == "/api/seek") return seek_to(player_, target.get("to"));
  if (target.path == "/api/speed") return set_speed_to(player_, target.get("value"));
  return step_by(player_, target.has("count") ? target.get("count") : "1");
}

std::string Control::status() const {
  std::int64_t frames_sent = player_.audience().frames_sent_before();
  std::vector<ClientInfo> infos = player_.audience().infos();
  if (own_clocks_ != nullptr) {
    frames_sent += own_clocks_->frames_sent_before();
    for (ClientInfo& info : own_clocks_->infos()) infos.push_back(std::move(info));
  }
  std::string clients;
  for (const ClientInfo& client : infos) {
    if (!clients.empty()) clients += ',';
    clients += client_json(client);
    frames_sent += client.frames_sent;
  }
  const DeckState state = player_.state();
  return "{" + state_members(state) + ",\"waiting\":" + std::string(json_bool(state.is_waiting)) +
         ",\"ended\":" + std::string(json_bool(state.has_ended)) +
         ",\"start_ns\":" + std::to_string(player_.start_ns()) +
         ",\"end_ns\":" + std::to_string(player_.deck().to()) +
         ",\"from_ns\":" + std::to_string(player_.deck().from()) +
         ",\"frames_played\":" + std::to_string(player_.frames_played()) +
         ",\"frames_sent\":" + std::to_string(frames_sent) + "," + pace_members(player_) +
         (faults_ != nullptr ? ",\"faults\":" + faults_->json() : "") + ",\"clients\":[" + clients +
         "]}";
}

std::string Control::tapes() const {
  std::string list;
  for (const TapeSet::Tape& tape : tapes_.tapes()) {
    if (!list.empty()) list += ',';
    list += "{\"path\":" + json_string(tape.reader->path()) +
            ",\"name\":" + json_string(tape.session.name) +
            ",\"outcome\":" + json_string(tape.session.outcome) +
            ",\"started_ns\":" + std::to_string(tape.session.started_ns) + ",\"ended_ns\":" +
            (tape.session.ended_ns ? std::to_string(*tape.session.ended_ns) : "null") +
            ",\"last_frame_ns\":" + std::to_string(tape.end_ns) + ",\"feeds\":[";
    std::vector<std::string> feeds;
    for (const ConnectionInfo& connection : tape.connections) {
      const std::string name = json_string(connection.feed);
      if (std::find(feeds.begin(), feeds.end(), name) == feeds.end()) feeds.push_back(name);
    }
    list += join(feeds, ",") + "]}";
  }
  return "{\"tapes\":[" + list + "]}";
}

}  // namespace tapedeck
