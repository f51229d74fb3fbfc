// What every feed's client and service must keep, played against each other.
//
// Client and service of one author can share a misreading: the documents' own payloads, in
// tests/feeds, are the judge of that.
#include <gtest/gtest.h>

#include <set>

#include "tests/conformance/wire_loop.h"

namespace tapedeck::testing {
namespace {

constexpr Ns kMinute = 60 * kNsPerSec;
using Lines = std::vector<std::string>;

class SessionConformance : public ForEveryFeed {
 protected:
  // A connection to `endpoint` that has had the time to become ready.
  std::unique_ptr<WireLoop> ready_loop(const std::string& endpoint) {
    auto loop = std::make_unique<WireLoop>(feed(), plan(), endpoint);
    loop->start();
    loop->run(feed().defaults().timeouts.ready_ms * kNsPerMs / 2);
    return loop;
  }
  // A frame's roles that the server plays itself.
  static constexpr FrameRole kPlayed[] = {FrameRole::handshake, FrameRole::ack,
                                          FrameRole::heartbeat, FrameRole::error};
};
INSTANTIATE_TEST_SUITE_P(Feeds, SessionConformance, every_feed(), feed_name);

TEST_P(SessionConformance, LeadsAClientToReadyAndKeepsItThere) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    const auto streams = loop->client().streams();
    EXPECT_EQ(loop->failures, Lines{}) << endpoint;
    EXPECT_EQ(loop->ready, std::set<std::string>(streams.begin(), streams.end())) << endpoint;
    EXPECT_TRUE(loop->is_subscribed) << endpoint;

    // Heartbeats on both sides, without any data.
    loop->run(10 * kMinute);
    EXPECT_EQ(loop->failures, Lines{}) << endpoint;
    EXPECT_LT(loop->longest_silence, feed().defaults().timeouts.idle_ms * kNsPerMs) << endpoint;
  }
}

TEST_P(SessionConformance, BeginsEveryAttemptAnew) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    const auto ready = loop->ready;
    for (int attempt = 0; attempt < 3; ++attempt) {
      loop->disconnect();
      loop->start();
      loop->run(5 * kNsPerSec);
      EXPECT_EQ(loop->failures, Lines{}) << endpoint;
      EXPECT_EQ(loop->ready, ready) << endpoint;
    }
  }
}

TEST_P(SessionConformance, SpeaksOnlyWhatItsOwnDecoderKnows) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    loop->run(2 * kMinute);
    const auto normalizer = feed().make_normalizer(1);
    for (const std::string& text : loop->said) {
      for (const std::string& row : normalize_one(*normalizer, endpoint, text)) {
        EXPECT_FALSE(row.starts_with("unparsed ") || row.starts_with("feed_error ")) << row << '\n'
                                                                                     << text;
      }
    }
  }
}

TEST_P(SessionConformance, ForwardsDataByteForByteInOrderToWhoAskedForIt) {
  std::size_t forwarded = 0;
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    const auto streams = loop->client().streams();
    const std::set<std::string> asked(streams.begin(), streams.end());
    const auto normalizer = feed().make_normalizer(1);
    const auto& simulator = *loop->data().simulator;
    for (const SimMessage& message : sim_messages(simulator, 1'000, 3 * simulator.cycle())) {
      if (message.endpoint != endpoint) continue;
      loop->forwarded.clear();
      loop->said.clear();
      loop->data().upto = message.k + 1;
      loop->serve(message.k + 1, message.payload);
      EXPECT_EQ(loop->said, Lines{}) << message.payload;
      // No minimal configuration filters within a stream.
      const Inbound inbound(endpoint, message.payload);
      const FrameTag tag = normalizer->classify(inbound.frame());
      const bool is_asked = tag.stream.empty() || asked.contains(std::string(tag.stream));
      EXPECT_EQ(loop->forwarded, is_asked ? Lines{message.payload} : Lines{});
      forwarded += loop->forwarded.size();
    }
    EXPECT_EQ(loop->failures, Lines{}) << endpoint;
  }
  EXPECT_GT(forwarded, 0U);
}

TEST_P(SessionConformance, ForwardsWhatNobodyKnowsToEverybody) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    loop->forwarded.clear();
    loop->serve(5'000, "\x01\x02", Opcode::binary);
    loop->serve(5'001, R"({"no":"message of this feed"})");
    loop->serve(5'002, "no JSON");
    const std::string strange = R"({"type":"strange","opportunity_id":"x","symbol":"X"})";
    loop->serve(5'003, strange);
    EXPECT_EQ(loop->forwarded,
              (Lines{"\x01\x02", R"({"no":"message of this feed"})", "no JSON", strange}));
    EXPECT_EQ(loop->failures, Lines{}) << endpoint;
  }
}

TEST_P(SessionConformance, NeverRepeatsWhatItSaysItself) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    loop->forwarded.clear();
    loop->said.clear();
    const auto streams = loop->client().streams();
    for (const FrameRole role : kPlayed) {
      for (const std::string& stream : {std::string(), streams.front()}) {
        FrameTag tag;
        tag.role = role;
        tag.stream = stream;
        loop->serve_as(5'000, R"({"recorded":"before"})", Opcode::text, tag);
      }
    }
    EXPECT_EQ(loop->forwarded, Lines{}) << endpoint;
    EXPECT_EQ(loop->said, Lines{}) << endpoint;
  }
}

// A request whose secrets are empty, as when a variable was not set.
HttpRequest without_secrets(const WireLoop& loop) {
  HttpRequest request = loop.upgrade;
  const auto blank = [&](std::string& text) {
    for (const std::string& secret : loop.secrets) {
      const std::size_t at = text.find(secret);
      if (at != std::string::npos) text.erase(at, secret.size());
    }
  };
  for (auto& parameter : request.target.query) blank(parameter.second);
  for (auto& header : request.headers) blank(header.second);
  return request;
}

TEST_P(SessionConformance, RefusesAnUpgradeWithEmptyCredentials) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    EXPECT_FALSE(feed().service().refuse(loop->upgrade).has_value()) << endpoint;
    const HttpRequest blank = without_secrets(*loop);
    // Whose credentials are no part of the upgrade is told apart by message.
    if (blank.target.query == loop->upgrade.target.query &&
        blank.headers == loop->upgrade.headers) {
      continue;
    }
    const auto reply = feed().service().refuse(blank);
    ASSERT_TRUE(reply.has_value()) << endpoint;
    EXPECT_TRUE(reply->status == 401 || reply->status == 403) << reply->status;
    EXPECT_FALSE(reply->body.empty()) << endpoint;
  }
}

