#include "tests/loopback/harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "schema/feeds/registry.h"
#include "storage/tape_reader.h"

namespace tapedeck::testing {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

std::string line_of(Opcode opcode, std::string_view payload) {
  return std::to_string(static_cast<int>(opcode)) + " " + std::string(payload);
}

// What records everything that a simulated feed has: a line each.
const std::map<std::string, std::string> kEverything = {
    {"alterscope", R"("api_key": "loopback-api-key", "opportunities": ["hyperliquid-btc-basis",
        "aave-usdc-lending", "morpho-usdc-vault", "ethena-susde-yield", "pendle-pt-eeth",
        "compound-usdt-lending", "curve-3pool-lp", "lido-steth-staking"])"},
    {"alphahub", R"("email": "loop@example.org", "password": "loopback-password")"},
    {"nexusglass", R"("api_key": "loopback-api-key")"},
    {"hypercall", R"("wallet": "0xabc", "channels": ["orderbook", "trades", "market_updates",
        "options_chain", "index_prices", "candles:BTC:1h", "order_updates", "fills", "portfolio",
        "liquidation", "competition"])"},
    {"marketai", R"("api_key": "loopback-api-key")"},
};

}  // namespace

SimulatedServices::SimulatedServices(SimOptions options) {
  options.on_frame = [this](std::uint64_t peer, std::string_view feed, std::string_view endpoint,
                            Direction direction, Opcode opcode, std::string_view payload) {
    const std::lock_guard lock(mutex_);
    Conversation& conversation = conversations_[peer];
    conversation.feed = std::string(feed);
    conversation.endpoint = std::string(endpoint);
    auto& lines = direction == Direction::out ? conversation.sent : conversation.received;
    lines.push_back(line_of(opcode, payload));
    sent_ += direction == Direction::out ? 1 : 0;
    changed_.notify_all();
  };
  server_ = must(make_sim(options));
  host_ = "127.0.0.1:" + std::to_string(server_->port());
  thread_ = std::thread([this] {
    const auto result = server_->run();
    EXPECT_TRUE(result.ok()) << result.error().message;
  });
}

SimulatedServices::~SimulatedServices() {
  stop();
}

void SimulatedServices::stop() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

void SimulatedServices::wait_until_sent(std::size_t connections, std::size_t each) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    std::size_t enough = 0;
    for (const auto& [peer, conversation] : conversations_)
      enough += conversation.sent.size() >= each ? 1 : 0;
    return enough >= connections;
  });
}

bool SimulatedServices::wait_for_messages(std::int64_t more) {
  std::unique_lock lock(mutex_);
  const std::int64_t wanted = sent_ + more;
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return sent_ >= wanted; });
}

std::vector<Conversation> SimulatedServices::conversations() const {
  const std::lock_guard lock(mutex_);
  std::vector<Conversation> out;
  for (const auto& [peer, conversation] : conversations_) out.push_back(conversation);
  return out;
}

Recording::Recording(const std::string& config, const std::string& directory) {
  const ProcessSource source;
  config_ = std::make_unique<RecorderConfig>(must(parse_config(config, source)));
  for (const FeedConfig& feed : config_->feeds)
    connections_ += feed.plan->endpoints().size() * feed.settings.connections;
  loop_ = must(IoLoop::make(clock_, {config_->ca_file, IoOptions().rest_body_bytes_max}));
  SessionInfo session;
  session.name = "loop";
  session.recorder_version = "test";
  session.host = "loopback";
  session.started_ns = clock_.now().wall;
  session.config = config_->redacted_json;
  auto tape = must(create_tape(directory, session, config_->durability));
  path_ = tape->path();
  ingest_ = std::make_unique<Ingest>(
      std::move(tape), *loop_, IngestOptions(),
      [](const std::string& why) { ADD_FAILURE() << "the tape failed: " << why; });
  supervisor_ = std::make_unique<Supervisor>(
      *loop_, *ingest_, *config_, session.started_ns,
      [this](Severity, std::string_view who, std::string_view what) {
        if (what.find("streams ready") == std::string_view::npos) return;
        const std::lock_guard lock(mutex_);
        ++times_ready_[std::string(who)];
        changed_.notify_all();
      },
      [this] { loop_->stop(); });
  thread_ = std::thread([this] {
    supervisor_->start();
    loop_->run();
  });
}

Recording::~Recording() {
  if (thread_.joinable()) stop();
}

std::string Recording::stop() {
  loop_->post([this] { supervisor_->stop(); });
  return wait();
}

std::string Recording::wait() {
  thread_.join();
  const Ns now = clock_.now().wall;
  supervisor_->finish(now);
  const auto closed = ingest_->close(now, "closed");
  EXPECT_TRUE(closed.ok()) << closed.error().message;
  return path_;
}

void Recording::wait_until_ready(int times) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return times_ready_.size() == connections_ &&
           std::all_of(times_ready_.begin(), times_ready_.end(),
                       [&](const auto& entry) { return entry.second >= times; });
  });
}

void Recording::wait_until_committed(std::int64_t n) {
  while (ingest_->stats().frames < n) std::this_thread::yield();
}

