// What every feed declares of its formats, judged by the documents' payloads and the simulator.
#include "schema/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/conformance/feed_cases.h"

namespace tapedeck::testing {
namespace {

using Lines = std::vector<std::string>;
using nlohmann::ordered_json;

// `tests/feeds/FEED/drift.txt` has a line for each thing that is not as known in the payloads that
// are there because they are odd: `FILE: TYPE: PATH: WHAT`.
Lines expected_drift(std::string_view feed) {
  std::ifstream file(std::string(TAPEDECK_SOURCE_DIR "/tests/feeds/") + std::string(feed) +
                     "/drift.txt");
  Lines lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && !line.starts_with('#')) lines.push_back(line);
  }
  return lines;
}

// A declared path taken apart: `[4].open[].price` → `[4]`, `open`, `[]`, `price`.
Lines segments_of(std::string_view path) {
  Lines segments;
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] == '.') ++at;
    const std::size_t end = path[at] == '[' ? path.find(']', at) + 1
                                            : std::min(path.find_first_of(".[", at), path.size());
    segments.emplace_back(path.substr(at, end - at));
    at = end;
  }
  return segments;
}

std::vector<FieldShape> fields_of(const MessageShape& message) {
  std::vector<FieldShape> fields(message.envelope.begin(), message.envelope.end());
  fields.insert(fields.end(), message.fields.begin(), message.fields.end());
  return fields;
}

// The first value in `root` at the first `count` segments of a path, looking into the first element
// of lists; nullptr when there is none.
ordered_json* value_at(ordered_json& root, const Lines& segments, std::size_t count) {
  ordered_json* value = &root;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& segment = segments[i];
    if (segment.starts_with('[')) {
      const std::size_t index = segment == "[]" ? 0 : std::stoul(segment.substr(1));
      if (!value->is_array() || value->size() <= index) return nullptr;
      value = &(*value)[index];
    } else {
      if (!value->is_object() || !value->contains(segment)) return nullptr;
      value = &(*value)[segment];
    }
  }
  return value;
}

JsonKind kind_of(const ordered_json& value) {
  if (value.is_null()) return JsonKind::null;
  if (value.is_boolean()) return JsonKind::boolean;
  if (value.is_number()) return JsonKind::number;
  if (value.is_string()) return JsonKind::string;
  return value.is_array() ? JsonKind::array : JsonKind::object;
}

class DriftConformance : public ForEveryFeed {
 protected:
  static const FeedShapes& shapes() { return feed().shapes(); }
  std::string endpoint() const { return plan().endpoints().front(); }

  // What `detector` says to one message, as `TYPE: PATH: WHAT`.
  static Lines told(DriftDetector& detector, std::string_view endpoint, std::string_view text) {
    const auto normalizer = feed().make_normalizer(1);
    const Inbound inbound(endpoint, text);
    Lines lines;
    for (const Drift& drift :
         detector.look(inbound.frame(), normalizer->classify(inbound.frame()))) {
      lines.push_back(drift.type + ": " + drift.path + ": " + drift.what);
    }
    return lines;
  }
  Lines told(std::string_view text) const {
    DriftDetector detector(shapes());
    return told(detector, endpoint(), text);
  }
  const MessageShape* shape_of(std::string_view text) const {
    const auto normalizer = feed().make_normalizer(1);
    const Inbound inbound(endpoint(), text);
    if (!inbound.frame().root().exists()) return nullptr;
    return shapes().shape_of(inbound.frame(), normalizer->classify(inbound.frame()));
  }