TEST_P(SessionConformance, LetsTheRedactorCoverEverySecretThatItSends) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto loop = ready_loop(endpoint);
    Redactor redactor = configured_.secrets;
    for (const std::string& secret : loop->secrets) redactor.add(secret);
    std::vector<std::string> texts = loop->asked;
    texts.push_back(loop->connect->url);
    for (const auto& [name, value] : loop->connect->headers) texts.push_back(value);
    for (const std::string& text : texts) {
      const std::string shown = configured_.secrets.apply(text);
      EXPECT_EQ(shown.find(kSecret), std::string::npos) << shown;
      for (const std::string& secret : loop->secrets) {
        EXPECT_EQ(redactor.apply(text).find(secret), std::string::npos) << shown;
      }
    }
  }
}

TEST_P(SessionConformance, NamesTheRemedyWhereverItGivesUpForGood) {
  const std::string key = "feeds." + std::string(feed().name()) + ".";
  for (const std::string& endpoint : plan().endpoints()) {
    for (int status = 300; status < 600; ++status) {
      const auto loop = ready_loop(endpoint);
      loop->client().on_start(loop->client_actions());
      const auto refusal = loop->client().on_refused(status, "<html>no</html>");
      EXPECT_NE(refusal.why, "") << status;
      if (refusal.failure != Failure::permanent) continue;
      EXPECT_NE(refusal.why.find(key), std::string::npos) << refusal.why;
      EXPECT_LT(status, 500) << "a server's trouble passes";
      EXPECT_NE(status, 429) << "a limit passes";
    }
    std::vector<std::uint16_t> codes = {close_code::kNone};
    for (std::uint16_t code = 1000; code < 1016; ++code) codes.push_back(code);
    for (std::uint16_t code = 4000; code < 4500; ++code) codes.push_back(code);
    const auto loop = ready_loop(endpoint);
    for (const std::uint16_t code : codes) {
      const auto refusal = loop->client().on_closed(code, "bye");
      EXPECT_NE(refusal.why, "") << code;
      if (refusal.failure != Failure::permanent) continue;
      EXPECT_NE(refusal.why.find(key), std::string::npos) << refusal.why;
      EXPECT_GE(code, 4000) << "the protocol's own closes pass";
    }
  }
}

TEST_P(SessionConformance, SurvivesEveryTruncationOnBothSides) {
  for (const std::string& endpoint : plan().endpoints()) {
    const auto talk = ready_loop(endpoint);
    talk->run(kMinute);
    const auto loop = ready_loop(endpoint);
    const auto normalizer = feed().make_normalizer(1);
    ActionLog client_log;
    SessionLog session_log;
    for (const std::string& text : talk->asked) {
      for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::string part = text.substr(0, size);
        JsonDoc doc;
        doc.parse(part);
        ASSERT_NO_THROW(loop->session()->on_message(part, doc, session_log)) << part;
      }
    }
    Lines inbound_texts = talk->said;
    const auto& simulator = *talk->data().simulator;
    for (const SimMessage& message : sim_messages(simulator, 0, simulator.cycle())) {
      if (message.endpoint == endpoint) inbound_texts.push_back(message.payload);
    }
    for (const std::string& text : inbound_texts) {
      for (std::size_t size = 0; size <= text.size(); size += size < 400 ? 1 : 13) {
        const Inbound inbound(endpoint, text.substr(0, size));
        const FrameTag tag = normalizer->classify(inbound.frame());
        ASSERT_NO_THROW(loop->client().on_frame(inbound.frame(), tag, client_log)) << size << text;
        ServedFrame frame{6'000, endpoint, Opcode::text, inbound.frame().payload, tag};
        ASSERT_NO_THROW(loop->session()->on_data(frame, session_log)) << size << text;
      }
    }
  }
}

TEST_P(SessionConformance, KnowsNoPathThatIsNotItsOwn) {
  SimulatedData data(feed());
  for (const char* target : {"/no/such/path", "/..", "/%00", "//", "/no?token=K&key=K"}) {
    HttpRequest request;
    request.target = parse_target(target);
    EXPECT_EQ(feed().service().endpoint_of(request.target.path), std::nullopt) << target;
    EXPECT_FALSE(feed().service().rest(request, data).has_value()) << target;
  }
}

}  // namespace
}  // namespace tapedeck::testing
