#include "schema/drift.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "schema/base/text.h"

namespace tapedeck {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // of a name that a peer made up, in a path
constexpr std::size_t kRequiredMax = 64;   // members of one object that can be required

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '$' || c == '@' || c == ':' || c == '/';
}

// A name within a path: as it is where that is unambiguous, else as `["a.b"]`.
std::string segment_of(std::string_view name) {
  if (!name.empty() && name.size() <= kNameBytesMax &&
      std::all_of(name.begin(), name.end(), is_plain)) {
    return std::string(name);
  }
  std::string text(shortened(name, kNameBytesMax));
  if (text.size() < name.size()) text += "…";
  return "[" + json_string(text) + "]";
}

void append_segment(std::string& path, std::string_view segment) {
  if (!path.empty() && !segment.starts_with('[')) path += '.';
  path += segment;
}

// Takes the first segment off a declared path: `a`, `[]` or `[3]`.
std::string_view next_segment(std::string_view& path) {
  if (path.starts_with('.')) path.remove_prefix(1);
  const std::size_t end =
      path.starts_with('[') ? path.find(']') + 1 : std::min(path.find_first_of(".["), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

}  // namespace

// What is known of one value: as declared, and what was said since.
struct DriftDetector::Node {
  std::string name;  // the member's; `[]` of an element, `[3]` of a position
  Kinds declared;
  Kinds accepted;
  bool is_open = false;        // further members may come
  bool is_tuple = false;       // `members` are the positions of a list
  std::uint64_t required = 0;  // bit i: members[i], while its absence would be news
  std::vector<Node> members;
  std::vector<Node> element;  // what every element of a list is; none or one

  explicit Node(std::string_view called = {}, Kinds kinds = {})
      : name(called), declared(kinds), accepted(kinds) {}

  Node& child(std::string_view segment) {
    if (segment == "[]") {
      if (element.empty()) element.emplace_back(segment);
      return element.front();
    }
    is_tuple = segment.starts_with('[');
    for (Node& member : members) {
      if (member.name == segment) return member;
    }
    assert(!is_tuple || segment == "[" + std::to_string(members.size()) + "]");
    return members.emplace_back(segment);
  }

  void declare(const FieldShape& field) {
    Node* holder = this;
    std::string_view rest = field.path;
    std::string_view segment = next_segment(rest);
    for (; !rest.empty(); segment = next_segment(rest)) holder = &holder->child(segment);
    if (segment == "*") {
      holder->is_open = true;
      return;
    }
    Node& node = holder->child(segment);
    node.declared = node.accepted = field.kinds;
    if (field.presence == kOptional || segment == "[]") return;
    const auto index = static_cast<std::size_t>(&node - holder->members.data());
    assert(index < kRequiredMax);
    holder->required |= std::uint64_t{1} << index;
  }

  // The member called `key`. Services write their members in one order, so that the search begins
  // where the last one ended.
  Node* find(std::string_view key, std::size_t& next) {
    const std::size_t count = members.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = next + i < count ? next + i : next + i - count;
      if (members[at].name != key) continue;
      next = at + 1;
      return &members[at];
    }
    return nullptr;
  }
};

// One message's way through the nodes of its type.
struct DriftDetector::Walk {
  DriftDetector& detector;
  std::string_view type;
  std::vector<const Node*>& trail;  // from the root to what is being looked at

  void enter(Json value, Node& node) {
    trail.push_back(&node);
    if (value.is_object()) {
      if (!node.members.empty() && !node.is_tuple) members(value, node);
    } else if (value.is_array()) {
      if (node.is_tuple) {
        positions(value, node);
      } else if (!node.element.empty()) {
        for (Json item = value.first(); item.exists(); item = item.next()) {
          check(item, node.element.front());
        }
      }
    }
    trail.pop_back();
  }

  void check(Json value, Node& node) {
    const JsonKind kind = value.kind();
    if (node.accepted.has(kind)) {
      if (kind == JsonKind::object || kind == JsonKind::array) enter(value, node);
      return;
    }
    node.accepted = node.accepted | kind;
    say(node.name, "kind: " + to_string(node.declared) + " -> " + std::string(to_string(kind)));
  }

