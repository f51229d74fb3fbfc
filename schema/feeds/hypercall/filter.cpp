#include "schema/feeds/hypercall/filter.h"

#include <algorithm>

#include "schema/base/text.h"
#include "schema/feeds/hypercall/wire.h"

namespace tapedeck::hypercall {

namespace {

// `20260131`, `2026-01-31` and its epoch seconds are one expiry.
std::string expiry_key(std::string_view text) {
  const auto ns = chain_expiry(text);
  return ns ? std::to_string(*ns) : std::string(text);
}

std::string option_type_key(std::string_view text) {
  std::string lower = to_lower(text);
  if (lower == "c") return "call";
  if (lower == "p") return "put";
  return lower;
}

bool same_contract(const FilterTerms& a, const FilterTerms& b) {
  return a.expiry == b.expiry && a.option_type == b.option_type;
}

bool passes_contract(const FilterTerms& rule, Json message) {
  const std::string_view expiry = message["expiry"].scalar();
  if (!rule.expiry.empty() && !expiry.empty() && expiry_key(expiry) != rule.expiry) return false;
  if (rule.option_type.empty()) return true;
  if (const Json removed = message["option_type"]; removed.is_string()) {
    return option_type_key(removed.text()) == rule.option_type;
  }
  const Json row = message["row"];
  return !row.is_object() || row[rule.option_type].is_object();
}

// A text or number as text; notes what is neither.
std::string read_term(Json message, std::string_view name, std::string& bad) {
  const Json value = message[name];
  if (!value.exists() || value.kind() == JsonKind::null) return {};
  if (!value.is_string() && !value.is_number()) bad = name;
  return std::string(value.scalar());
}

}  // namespace

std::optional<FilterTerms> read_terms(Json message, bool filters_chain, std::string& bad) {
  FilterTerms terms;
  const Json symbols = message["symbols"];
  const bool absent = !symbols.exists() || symbols.kind() == JsonKind::null;
  if (!absent && !symbols.is_array()) bad = "symbols";
  for (Json symbol = symbols.first(); symbol.exists(); symbol = symbol.next()) {
    if (!symbol.is_string()) bad = "symbols";
    if (!symbol.text().empty()) terms.underlyings.emplace(underlying_of(symbol.text()));
  }
  if (filters_chain) {
    const std::string expiry = read_term(message, "expiry", bad);
    if (!expiry.empty()) terms.expiry = expiry_key(expiry);
    terms.option_type = option_type_key(read_term(message, "option_type", bad));
  }
  if (!bad.empty()) return std::nullopt;
  return terms;
}

void ChannelFilter::subscribe(const FilterTerms& terms) {
  if (terms.none()) {
    rules_.assign(1, terms);
    return;
  }
  std::erase_if(rules_, [](const FilterTerms& rule) { return rule.none(); });
  for (FilterTerms& rule : rules_) {
    if (!same_contract(rule, terms)) continue;
    if (terms.underlyings.empty()) rule.underlyings.clear();
    rule.underlyings.insert(terms.underlyings.begin(), terms.underlyings.end());
    return;
  }
  rules_.push_back(terms);
}

void ChannelFilter::unsubscribe(const FilterTerms& terms) {
  if (terms.none()) {
    rules_.clear();
    return;
  }
  const bool any_contract = terms.expiry.empty() && terms.option_type.empty();
  std::erase_if(rules_, [&](FilterTerms& rule) {
    if (!any_contract && !same_contract(rule, terms)) return false;
    if (terms.underlyings.empty()) return true;
    if (rule.underlyings.empty()) return false;
    for (const std::string& underlying : terms.underlyings) rule.underlyings.erase(underlying);
    return rule.underlyings.empty();
  });
}

bool ChannelFilter::needs_message() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const FilterTerms& rule) {
    return !rule.expiry.empty() || !rule.option_type.empty();
  });
}

bool ChannelFilter::passes(std::string_view symbol, Json message) const {
  const std::string_view underlying = underlying_of(symbol);
  return std::any_of(rules_.begin(), rules_.end(), [&](const FilterTerms& rule) {
    if (!underlying.empty() && !rule.underlyings.empty() &&
        !rule.underlyings.contains(underlying)) {
      return false;
    }
    return passes_contract(rule, message);
  });
}

}  // namespace tapedeck::hypercall
