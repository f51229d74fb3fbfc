#include "schema/gapfill.h"

#include "schema/base/json.h"

namespace tapedeck {

namespace {

constexpr std::size_t kWordsMax = 160;

// The texts that services put under these names, in this order.
std::string words_of(Json error) {
  if (error.is_string()) return std::string(error.text());
  std::string words;
  for (const std::string_view name : {"code", "error", "message", "reason"}) {
    const Json part = error[name];
    if (part.is_object()) return words_of(part);
    const std::string_view text = part.scalar();
    if (text.empty()) continue;
    if (!words.empty()) words += ": ";
    words += text;
  }
  return words;
}

}  // namespace

void GapFill::on_answer(const RestResponse& response, FillActions& actions) {
  actions.later(describe_answer(response));
}

std::string describe_answer(const RestResponse& response) {
  if (response.status == 0) {
    return response.error.empty() ? "no answer" : "no answer: " + response.error;
  }
  std::string text = "HTTP " + std::to_string(response.status);
  JsonDoc doc;
  if (!doc.parse(response.body)) return text;
  std::string words = words_of(doc.root());
  if (words.size() > kWordsMax) words.resize(kWordsMax);
  return words.empty() ? text : text + ", " + words;
}

}  // namespace tapedeck