Replaying::Replaying(ReplayOptions options) {
  server_ = must(make_replay(options));
  thread_ = std::thread([this] {
    const auto result = server_->run();
    EXPECT_TRUE(result.ok()) << result.error().message;
  });
}

Replaying::~Replaying() {
  server_->stop();
  wait();
}

void Replaying::wait() {
  if (thread_.joinable()) thread_.join();
}

std::string config_for(const std::string& host, const std::optional<std::string>& ca_file) {
  const std::string ws = ca_file ? "wss://" : "ws://";
  const std::string http = ca_file ? "https://" : "http://";
  std::string out = ca_file ? R"({"tls": {"ca_file": ")" + *ca_file + R"("}, "feeds": {)"
                            : std::string(R"({"feeds": {)");
  for (const Feed* feed : all_feeds()) {
    const std::string name(feed->name());
    const auto everything = kEverything.find(name);
    if (everything == kEverything.end())
      throw std::runtime_error(name + " needs a line in kEverything (tests/loopback/harness.cpp)");
    out.append(out.back() == '{' ? "\"" : ", \"").append(name).append("\": {");
    out.append(everything->second);
    out += R"(, "ws_url": ")" + ws + host + "/" + name + R"(", "rest_url": ")" + http + host + "/" +
           name + R"(", "reconnect": {"initial_ms": 20, "max_ms": 50, "jitter_ms": 10}})";
  }
  return out + "}}";
}

Extent extent() {
  const ProcessSource source;
  Extent out;
  const RecorderConfig config = must(parse_config(config_for("127.0.0.1:1"), source));
  for (const FeedConfig& feed : config.feeds) {
    for (const std::string& endpoint : feed.plan->endpoints()) {
      ++out.connections;
      out.streams += feed.plan->make_client(endpoint, 0)->streams().size();
    }
  }
  return out;
}

FramesByEndpoint frames_of(
    const std::string& tape, Direction direction,
    const std::function<bool(const std::string& feed, const InFrame&)>& keep) {
  auto reader = must(open_tape(tape));
  std::map<std::int64_t, ConnectionInfo> connections;
  for (const ConnectionInfo& connection : must(reader->connections()))
    connections[connection.id] = connection;
  auto cursor = must(reader->frames(1));
  FramesByEndpoint out;
  FrameRecord frame;
  JsonDoc doc;
  while (must(cursor->next(frame))) {
    if (frame.direction != direction) continue;
    const ConnectionInfo& connection = connections.at(frame.connection_id);
    if (frame.opcode == Opcode::text) doc.parse(frame.payload);
    const InFrame in{connection.endpoint, connection.slot,
                     frame.recv_ns,       frame.opcode,
                     frame.payload,       frame.opcode == Opcode::text ? &doc : nullptr};
    if (!keep(connection.feed, in)) continue;
    out[connection.feed + "/" + connection.endpoint].push_back(
        line_of(frame.opcode, frame.payload));
  }
  return out;
}

std::function<bool(const std::string& feed, const InFrame&)> only_data() {
  std::map<std::string, std::shared_ptr<Normalizer>> normalizers;
  for (const Feed* feed : all_feeds())
    normalizers[std::string(feed->name())] = feed->make_normalizer(1);
  return [normalizers = std::move(normalizers)](const std::string& feed, const InFrame& frame) {
    return is_data(frame.opcode) && normalizers.at(feed)->classify(frame).role == FrameRole::data;
  };
}

FramesByEndpoint data_frames_of(const std::string& tape) {
  return frames_of(tape, Direction::in, only_data());
}

std::map<std::string, std::vector<std::string>> rows_of(const std::string& tape) {
  auto reader = must(open_tape(tape));
  std::map<std::int64_t, std::string> endpoints;
  for (const ConnectionInfo& connection : must(reader->connections()))
    endpoints[connection.id] = connection.endpoint;
  std::map<std::int64_t, std::string> endpoint_of_frame;
  auto frames = must(reader->frames(1));
  for (FrameRecord frame; must(frames->next(frame));)
    endpoint_of_frame[frame.id] = endpoints.at(frame.connection_id);

  std::map<std::string, std::vector<std::string>> out;
  for (const Table& table : all_tables()) {
    auto cursor = must(reader->rows(table.id));
    TapeRow row;
    while (must(cursor->next(row))) {
      std::string line = std::string(row.feed) + " " + std::string(to_string(row.origin)) + " @" +
                         (row.event_ns ? std::to_string(*row.event_ns) : "-");
      for (std::size_t i = 0; i < row.values.size(); ++i) {
        const Value& value = row.values[i];
        line += "|";
        if (value.type == Value::Type::integer) line += "#" + std::to_string(value.integer);
        if (value.type == Value::Type::text) line += "'" + std::string(value.text);
      }
      const std::string endpoint = row.frame_id ? endpoint_of_frame.at(*row.frame_id) : "no frame";
      out[std::string(table.name) + " of " + endpoint].push_back(std::move(line));
    }
  }
  return out;
}

}  // namespace tapedeck::testing
