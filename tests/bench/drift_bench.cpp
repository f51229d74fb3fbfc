// What looking for drift adds to a message that is as known, next to the parse that comes before
// it. A message of about 300 bytes and a large book.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "schema/drift.h"
#include "schema/feeds/registry.h"

namespace tapedeck {
namespace {

// 301 bytes, as documented.
constexpr std::string_view kKline =
    R"({"type":"update","channel":"klines","ts":1708776300000,"data":{"exchange":"binance",)"
    R"("symbol":"BTC/USDT","interval":"1m","open":"67440.00","high":"67455.00","low":"67435.00",)"
    R"("close":"67450.00","volume":"12.5","open_time":1708776240000,"close_time":1708776300000,)"
    R"("is_closed":true}})";

constexpr std::string_view kFill =
    R"({"type":"Fill","order_id":12345,"fill_id":67890,"symbol":"BTC-20260131-100000-C","side":"buy",)"
    R"("price":"0.0523","size":"5.0","timestamp":1737331200000,"wallet_address":)"
    R"("0x1234567890123456789012345678901234567890","fee":"0.0005","trade_id":99999,"is_taker":true})";

std::string large_book() {
  std::string side = "[";
  for (int i = 0; i < 200; ++i) side += std::string(i > 0 ? "," : "") + R"(["95000.5","10.5"])";
  return R"({"type":"OrderbookUpdate","symbol":"BTC-20260131-100000-C","bids":)" + side +
         R"(],"asks":)" + side + R"(],"timestamp":1737331200000})";
}

void look(benchmark::State& state, std::string_view feed_name, std::string_view text) {
  const Feed* feed = find_feed(feed_name);
  const auto normalizer = feed->make_normalizer(1);
  JsonDoc doc;
  doc.parse(text);
  InFrame frame;
  frame.payload = text;
  frame.doc = &doc;
  const FrameTag tag = normalizer->classify(frame);
  DriftDetector detector(feed->shapes());
  if (!detector.look(frame, tag).empty()) {
    std::fprintf(stderr, "%s: the message is not as known\n", std::string(feed_name).c_str());
    std::exit(1);
  }
  for (auto _ : state) benchmark::DoNotOptimize(detector.look(frame, tag));
  state.counters["bytes"] = static_cast<double>(text.size());
}

void parse(benchmark::State& state, std::string_view text) {
  JsonDoc doc;
  for (auto _ : state) benchmark::DoNotOptimize(doc.parse(text));
}

void BM_LookAtAKline(benchmark::State& state) {
  look(state, "marketai", kKline);
}
void BM_ParseAKline(benchmark::State& state) {
  parse(state, kKline);
}
void BM_LookAtAFill(benchmark::State& state) {
  look(state, "hypercall", kFill);
}
void BM_ParseAFill(benchmark::State& state) {
  parse(state, kFill);
}
void BM_LookAtALargeBook(benchmark::State& state) {
  look(state, "hypercall", large_book());
}
void BM_ParseALargeBook(benchmark::State& state) {
  parse(state, large_book());
}
BENCHMARK(BM_LookAtAKline);
BENCHMARK(BM_ParseAKline);
BENCHMARK(BM_LookAtAFill);
BENCHMARK(BM_ParseAFill);
BENCHMARK(BM_LookAtALargeBook);
BENCHMARK(BM_ParseALargeBook);

}  // namespace
}  // namespace tapedeck

BENCHMARK_MAIN();
