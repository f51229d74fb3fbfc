// Recorders of what the pure parts ask for, written down as text so that tests compare whole
// tables.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/config_reader.h"
#include "schema/client.h"
#include "schema/feed.h"
#include "schema/normalize.h"
#include "schema/records.h"
#include "schema/service.h"

namespace tapedeck::testing {

// Each row as `table origin @event_ns name=value …`, NULL columns left out, texts in plain form:
//   trade live @1737331200000000000 symbol=BTC price=0.0523
class RowLog final : public RowSink {
 public:
  void add_row(const Row& row) override;
  void set_cursor(std::string_view stream, std::string_view value) override;
  void missed(std::string_view stream, Ns since_ns, std::string_view why) override;

  std::vector<std::string> rows;
  std::vector<std::string> cursors;  // `stream=value`
  std::vector<std::string> misses;   // `stream since NS: why`
};

// Each action as `connect URL [Name: value]…`, `send TEXT`, `arm ID MS`, `request PURPOSE METHOD
// URL`, `secret TEXT`, `ready STREAM`, `lost STREAM: why`, `refused STREAM: why`, `fail passing:
// why`, `fail permanent: why`.
class ActionLog final : public ClientActions {
 public:
  void connect(ConnectRequest request) override;
  void send(std::string_view text) override;
  void arm(int timer, Ns after) override;
  void request(RestRequest request) override;
  void learn_secret(std::string_view secret) override;
  void ready(std::string_view stream) override;
  void lost(std::string_view stream, GapCause cause, std::string_view why) override;
  void refused(std::string_view stream, std::string_view why) override;
  void fail(Failure failure, std::string_view why) override;

  std::vector<std::string> take();  // what was asked for since the last take
  std::vector<std::string> actions;
};

// A fill's actions as `ask PURPOSE METHOD URL [Name: value]… [| BODY] [in MS]`, `end STATUS: why`,
// `later: why`, `secret TEXT`.
class FillLog final : public FillActions {
 public:
  void ask(RestRequest request, Ns after) override;
  void end(GapStatus status, std::string_view why) override;
  void later(std::string_view why) override;
  void learn_secret(std::string_view secret) override;
  std::optional<Ns> mono_ns() const override { return now; }

  std::vector<std::string> take();  // what was said since the last take
  std::optional<Ns> now;            // absent: there is no clock
  RestRequest asked;                // the last request
  std::vector<std::string> actions;
};

// Plays one gap's fill against answers by hand: decodes each body with the normalizer, as the
// recorder would, and keeps rows and actions.
class DrivenFill {
 public:
  // `gap` needs its stream and span.
  DrivenFill(const FeedPlan& plan, Normalizer& normalizer, Gap gap);

  bool exists() const { return fill_ != nullptr; }
  GapMethod method() const { return fill_->method(); }
  // What it asks first.
  std::vector<std::string> start();
  void set_now(Ns mono_ns) { log_.now = mono_ns; }
  // The next actions, after this answer to the last request.
  std::vector<std::string> answer(std::string_view body, int status = 200);
  const RestPage& page() const { return page_; }  // of the last answer

  RowLog rows;
  Ns answered_after_ns = 10 * kNsPerSec;  // answers come as long as this after the gap's end

 private:
  Normalizer& normalizer_;
  Gap gap_;
  std::unique_ptr<GapFill> fill_;
  FillLog log_;
  RestPage page_;
};

// Each action as `send TEXT`, `forward PAYLOAD`, `ping PAYLOAD`, `close CODE REASON`, `arm ID MS`,
// `subscribed yes|no`.
class SessionLog final : public SessionActions {
 public:
  void send(std::string_view text) override;
  void forward(const ServedFrame& frame) override;
  void ping(std::string_view payload) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void arm(int timer, Ns after) override;
  void subscribed(bool yes) override;

  std::vector<std::string> take();
  std::vector<std::string> actions;
};

// A text message as the link would hand it over: parses `payload` and lets the normalizer classify
// it.
class Inbound {
 public:
  Inbound(std::string_view endpoint, std::string_view payload, Ns recv_ns = 1'000, int slot = 0,
          Opcode opcode = Opcode::text);
  const InFrame& frame() const { return frame_; }

 private:
  std::string endpoint_;
  std::string payload_;
  JsonDoc doc_;
  InFrame frame_;
};

// The rows that one text message gives.
std::vector<std::string> normalize_one(Normalizer& normalizer, std::string_view endpoint,
                                       std::string_view payload, Ns recv_ns = 1'000, int slot = 0);

// An environment and files made of thin air.
class FakeSource final : public ConfigSource {
 public:
  std::optional<std::string> environment(const std::string& name) const override;
  Result<std::string> read_file(const std::string& path) const override;

  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;
};

// The feed's plan for a configuration object given as JSON text, with `ws://host` and `http://host`
// as base URLs unless it sets its own. Fails the test on an error.
std::unique_ptr<FeedPlan> plan_of(const Feed& feed, const std::string& json);
// The error that the same gives; "" when it is accepted.
std::string config_error_of(const Feed& feed, const std::string& json);

// `tests/feeds/FEED/testdata/NAME`, whole.
std::string testdata(std::string_view feed, std::string_view name);

}  // namespace tapedeck::testing
