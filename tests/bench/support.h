// What benches share: a result that must be there, and a clock around some work.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "schema/base/result.h"

namespace tapedeck::bench {

[[noreturn]] inline void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}
inline void must(const Result<void>& result) {
  if (!result) die(result.error().message);
}
template <class T>
T must(Result<T> result) {
  if (!result) die(result.error().message);
  return std::move(*result);
}

template <class Work>
double seconds_of(Work work) {
  const auto from = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

}  // namespace tapedeck::bench
