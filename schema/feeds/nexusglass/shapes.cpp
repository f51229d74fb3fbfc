// Section "Message Examples". SNAPSHOT and the types of `/ws` and `/ws/nexus-bridge` are
// undocumented beyond their envelope: they have no shape.
#include "schema/feeds/nexusglass/parts.h"

namespace tapedeck::nexusglass {

namespace {

using namespace shape;

constexpr FieldShape kEnvelope[] = {{"type", kText, kOptional}};

constexpr FieldShape kHandshake[] = {
    {"payload", kObject},          {"payload.tier", kText},
    {"payload.priorities", kList}, {"payload.priorities[]", kText},
    {"payload.delay_ms", kNumber}, {"payload.server_time", kText},
};

constexpr FieldShape kEvent[] = {
    {"payload", kObject},           {"payload.id", kNumber},
    {"payload.type", kText},        {"payload.priority", kText},
    {"payload.symbol", kText},      {"payload.confidence", kNumber},
    {"payload.data", kObject},  // each event type has its own
    {"payload.detected_at", kText}, {"payload.latency_ms", kNumber},
};

constexpr FieldShape kError[] = {
    {"payload", kObject},
    {"payload.code", kText},
    {"payload.message", kText},
};

constexpr MessageShape kMessages[] = {
    {"EVENT", kEvent, kEnvelope},         {"PING", {}, kEnvelope},      {"PONG", {}, kEnvelope},
    {"HANDSHAKE", kHandshake, kEnvelope}, {"ERROR", kError, kEnvelope},
};

const MessageShape* shape_of(const InFrame& /*frame*/, const FrameTag& tag) {
  return find_shape(kMessages, tag.type);
}

constexpr FeedShapes kShapes{kMessages, shape_of};

}  // namespace

const FeedShapes& shapes() {
  return kShapes;
}

}  // namespace tapedeck::nexusglass