  // Calls `use` with each message of the documents and of a simulated cycle that is as known, has a
  // shape, and keeps both when a program that knows nothing of doubled names writes it again.
  template <class Use>
  void for_known_messages(Use use) const {
    std::vector<Payload> messages = payloads_of(feed().name());
    const auto simulator = feed().make_simulator(1);
    for (const SimMessage& message : sim_messages(*simulator, 0, simulator->cycle())) {
      messages.push_back({"simulated " + std::to_string(message.k), message.payload});
    }
    for (const Payload& payload : messages) {
      const ordered_json message = ordered_json::parse(payload.text);
      const MessageShape* shape = shape_of(message.dump());
      if (shape == nullptr || shape != shape_of(payload.text)) continue;
      if (told(message.dump()).empty()) use(*shape, message, payload.file);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Feeds, DriftConformance, every_feed(), feed_name);

TEST_P(DriftConformance, DeclaresEachFieldOnceAndWhatHoldsItBefore) {
  EXPECT_FALSE(shapes().messages.empty());
  std::set<std::string_view> types;
  for (const MessageShape& message : shapes().messages) {
    EXPECT_TRUE(types.insert(message.type).second) << message.type << " stands there twice";
    std::set<std::string> paths = {""};
    for (const FieldShape& field : fields_of(message)) {
      const std::string path(field.path);
      EXPECT_TRUE(paths.insert(path).second) << message.type << ": " << path << " twice";
      const std::string last = segments_of(path).back();
      std::string holder = path.substr(0, path.size() - last.size());
      if (holder.ends_with('.')) holder.pop_back();
      EXPECT_TRUE(paths.contains(holder)) << message.type << ": " << holder << " of " << path;
      EXPECT_NE(to_string(field.kinds), "") << message.type << ": " << path;
    }
  }
}

TEST_P(DriftConformance, KnowsEveryPayloadOfTheDocumentsAndSaysWhatIsOddInTheOddOnes) {
  Lines found;
  for (const Payload& payload : payloads_of(feed().name())) {
    for (const std::string& line : told(payload.text)) found.push_back(payload.file + ": " + line);
  }
  EXPECT_EQ(found, expected_drift(feed().name()));
}

TEST_P(DriftConformance, DeclaresNoTypeThatNoPayloadShows) {
  std::set<std::string_view> shown;
  for (const Payload& payload : payloads_of(feed().name())) {
    if (const MessageShape* shape = shape_of(payload.text)) shown.insert(shape->type);
  }
  for (const MessageShape& message : shapes().messages) {
    EXPECT_TRUE(shown.contains(message.type)) << message.type;
  }
}

TEST_P(DriftConformance, FindsNothingInWhatTheSimulatorSends) {
  for (const std::uint64_t seed : {1, 7}) {
    const auto simulator = feed().make_simulator(seed);
    DriftDetector detector(shapes());
    const std::int64_t cycles = 3'000 / simulator->cycle() + 1;
    for (const SimMessage& message : sim_messages(*simulator, 0, cycles * simulator->cycle())) {
      EXPECT_EQ(told(detector, message.endpoint, message.payload), Lines{}) << message.payload;
    }
  }
}

// `TYPE: PATH` of what a test tried and of what it had to.
using Tried = std::set<std::string>;

std::string name_of(const MessageShape& shape, std::string_view path) {
  return std::string(shape.type) + ": " + std::string(path);
}

TEST_P(DriftConformance, SaysThatARequiredFieldIsMissingAndNothingElse) {
  Tried due;
  Tried tried;
  for_known_messages(
      [&](const MessageShape& shape, const ordered_json& message, const std::string& file) {
        for (const FieldShape& field : fields_of(shape)) {
          const Lines segments = segments_of(field.path);
          const std::string& last = segments.back();
          if (field.presence == kOptional || last.starts_with('[') || last == "*") continue;
          due.insert(name_of(shape, field.path));
          ordered_json changed = message;
          ordered_json* holder = value_at(changed, segments, segments.size() - 1);
          if (holder == nullptr || !holder->is_object() || holder->erase(last) == 0) continue;
          tried.insert(name_of(shape, field.path));
          EXPECT_EQ(told(changed.dump()), Lines{name_of(shape, field.path) + ": missing field"})
              << file;
        }
      });
  EXPECT_EQ(tried, due);
  EXPECT_FALSE(tried.empty());
}

TEST_P(DriftConformance, SaysThatAKindChangedAndNothingElse) {
  Tried due;
  Tried tried;
  const ordered_json others[] = {
      true, 17, "text", nullptr, ordered_json::array(), ordered_json::object()};
  for_known_messages(
      [&](const MessageShape& shape, const ordered_json& message, const std::string& file) {
        for (const FieldShape& field : fields_of(shape)) {
          const Lines segments = segments_of(field.path);
          if (field.presence == Presence::required && segments.back() != "*") {
            due.insert(name_of(shape, field.path));
          }
          for (const ordered_json& other : others) {
            ordered_json changed = message;
            ordered_json* value = value_at(changed, segments, segments.size());
            if (value == nullptr) continue;
            tried.insert(name_of(shape, field.path));
            *value = other;
            if (field.kinds.has(kind_of(other)) || shape_of(changed.dump()) != &shape) continue;
            const std::string what =
                to_string(field.kinds) + " -> " + std::string(to_string(kind_of(other)));
            EXPECT_EQ(told(changed.dump()), Lines{name_of(shape, field.path) + ": kind: " + what})
                << file;
          }
        }
      });
  EXPECT_TRUE(std::includes(tried.begin(), tried.end(), due.begin(), due.end()));
  EXPECT_FALSE(due.empty());
}

TEST_P(DriftConformance, SaysThatAFieldIsNewWhereverFieldsAreDeclared) {
  Tried due;
  Tried tried;
  for_known_messages(
      [&](const MessageShape& shape, const ordered_json& message, const std::string& file) {
        std::set<std::string> holders;
        std::set<std::string> open;
        for (const FieldShape& field : fields_of(shape)) {
          const std::string last = segments_of(field.path).back();
          if (last.starts_with('[')) continue;
          std::string holder(field.path.substr(0, field.path.size() - last.size()));
          if (holder.ends_with('.')) holder.pop_back();
          (last == "*" ? open : holders).insert(holder);
        }
        for (const std::string& holder : holders) {
          due.insert(name_of(shape, holder));
          ordered_json changed = message;
          const Lines segments = segments_of(holder);
          ordered_json* value = value_at(changed, segments, segments.size());
          if (value == nullptr || !value->is_object()) continue;
          tried.insert(name_of(shape, holder));
          (*value)["brand_new"] = {{"inside", 1}};
          const std::string path = holder + (holder.empty() ? "" : ".") + "brand_new";
          EXPECT_EQ(told(changed.dump()),
                    open.contains(holder) ? Lines{} : Lines{name_of(shape, path) + ": new field"})
              << file;
        }
      });
  EXPECT_EQ(tried, due);
  EXPECT_FALSE(tried.empty());
}

TEST_P(DriftConformance, SaysEverythingOnce) {
  DriftDetector detector(shapes());
  for (const Payload& payload : payloads_of(feed().name())) {
    if (shape_of(payload.text) == nullptr) continue;
    ordered_json message = ordered_json::parse(payload.text);
    ordered_json& where = message.is_array() ? message.back() : message;
    where["brand_new"] = 1;
    told(detector, endpoint(), message.dump());
    where["brand_new"] = "other";
    EXPECT_EQ(told(detector, endpoint(), message.dump()), Lines{}) << payload.file;
  }
}

}  // namespace
}  // namespace tapedeck::testing