  void members(Json object, Node& node) {
    std::size_t next = 0;
    std::uint64_t seen = 0;
    for (Json value = object.first(); value.exists(); value = value.next()) {
      Node* member = node.find(value.key(), next);
      if (member == nullptr && detector.shapes_->sets_blanks_aside) {
        member = node.find(trim(value.key()), next);
      }
      if (member == nullptr) {
        if (!node.is_open) learn(value.key(), node);
        continue;
      }
      if (next <= kRequiredMax) seen |= std::uint64_t{1} << (next - 1);
      check(value, *member);
    }
    if ((node.required & ~seen) != 0) missing(node, seen);
  }

  void positions(Json list, Node& node) {
    std::size_t at = 0;
    for (Json item = list.first(); item.exists(); item = item.next(), ++at) {
      if (at < node.members.size()) {
        check(item, node.members[at]);
      } else if (!node.is_open) {
        node.is_open = true;  // whatever else comes after it
        say("[" + std::to_string(at) + "]", "new field");
      }
    }
    const std::uint64_t seen = at < kRequiredMax ? (std::uint64_t{1} << at) - 1 : ~std::uint64_t{0};
    if ((node.required & ~seen) != 0) missing(node, seen);
  }

  void missing(Node& node, std::uint64_t seen) {
    for (std::size_t i = 0; i < std::min(node.members.size(), kRequiredMax); ++i) {
      const std::uint64_t bit = std::uint64_t{1} << i;
      if ((node.required & ~seen & bit) == 0) continue;
      node.required &= ~bit;
      say(node.members[i].name, "missing field");
    }
  }

  // From now on the member is known, and may hold anything.
  void learn(std::string_view key, Node& node) {
    const std::string segment = segment_of(key);
    if (!say(segment, "new field")) return;
    node.members.emplace_back(key, shape::kAny);
  }

  bool say(std::string_view segment, std::string what) {
    std::string path;
    for (const Node* node : trail) append_segment(path, node->name);
    append_segment(path, segment);
    return detector.say({std::string(type), std::move(path), std::move(what)});
  }
};

DriftDetector::DriftDetector() = default;
DriftDetector::~DriftDetector() = default;
DriftDetector::DriftDetector(DriftDetector&&) noexcept = default;
DriftDetector& DriftDetector::operator=(DriftDetector&&) noexcept = default;

DriftDetector::DriftDetector(const FeedShapes& shapes, std::size_t drifts_max)
    : shapes_(&shapes), drifts_max_(drifts_max) {
  for (const MessageShape& message : shapes.messages) {
    Node& root = known_.emplace_back();
    for (const FieldShape& field : message.envelope) root.declare(field);
    for (const FieldShape& field : message.fields) root.declare(field);
  }
}

std::span<const Drift> DriftDetector::look(const InFrame& frame, const FrameTag& tag) {
  found_.clear();
  if (shapes_ == nullptr) return {};
  const Json root = frame.root();
  if (!root.exists()) return {};
  const MessageShape* shape = shapes_->shape_of(frame, tag);
  if (shape == nullptr) return {};
  const auto index = static_cast<std::size_t>(shape - shapes_->messages.data());
  Walk{*this, shape->type, trail_}.enter(root, known_[index]);
  if (said_.size() > drifts_max_) shapes_ = nullptr;  // all has been said
  return found_;
}

bool DriftDetector::say(Drift drift) {
  if (said_.size() > drifts_max_) return false;
  if (said_.size() == drifts_max_) drift = drift_limit();
  // Shapes may share their type's name.
  if (said_.insert({drift.type, drift.path, drift.what}).second) found_.push_back(std::move(drift));
  return said_.size() <= drifts_max_;
}

const Drift& drift_limit() {
  static const Drift limit{"*", "*", "limit reached"};
  return limit;
}

}  // namespace tapedeck
