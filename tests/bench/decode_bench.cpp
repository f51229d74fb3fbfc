// What a message costs on its way in and out, for each feed of the registry, on what its simulated
// service says: parsed alone, parsed and made rows of, and (as a yardstick) parsed into nlohmann's
// tree. `items_per_second` are messages.
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "schema/base/redact.h"
#include "schema/feeds/registry.h"
#include "schema/ws/codec.h"

namespace tapedeck {
namespace {

constexpr std::int64_t kMessages = 2'000;
constexpr Ns kStart = 1'795'253'400'000'000'000;

std::vector<Simulator::Message> messages_of(const Feed& feed) {
  const auto simulator = feed.make_simulator(7);
  std::vector<Simulator::Message> messages;
  for (std::int64_t i = 0; i < kMessages; ++i) {
    messages.push_back(simulator->message(i, kStart + i * kNsPerMs));
  }
  return messages;
}

// Takes rows and keeps nothing.
class NoRows final : public RowSink {
 public:
  void add_row(const Row& row) override { benchmark::DoNotOptimize(row.values.data()); }
  void set_cursor(std::string_view stream, std::string_view /*value*/) override {
    benchmark::DoNotOptimize(stream.data());
  }
};

template <class Work>
void each_message(benchmark::State& state, const Feed& feed, Work work) {
  const auto messages = messages_of(feed);
  std::size_t bytes = 0;
  for (const auto& message : messages) bytes += message.payload.size();
  std::size_t at = 0;
  for (auto _ : state) {
    work(messages[at]);
    if (++at == messages.size()) at = 0;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(messages.size());
}

void parse(benchmark::State& state, const Feed& feed) {
  JsonDoc doc;
  each_message(state, feed, [&](const Simulator::Message& message) {
    benchmark::DoNotOptimize(doc.parse(message.payload));
  });
}

void parse_into_tree(benchmark::State& state, const Feed& feed) {
  each_message(state, feed, [](const Simulator::Message& message) {
    benchmark::DoNotOptimize(nlohmann::json::parse(message.payload));
  });
}

void normalize(benchmark::State& state, const Feed& feed) {
  const auto normalizer = feed.make_normalizer(1);
  JsonDoc doc;
  NoRows rows;
  Ns now = kStart;
  each_message(state, feed, [&](const Simulator::Message& message) {
    doc.parse(message.payload);
    const InFrame frame{message.endpoint, 0, now += kNsPerMs, Opcode::text, message.payload, &doc};
    benchmark::DoNotOptimize(normalizer->classify(frame).role);
    normalizer->normalize(frame, rows);
  });
}

// Whether a frame holds a secret: asked of every one.
void look_for_secrets(benchmark::State& state, const Feed& feed) {
  Redactor secrets;
  secrets.add("sk_live_4f9a1c7e52d84b06");
  secrets.add("somebody@example.org");
  each_message(state, feed, [&](const Simulator::Message& message) {
    benchmark::DoNotOptimize(secrets.touches(message.payload));
  });
}

void frame_out(benchmark::State& state, const Feed& feed) {
  std::string block;
  each_message(state, feed, [&](const Simulator::Message& message) {
    if (block.size() > (64U << 10U)) block.clear();
    ws::append_frame(block, Opcode::text, message.payload, nullptr);
  });
}

void frame_in(benchmark::State& state, const Feed& feed) {
  ws::Decoder decoder(ws::Role::client, 1U << 20U);
  std::string frame;
  ws::Message received;
  each_message(state, feed, [&](const Simulator::Message& message) {
    frame.clear();
    ws::append_frame(frame, Opcode::text, message.payload, nullptr);
    frame.copy(decoder.prepare(frame.size()), frame.size());
    decoder.commit(frame.size());
    benchmark::DoNotOptimize(decoder.next(received));
  });
}

void register_all() {
  struct Part {
    const char* name;
    void (*run)(benchmark::State&, const Feed&);
  };
  constexpr Part kParts[] = {{"parse", parse},
                             {"parse_into_tree", parse_into_tree},
                             {"parse_and_normalize", normalize},
                             {"look_for_secrets", look_for_secrets},
                             {"frame_out", frame_out},
                             {"frame_in", frame_in}};
  for (const Part& part : kParts) {
    for (const Feed* feed : all_feeds()) {
      benchmark::RegisterBenchmark(
          (std::string(part.name) + "/" + std::string(feed->name())).c_str(),
          [run = part.run, feed](benchmark::State& state) { run(state, *feed); });
    }
  }
}

}  // namespace
}  // namespace tapedeck

int main(int argc, char** argv) {
  tapedeck::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
