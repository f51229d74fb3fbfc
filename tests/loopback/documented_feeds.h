// What the services' documents and the rules of a replay say of a message: with another JSON
// library than the product's, and without its sessions and normalizers.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/loopback/example_program.h"

namespace tapedeck::testing {

// The JSON of a line `OPCODE PAYLOAD`; of a key that stands twice the last counts, as in Python and
// JavaScript.
nlohmann::json parsed(const std::string& line);

// A payload as the feed's document prints it.
nlohmann::json documented(const std::string& feed, const std::string& name);

// What a message is by its own words: its type, event or channel.
std::string kind_of(const std::string& feed, const nlohmann::json& message);

// Whether the service says it for itself: handshake, acknowledgements, heartbeats, errors.
bool is_protocol(const std::string& feed, const nlohmann::json& message);
// Of these: whether it only shows that the connection lives.
bool is_heartbeat(const std::string& feed, const nlohmann::json& message);

// What a program subscribes to in order to get it; "" where there is nothing to subscribe to.
std::string channel_of(const std::string& feed, const nlohmann::json& message);
// Whether a data message is for the example. An unknown type is for everybody, a message without a
// symbol for everybody on its channel.
bool is_for(const Example& example, const nlohmann::json& message);

// What the example prints of these messages (ExampleProgram::prints).
Lines prints_of(const Example& example, const Lines& messages);

// What the service says before any data, in order.
void expect_documented_beginning(const Example& example, const Lines& received);
// Every key that the document shows in a message of this kind is there.
void expect_documented_shape(const std::string& feed, const nlohmann::json& message);

// Those for which `keep`, which gets each one's JSON.
Lines only(const Lines& messages, const std::function<bool(const nlohmann::json&)>& keep);
std::set<std::string> kinds_of(const std::string& feed, const Lines& messages);

// Names the first difference.
void expect_same(const Lines& got, const Lines& wanted);

}  // namespace tapedeck::testing
