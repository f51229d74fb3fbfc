// Section 2 of the service's page for a change; errors are assumed to look as they do over REST.
#include "schema/feeds/alterscope/parts.h"
#include "schema/feeds/alterscope/wire.h"

namespace tapedeck::alterscope {

namespace {

using namespace shape;

constexpr Kinds kValue = kNumber | kText | kNull;

constexpr FieldShape kChanged[] = {
    {"type", kText, kOptional},
    {"opportunity_id", kText},
    {"factor", kText},
    {"previous", kValue},
    {"current", kValue},
    {"as_of_block", kNumber, kOptional},  // not everything is on a chain
    {"as_of", kText},
    {"meta", kObject, kOptional},
    // What `details=true` adds is undocumented.
    {"details", kObject, kOptional},
    {"severity", kText, kOptional},
    {"confidence", kNumber, kOptional},
};

constexpr FieldShape kError[] = {
    {"type", kText, kOptional},
    {"code", kDecimal, kOptional},
    {"message", kText, kOptional},
    {"error", kObject | kText, kOptional},
    {"error.code", kDecimal},
    {"error.message", kText},
    {"error.request_id", kText, kOptional},
};

constexpr MessageShape kMessages[] = {
    {"factor.changed", kChanged},
    {"error", kError},
};

const MessageShape* shape_of(const InFrame& frame, const FrameTag& tag) {
  if (tag.role == FrameRole::error) return &kMessages[1];
  return kind_of(frame.root()) == Kind::changed ? &kMessages[0] : nullptr;
}

constexpr FeedShapes kShapes{kMessages, shape_of};

}  // namespace

const FeedShapes& shapes() {
  return kShapes;
}

}  // namespace tapedeck::alterscope
