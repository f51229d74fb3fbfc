// Stands between a decoder and the tape: looks at each row, and lets it pass or not.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "schema/records.h"

namespace tapedeck::hypercall {

// `Keep`: bool(const Row&). With an `origin`, rows get it in place of their own.
template <class Keep>
class Sifter final : public RowSink {
 public:
  Sifter(RowSink& to, Keep keep, std::optional<Origin> origin = std::nullopt)
      : to_(&to), keep_(std::move(keep)), origin_(origin) {}

  void add_row(const Row& row) override {
    Row passed = row;
    passed.origin = origin_.value_or(row.origin);
    if (keep_(passed)) to_->add_row(passed);
  }
  void set_cursor(std::string_view stream, std::string_view value) override {
    to_->set_cursor(stream, value);
  }
  void missed(std::string_view stream, Ns since_ns, std::string_view why) override {
    to_->missed(stream, since_ns, why);
  }

 private:
  RowSink* to_;
  Keep keep_;
  std::optional<Origin> origin_;
};

// An identifier of a row as text, however it is kept.
inline std::string id_text(const Value& value) {
  return value.type == Value::Type::integer ? std::to_string(value.integer)
                                            : std::string(value.text);
}

}  // namespace tapedeck::hypercall
