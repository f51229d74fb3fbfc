// The recorder's side of AlphaHub: a login over REST, then one topic an algorithm on one socket.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/client.h"
#include "schema/feeds/alphahub/config.h"
#include "schema/feeds/alphahub/tokens.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

// Logs in unless there still is a token that is young enough, connects with it, joins every topic
// at once and sends heartbeats. A topic that is refused, crashes or closes is lost alone and joined
// again after 1, 2, 5, 10 s while the connection lives; a refusal for want of permission ends it
// until the next connection. Everything starts anew with each attempt.
class AlphaHubClient final : public Client {
 public:
  // Both must outlive the client.
  AlphaHubClient(const Settings& settings, Tokens& tokens);

  std::vector<std::string> streams() const override;
  void on_start(ClientActions& actions) override;
  void on_open(ClientActions& actions) override;
  Refusal on_refused(int status, std::string_view body) override;
  void on_frame(const InFrame& frame, const FrameTag& tag, ClientActions& actions) override;
  void on_timer(int timer, ClientActions& actions) override;
  void on_response(const RestResponse& response, ClientActions& actions) override;
  Refusal on_closed(std::uint16_t code, std::string_view reason) override;

 private:
  enum class State : std::uint8_t {
    joining,  // the join's answer is due
    joined,
    waiting,  // lost; joins again when its timer fires
    refused,  // lost for this connection
  };
  struct Topic {
    std::string name;
    State state = State::waiting;
    bool is_lost = false;      // said to be lost, and not ready since
    bool is_settled = false;   // joined throughout a heartbeat's interval
    std::size_t failures = 0;  // in a row
    std::string join_ref;      // of the last join; empty: none that an answer could be for
    // Joins not answered yet, and those of them that went out before the last heartbeat. While
    // there are any, a close without a reference may be the old one's that a second join replaced.
    int unanswered = 0;
    int unanswered_before_heartbeat = 0;
  };

  void log_in(ClientActions& actions);
  void connect(ClientActions& actions);

  void join(std::size_t index, ClientActions& actions);
  void beat(ClientActions& actions);
  void on_heartbeat_reply(const Message& message);
  void on_reply(std::size_t index, const Message& message, ClientActions& actions);
  void on_join_refused(std::size_t index, const Message& message, ClientActions& actions);
  void on_loss(std::size_t index, const Message& message, ClientActions& actions);
  void lose(std::size_t index, const std::string& why, ClientActions& actions);
  void say_lost(Topic& topic, const std::string& why, ClientActions& actions);
  // The next reference as JSON text, `"7"` or `null`.
  std::string next_ref();

  const Settings* settings_;
  Tokens* tokens_;
  std::string token_;                // of this attempt
  std::optional<Ns> login_mono_ns_;  // when the last login was asked for

  std::vector<Topic> topics_;
  std::int64_t refs_made_ = 0;
  std::string heartbeat_ref_;
  bool is_heartbeat_due_ = false;  // the answer to the last heartbeat
  bool has_failed_ = false;        // this attempt is given up: what still arrives changes nothing
};

}  // namespace tapedeck::alphahub
