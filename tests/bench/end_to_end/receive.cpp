// The recorder's receive path alone: from a socket to whole messages, none of them kept.
#include <memory>
#include <string>

#include "recorder/net/io_loop.h"
#include "schema/ws/codec.h"
#include "tests/bench/end_to_end/measures.h"
#include "tests/bench/end_to_end/skim_client.h"
#include "tests/bench/end_to_end/tapes.h"
#include "tests/support/scripted_server.h"

namespace tapedeck::bench {
namespace {

using testing::ScriptedServer;
using testing::ScriptedSocket;

// Sends at least `messages` trades in large writes, then a close frame.
class Blaster {
 public:
  explicit Blaster(std::int64_t messages)
      : server_([messages](ScriptedSocket& socket) {
          socket.accept_upgrade(socket.read_header());
          std::string block;
          std::int64_t in_block = 0;
          for (; block.size() < (64U << 10U); ++in_block) {
            ws::append_frame(block, Opcode::text, trade_message(in_block), nullptr);
          }
          for (std::int64_t sent = 0; sent < messages; sent += in_block) socket.write(block);
          std::string goodbye;
          ws::append_frame(goodbye, Opcode::close, ws::close_payload(1000, ""), nullptr);
          socket.write(goodbye);
          socket.end();
        }) {}
  std::uint16_t port() const { return static_cast<std::uint16_t>(server_.port()); }
  std::string url() const { return server_.url("ws"); }

 private:
  ScriptedServer server_;
};

class Counting final : public TransportEvents {
 public:
  Counting(IoLoop& loop, const Clock& clock) : loop_(loop), clock_(clock) {}

  void on_phase(std::string_view /*phase*/) override {}
  void on_open() override { opened_ns_ = clock_.now().mono; }
  void on_refused(const RestResponse& /*response*/) override {}
  void on_message(Opcode opcode, std::string_view payload, bool /*valid_utf8*/) override {
    if (!is_data(opcode)) return;
    ++messages_;
    bytes_ += payload.size();
  }
  void on_read_end() override {}
  void on_protocol_error(const TransportEnd& end) override { die(end.error); }
  void on_end(const TransportEnd& /*end*/) override {
    ended_ns_ = clock_.now().mono;
    loop_.stop();
  }
  double per_second() const {
    return static_cast<double>(messages_) * 1e9 / static_cast<double>(ended_ns_ - opened_ns_);
  }

 private:
  IoLoop& loop_;
  const Clock& clock_;
  Ns opened_ns_ = 0;
  Ns ended_ns_ = 0;
  std::int64_t messages_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void measure_receive(Report& report, const Scale& scale) {
  const SystemClock clock;
  const auto loop = must(IoLoop::make(clock, IoOptions()));
  Counting counting(*loop, clock);
  {
    const Blaster blaster(scale.trades);
    const auto transport = loop->make_transport(counting);
    ConnectRequest request;
    request.url = blaster.url();
    transport->connect(request, 16U << 20U);
    loop->run();
  }
  const Blaster blaster(scale.trades);
  SkimClient client(blaster.port(), "/");
  const double skimmed = client.read_to_end(0).per_second();
  report.at_least("receive path of the recorder", counting.per_second(), "messages/s", 0.8e6);
  report.add({"receive path of the recorder", counting.per_second(), "messages/s",
              "reading headers alone", skimmed, "", std::nullopt});
}

}  // namespace tapedeck::bench
