#include "storage/spans.h"

#include <algorithm>

namespace tapedeck {
namespace {

// The first that ends at `t` or later.
Spans::const_iterator first_to(const Spans& spans, Ns t) {
  return std::lower_bound(spans.begin(), spans.end(), t,
                          [](const Span& span, Ns at) { return span.to_ns < at; });
}

}  // namespace

Spans united(Spans spans) {
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.from_ns < b.from_ns; });
  Spans out;
  for (const Span& span : spans) {
    if (out.empty() || out.back().to_ns < span.from_ns) {
      out.push_back(span);
    } else {
      out.back().to_ns = std::max(out.back().to_ns, span.to_ns);
    }
  }
  return out;
}

Spans without(Span span, const Spans& taken) {
  auto next = first_to(taken, span.from_ns);
  if (span.from_ns == span.to_ns) {
    const bool is_taken = next != taken.end() && next->from_ns <= span.from_ns;
    return is_taken ? Spans() : Spans{span};
  }
  Spans left;
  Ns from_ns = span.from_ns;
  for (; next != taken.end() && next->from_ns < span.to_ns; ++next) {
    if (next->from_ns > from_ns) left.push_back({from_ns, next->from_ns});
    from_ns = std::max(from_ns, next->to_ns);
  }
  if (from_ns < span.to_ns) left.push_back({from_ns, span.to_ns});
  return left;
}

Spans without(const Spans& spans, const Spans& taken) {
  Spans left;
  for (const Span& span : spans) {
    const Spans rest = without(span, taken);
    left.insert(left.end(), rest.begin(), rest.end());
  }
  return left;
}

Spans shrunk(const Spans& spans, Ns by) {
  Spans out;
  for (const Span& span : spans) {
    if (span.to_ns - span.from_ns >= 2 * by) out.push_back({span.from_ns + by, span.to_ns - by});
  }
  return out;
}

Spans common(const Spans& spans, const Spans& others) {
  Spans both;
  auto other = others.begin();
  for (auto span = spans.begin(); span != spans.end() && other != others.end();) {
    const Span part{std::max(span->from_ns, other->from_ns), std::min(span->to_ns, other->to_ns)};
    if (part.from_ns < part.to_ns) both.push_back(part);
    span->to_ns < other->to_ns ? void(++span) : void(++other);
  }
  return both;
}

bool meets(const Spans& spans, Span span) {
  const auto next = first_to(spans, span.from_ns);
  return next != spans.end() && next->from_ns <= span.to_ns;
}

}  // namespace tapedeck
