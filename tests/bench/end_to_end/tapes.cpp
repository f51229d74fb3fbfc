#include "tests/bench/end_to_end/tapes.h"

#include "storage/tape_writer.h"
#include "tests/support/mixed_tape.h"

namespace tapedeck::bench {
namespace {

constexpr std::size_t kTradeBytes = 335;
constexpr std::int64_t kTransactionFrames = 5'000;

std::unique_ptr<TapeWriter> new_tape(const std::string& path) {
  SessionInfo session;
  session.name = "bench";
  session.started_ns = kTapeStartNs;
  session.config = "{}";
  return must(create_tape_at(path, session, Durability::process));
}

}  // namespace

std::string trade_message(std::int64_t number) {
  // Digits that change as prices do, so that compression finds no more than it would in the field.
  const auto mixed = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15ULL;
  std::string text =
      R"({"type":"Trade","symbol":"BTC-20260130-100000-C","side":"buy","price":"0.)" +
      std::to_string(100'000 + mixed % 900'000) + R"(","size":")" +
      std::to_string(1 + (mixed >> 32U) % 500) + R"(.5","timestamp":)" +
      std::to_string(1'737'331'200'000 + number) + R"(,"trade_ref":")";
  while (text.size() < kTradeBytes - 2) {
    text += static_cast<char>('a' + (mixed >> (text.size() % 58)) % 26);
  }
  return text + "\"}";
}

void make_trade_tape(const std::string& path, std::int64_t frames, Ns every_ns) {
  const auto writer = new_tape(path);
  must(writer->begin());
  ConnectionInfo connection;
  connection.id = 1;
  connection.feed = "hypercall";
  connection.endpoint = "ws";
  connection.url = "wss://host/ws";
  connection.opened_ns = connection.ready_ns = kTapeStartNs;
  must(writer->put_connection(connection));
  for (std::int64_t i = 1; i <= frames; ++i) {
    const std::string text = trade_message(i);
    must(writer->add_frame({i, 1, kTapeStartNs + i * every_ns, Direction::in, Opcode::text, text}));
    if (i % kTransactionFrames != 0) continue;
    must(writer->commit());
    must(writer->begin());
  }
  must(writer->commit());
  must(writer->finish(kTapeStartNs + frames * every_ns, "closed"));
}

std::int64_t make_mixed_tape(const std::string& path, std::int64_t messages_each) {
  const auto writer = new_tape(path);
  testing::MixedTape tape(*writer, kTapeStartNs, false);
  for (std::int64_t left = messages_each; left > 0; left -= 1'000) {
    must(writer->begin());
    must(tape.add(std::min<std::int64_t>(left, 1'000)));
    must(writer->commit());
  }
  must(writer->finish(tape.now_ns(), "closed"));
  return tape.frames();
}

}  // namespace tapedeck::bench
