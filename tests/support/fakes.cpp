#include "tests/support/fakes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace tapedeck::testing {

void RowLog::add_row(const Row& row) {
  std::string line(row.table->name);
  line += ' ';
  line += to_string(row.origin);
  if (row.event_ns) line += " @" + std::to_string(*row.event_ns);
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    const Value& value = row.values[i];
    if (value.type == Value::Type::null) continue;
    line += ' ';
    line += row.table->columns[i].name;
    line += '=';
    line += value.type == Value::Type::integer ? std::to_string(value.integer)
                                               : std::string(value.text);
  }
  rows.push_back(std::move(line));
}

void RowLog::set_cursor(std::string_view stream, std::string_view value) {
  cursors.push_back(std::string(stream) + "=" + std::string(value));
}

void RowLog::missed(std::string_view stream, Ns since_ns, std::string_view why) {
  misses.push_back(std::string(stream) + " since " + std::to_string(since_ns) + ": " +
                   std::string(why));
}

namespace {
std::string arm_line(int timer, Ns after) {
  return "arm " + std::to_string(timer) + " " +
         (after < 0 ? "off" : std::to_string(after / kNsPerMs));
}
}  // namespace

void ActionLog::connect(ConnectRequest request) {
  std::string line = "connect " + request.url;
  for (const auto& [name, value] : request.headers) line += " [" + name + ": " + value + "]";
  actions.push_back(std::move(line));
}
void ActionLog::send(std::string_view text) {
  actions.push_back("send " + std::string(text));
}
void ActionLog::arm(int timer, Ns after) {
  actions.push_back(arm_line(timer, after));
}
void ActionLog::request(RestRequest request) {
  actions.push_back("request " + request.purpose + " " + request.method + " " + request.url);
}
void ActionLog::learn_secret(std::string_view secret) {
  actions.push_back("secret " + std::string(secret));
}
void ActionLog::ready(std::string_view stream) {
  actions.push_back("ready " + std::string(stream));
}
void ActionLog::lost(std::string_view stream, GapCause /*cause*/, std::string_view why) {
  actions.push_back("lost " + std::string(stream) + ": " + std::string(why));
}
void ActionLog::refused(std::string_view stream, std::string_view why) {
  actions.push_back("refused " + std::string(stream) + ": " + std::string(why));
}
void ActionLog::fail(Failure failure, std::string_view why) {
  actions.push_back(
      std::string(failure == Failure::passing ? "fail passing: " : "fail permanent: ") +
      std::string(why));
}
std::vector<std::string> ActionLog::take() {
  return std::exchange(actions, {});
}

void SessionLog::send(std::string_view text) {
  actions.push_back("send " + std::string(text));
}
void SessionLog::forward(const ServedFrame& frame) {
  actions.push_back("forward " + std::string(frame.payload));
}
void SessionLog::ping(std::string_view payload) {
  actions.push_back("ping " + std::string(payload));
}
void SessionLog::close(std::uint16_t code, std::string_view reason) {
  actions.push_back("close " + std::to_string(code) + " " + std::string(reason));
}
void SessionLog::arm(int timer, Ns after) {
  actions.push_back(arm_line(timer, after));
}
void SessionLog::subscribed(bool yes) {
  actions.push_back(yes ? "subscribed yes" : "subscribed no");
}
void FillLog::ask(RestRequest request, Ns after) {
  std::string line = "ask " + request.purpose + " " + request.method + " " + request.url;
  for (const auto& [name, value] : request.headers)
    line.append(" ").append(name).append(": ").append(value);
  if (!request.body.empty()) line += " | " + request.body;
  if (after > 0) line += " in " + std::to_string(after / kNsPerMs);
  actions.push_back(line);
  asked = std::move(request);
}
void FillLog::end(GapStatus status, std::string_view why) {
  actions.push_back("end " + std::string(to_string(status)) + ": " + std::string(why));
}
void FillLog::later(std::string_view why) {
  actions.push_back("later: " + std::string(why));
}
void FillLog::learn_secret(std::string_view secret) {
  actions.push_back("secret " + std::string(secret));
}
std::vector<std::string> FillLog::take() {
  return std::exchange(actions, {});
}

