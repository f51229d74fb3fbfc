#include "schema/feeds/alphahub/shapes.h"

#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

namespace {

using namespace shape;

constexpr FieldShape kEnvelope[] = {
    {"[0]", kText | kNull, kOptional}, {"[1]", kText | kNull, kOptional}, {"[2]", kText, kOptional},
    {"[3]", kText, kOptional},         {"[4]", kObject, kOptional},
};

// The document's example; a price may be a text and `weight` appear, by what a client saw. Either
// list may be absent.
constexpr FieldShape kSignals[] = {
    {"[4].close", kList, kOptional},
    {"[4].close[]", kObject},
    {"[4].close[].price", kDecimal},
    {"[4].close[].side", kText},
    {"[4].close[].symbol", kText},
    {"[4].close[].timestamp", kText},
    {"[4].close[].weight", kDecimal, kOptional},
    {"[4].open", kList, kOptional},
    {"[4].open[]", kObject},
    {"[4].open[].price", kDecimal},
    {"[4].open[].side", kText},
    {"[4].open[].symbol", kText},
    {"[4].open[].timestamp", kText},
    {"[4].open[].weight", kDecimal, kOptional},
};

// What a refusal's `response` holds is its channel's matter.
constexpr FieldShape kReply[] = {
    {"[4].response", kObject},
    {"[4].status", kText},
};

constexpr MessageShape kMessages[] = {
    {event::kSignals, kSignals, kEnvelope},
    {event::kReply, kReply, kEnvelope},
    {event::kError, {}, kEnvelope},
    {event::kClose, {}, kEnvelope},
};

const MessageShape* shape_of(const InFrame& /*frame*/, const FrameTag& tag) {
  return find_shape(kMessages, tag.type);
}

constexpr FeedShapes kShapes{kMessages, shape_of, true};

}  // namespace

const FeedShapes& shapes() {
  return kShapes;
}

}  // namespace tapedeck::alphahub
