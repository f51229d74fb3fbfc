#include "replay/report.h"

#include <charconv>

#include "schema/base/text.h"

namespace tapedeck {

namespace {

std::string_view json_bool(bool value) {
  return value ? "true" : "false";
}

std::string decimal(double value, int digits) {
  char text[64];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
  return error == std::errc() ? std::string(text, end) : "0";
}

}  // namespace

std::string in_ms(Ns ns) {
  const std::string fraction = std::to_string(ns % kNsPerMs + kNsPerMs).substr(1);
  return std::to_string(ns / kNsPerMs) + "." + fraction;
}

std::string client_json(const ClientInfo& client) {
  return "{\"id\":" + std::to_string(client.id) + ",\"address\":" + json_string(client.address) +
         ",\"feed\":" + json_string(client.feed) + ",\"endpoint\":" + json_string(client.endpoint) +
         ",\"subscribed\":" + std::string(json_bool(client.is_subscribed)) + ",\"clock\":\"" +
         (client.has_own_clock ? "own" : "deck") + "\"" +
         ",\"frames_sent\":" + std::to_string(client.frames_sent) +
         ",\"queued_bytes\":" + std::to_string(client.queued_bytes) +
         ",\"faults\":" + std::to_string(client.faults) +
         ",\"stalls\":" + std::to_string(client.stalls) +
         ",\"stalled_ms\":" + in_ms(client.stalled_ns) + "}";
}

std::string pace_members(const Player& player) {
  const Lateness& late = player.lateness();
  std::string gone;
  for (const ClientInfo& client : player.audience().stalled_before()) {
    if (!gone.empty()) gone += ',';
    gone += client_json(client);
  }
  return "\"lateness_ms\":{\"p50\":" + in_ms(late.quantile(0.5)) +
         ",\"p99\":" + in_ms(late.quantile(0.99)) + ",\"max\":" + in_ms(late.max()) +
         "},\"drift_ms\":" + in_ms(late.last()) +
         ",\"achieved_speed\":" + decimal(player.achieved_speed(), 3) +
         ",\"held\":" + std::string(json_bool(player.is_held())) +
         ",\"stalls\":{\"machine\":" + std::to_string(player.falls()) +
         ",\"machine_ms\":" + in_ms(player.fallen_ns()) + ",\"clients_gone\":[" + gone + "]}";
}

std::string summary_of(const Player& player) {
  const Lateness& late = player.lateness();
  const auto in_us = [](Ns ns) { return std::to_string(ns / kNsPerUs) + " us"; };
  const Audience& audience = player.audience();
  std::string text = "played " + std::to_string(player.frames_played()) + " frames, sent " +
                     std::to_string(audience.frames_sent_before()) + " to clients";
  if (late.count() > 0) {
    text += "; speed " + decimal(player.achieved_speed(), 2) + "; lateness p50 " +
            in_us(late.quantile(0.5)) + ", p99 " + in_us(late.quantile(0.99)) + ", max " +
            in_us(late.max()) + ", drift " + in_us(late.last());
  }
  if (player.falls() > 0) {
    text += "; this machine was too slow " + std::to_string(player.falls()) + " times, for " +
            in_ms(player.fallen_ns()) + " ms";
  }
  if (!audience.stalled_before().empty()) {
    const ClientInfo& worst = audience.stalled_before().front();
    text += "; held up by clients, longest by " + worst.address + " (" + worst.feed + " " +
            worst.endpoint + "): " + std::to_string(worst.stalls) + " times, for " +
            in_ms(worst.stalled_ns) + " ms";
  }
  return text;
}

}  // namespace tapedeck
