// Compares rows as they are decoded with those on the tape, table by table, in one pass over both.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/verify.h"

namespace tapedeck {

// Problems as they are found, in the order of their first.
class Findings {
 public:
  explicit Findings(std::size_t details_max) : details_max_(details_max) {}
  void add(std::string_view what, std::string detail);
  std::vector<Problem> take() { return std::move(problems_); }

 private:
  std::size_t details_max_;
  std::vector<Problem> problems_;
};

// What a request's rows must agree with.
struct RequestFacts {
  std::string feed;
  Int recv_ns;
};
using RequestMap = std::unordered_map<std::int64_t, RequestFacts>;

// Give it to the decoder as its sink, between begin() and end() of each frame in order.
class RowJudge final : public RowSink {
 public:
  RowJudge(TapeReader& tape, const RequestMap& requests, Findings& findings)
      : tape_(tape), requests_(requests), findings_(findings) {}

  void open();
  // `feed` must live until end().
  void begin(std::int64_t frame_id, Ns recv_ns, std::string_view feed);
  // Whatever says it came from this frame, or an earlier one, and did not.
  void end(bool is_decoded = true);
  // After the last frame.
  void finish();

  void add_row(const Row& row) override;
  void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}

  std::int64_t rows() const { return rows_; }

 private:
  // One table's rows, with one read ahead.
  struct Stored {
    const Table* table = nullptr;
    std::unique_ptr<RowCursor> cursor;
    TapeRow row;
    bool has_row = false;
    std::int64_t last_id = 0;
  };

  void advance(Stored& stored);
  // Steps over rows in front that come from no frame.
  void pass_requests(Stored& stored);
  void compare(const Stored& stored, const Row& row);
  void check_common(const Stored& stored, std::string_view feed, Ns recv_ns, const char* source);

  TapeReader& tape_;
  const RequestMap& requests_;
  Findings& findings_;
  std::array<Stored, kTableCount> tables_;
  std::int64_t frame_id_ = 0;
  Ns recv_ns_ = 0;
  std::string_view feed_;
  std::int64_t rows_ = 0;
};

}  // namespace tapedeck
