// Five hundred clients on one deck: everybody gets everything, and those that do not read do not
// cost the memory of their queues.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>

#include "replay/replay.h"
#include "tests/replay/net_support.h"
#include "tests/replay/probe.h"
#include "tests/replay/tape_maker.h"

namespace tapedeck {
namespace {

using testing::probe;
using testing::RawClient;
using testing::Running;
using testing::TapeMaker;
using testing::TempDir;

constexpr int kClients = 500;
constexpr int kFrames = 5'000;  // of 340 bytes: more than a queue may hold

std::string trade(int id) {
  return R"({"type":"Trade","symbol":"BTC-20260131-100000-C","price":"0.05","size":"1.0","side":"buy","timestamp":)" +
         std::to_string(1'737'331'200'000 + id) + R"(,"note":")" + std::string(230, 'n') + "\"}";
}

std::size_t resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::size_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

// What one client gets after the upgrade but for pings, which come when it takes long: how many
// messages, and a hash of them.
struct Digest {
  std::size_t messages = 0;
  std::uint64_t hash = 1469598103934665603ULL;

  void add(Opcode opcode, std::string_view payload) {
    if (opcode == Opcode::ping) return;
    ++messages;
    add(static_cast<char>(opcode));
    for (const char c : payload) add(c);
  }
  friend bool operator==(const Digest&, const Digest&) = default;

 private:
  void add(char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL; }
};

// What one client has read so far.
class Reader {
 public:
  // False once it has the goodbye, or something that is no frame.
  bool take(const std::string& bytes) {
    bytes.copy(decoder_.prepare(bytes.size()), bytes.size());
    decoder_.commit(bytes.size());
    ws::Message message;
    while (decoder_.next(message) == ws::Decoder::Status::message) {
      digest.add(message.opcode, message.payload);
      if (message.opcode == Opcode::close) return false;
    }
    return decoder_.close_code() == 0;
  }

  Digest digest;

 private:
  ws::Decoder decoder_{ws::Role::client, std::size_t{1} << 20U};
};

class ManyClients : public ::testing::Test {
 protected:
  void SetUp() override {
    rlimit files{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
    ASSERT_GE(files.rlim_max, 2U * kClients + 100);
    files.rlim_cur = std::max<rlim_t>(files.rlim_cur, 2 * kClients + 100);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
    TapeMaker tape(folder.file("a.tape"));
    const auto market = tape.connection("hypercall", "ws");
    for (int id = 1; id <= kFrames; ++id) tape.frame(market, id / 100, trade(id));
    tape.finish();
  }
  // The acknowledgement, every trade, the goodbye.
  static Digest expected() {
    Digest digest;
    digest.add(Opcode::text, R"({"type":"Subscribed","channel":"trades"})");
    for (int id = 1; id <= kFrames; ++id) digest.add(Opcode::text, trade(id));
    digest.add(Opcode::close, ws::close_payload(1000, "end of tape"));
    return digest;
  }

  TempDir folder;
};

TEST_F(ManyClients, GetEverythingAndShareTheBytesThatTheyHaveNotRead) {
  ReplayOptions options;
  options.tapes = {folder.file("a.tape")};
  options.max_speed = true;
  options.wait_clients = kClients;
  options.grace_ns = 0;
  options.client_queue_bytes_max = std::size_t{2} << 20U;
  options.stall_timeout_ns = 3'600 * kNsPerSec;  // nobody is dropped, however slow this machine
  auto made = make_replay(options);
  ASSERT_TRUE(made.ok()) << made.error().message;
  Running<ReplayServer> replay(std::move(*made));
  const std::size_t before = resident_bytes();

  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<RawClient>(replay.server().port()));
    ASSERT_EQ(clients.back()->open("/hypercall/ws?wallet=0xabc").status(), 101);
    clients.back()->send_frame(Opcode::text, R"({"type":"Subscribe","channel":"trades"})");
  }
  // Nobody reads: the deck is held.
  const std::string url = "http GET " + replay.http("/api/status");
  nlohmann::json status;
  do {
    status = nlohmann::json::parse(probe(url).at(0).substr(4));
  } while (!status["held"].get<bool>());
  std::size_t queued = 0;
  for (const auto& client : status["clients"]) queued += client["queued_bytes"].get<std::size_t>();
  EXPECT_GT(queued, std::size_t{kClients} * 700'000U);
  const std::size_t grown = resident_bytes() - before;
  RecordProperty("queued_bytes", std::to_string(queued));
  RecordProperty("resident_bytes_grown", std::to_string(grown));
  EXPECT_LT(grown, queued / 2) << "of " << queued << " queued bytes";

  const Digest whole = expected();
  std::vector<Reader> readers(kClients);
  std::vector<bool> done(kClients, false);
  for (int left = kClients; left > 0;) {
    for (std::size_t i = 0; i < kClients; ++i) {
      if (done[i] || !clients[i]->is_readable(0)) continue;
      if (!clients[i]->read_more()) ADD_FAILURE() << i << ": " << clients[i]->end();
      if (readers[i].take(clients[i]->take_buffer()) && clients[i]->end().empty()) continue;
      EXPECT_EQ(readers[i].digest, whole) << i;
      done[i] = true;
      --left;
    }
  }
}

}  // namespace
}  // namespace tapedeck
