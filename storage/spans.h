// Spans of time, and what is left of them. Pure.
#pragma once

#include <vector>

#include "schema/base/time.h"

namespace tapedeck {

// Both ends belong to it; an empty one is a moment.
struct Span {
  Ns from_ns = 0;
  Ns to_ns = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

// In order, and apart from each other.
using Spans = std::vector<Span>;

// Any spans, put in order; those that touch become one.
Spans united(Spans spans);
// What of `span` no one of `taken` holds. What remains of a length has one: a moment is left only
// of a moment.
Spans without(Span span, const Spans& taken);
Spans without(const Spans& spans, const Spans& taken);
// Each shorter by `by` on both sides; those that end up inside out are gone.
Spans shrunk(const Spans& spans, Ns by);
// What both hold, but for moments.
Spans common(const Spans& spans, const Spans& others);
// Whether any of them has something of `span`.
bool meets(const Spans& spans, Span span);

}  // namespace tapedeck