DrivenFill::DrivenFill(const FeedPlan& plan, Normalizer& normalizer, Gap gap)
    : normalizer_(normalizer),
      gap_(std::move(gap)),
      fill_(plan.make_fill({gap_, normalizer.symbols(gap_.stream)})) {}

std::vector<std::string> DrivenFill::start() {
  fill_->start(log_);
  return log_.take();
}

std::vector<std::string> DrivenFill::answer(std::string_view body, int status) {
  if (log_.asked.purpose == "login" || status < 200 || status > 299) {
    RestResponse response;
    response.status = status;
    response.body = std::string(body);
    fill_->on_answer(response, log_);
    return log_.take();
  }
  JsonDoc doc;
  doc.parse(body);
  RestAnswer answer;
  answer.purpose = log_.asked.purpose;
  answer.stream = gap_.stream;
  answer.url = log_.asked.url;
  answer.recv_ns = gap_.to_ns.value_or(0) + answered_after_ns;
  answer.gap = &gap_;
  answer.doc = &doc;
  const std::size_t before = rows.rows.size();
  page_ = normalizer_.absorb(answer, rows);
  page_.added = static_cast<std::int64_t>(rows.rows.size() - before);
  if (!page_.problem.empty()) return {"problem: " + page_.problem};
  fill_->on_page(page_, log_);
  return log_.take();
}

std::vector<std::string> SessionLog::take() {
  return std::exchange(actions, {});
}

Inbound::Inbound(std::string_view endpoint, std::string_view payload, Ns recv_ns, int slot,
                 Opcode opcode)
    : endpoint_(endpoint), payload_(payload) {
  doc_.parse(payload_);
  frame_ = InFrame{endpoint_, slot, recv_ns, opcode, payload_, &doc_};
}

std::vector<std::string> normalize_one(Normalizer& normalizer, std::string_view endpoint,
                                       std::string_view payload, Ns recv_ns, int slot) {
  const Inbound inbound(endpoint, payload, recv_ns, slot);
  RowLog log;
  normalizer.normalize(inbound.frame(), log);
  return log.rows;
}

std::optional<std::string> FakeSource::environment(const std::string& name) const {
  const auto found = variables.find(name);
  if (found == variables.end()) return std::nullopt;
  return found->second;
}

Result<std::string> FakeSource::read_file(const std::string& path) const {
  const auto found = files.find(path);
  if (found == files.end()) return Error{path + ": no such file"};
  return found->second;
}

namespace {
Result<std::unique_ptr<FeedPlan>> configure(const Feed& feed, const std::string& json) {
  const nlohmann::json object = nlohmann::json::parse(json, nullptr, true, true);
  const FakeSource source;
  Redactor secrets;
  ConfigReader reader(object, "feeds." + std::string(feed.name()), source, secrets);
  LinkSettings settings;
  settings.ws_url = "ws://host";
  settings.rest_url = "http://host";
  auto plan = feed.configure(reader, settings);
  if (!plan) return plan;
  reader.reject_unknown();
  if (const auto result = reader.result(); !result) return result.error();
  return plan;
}
}  // namespace

std::unique_ptr<FeedPlan> plan_of(const Feed& feed, const std::string& json) {
  auto plan = configure(feed, json);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  return plan ? std::move(*plan) : nullptr;
}

std::string config_error_of(const Feed& feed, const std::string& json) {
  const auto plan = configure(feed, json);
  return plan ? "" : plan.error().message;
}

std::string testdata(std::string_view feed, std::string_view name) {
  const std::string path = std::string(TAPEDECK_SOURCE_DIR) + "/tests/feeds/" + std::string(feed) +
                           "/testdata/" + std::string(name);
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tapedeck::testing
