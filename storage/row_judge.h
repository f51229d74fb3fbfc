// Compares rows as they are decoded with those on the tape, table by table, in one pass over both.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
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

// Where a frame or an answer stands among all that the recorder handled.
using Turn = std::pair<std::int64_t, std::int64_t>;

// What a request's rows must agree with.
struct RequestFacts {
  std::string feed;
  Int recv_ns;
  Int gap_id;
  std::int64_t after_frame_id = 0;
  Turn turn;
};
using RequestMap = std::unordered_map<std::int64_t, RequestFacts>;

// A frame or an answer, whose rows are to be judged.
struct RowSource {
  Turn turn;
  std::int64_t id = 0;  // the frame's or the request's
  bool is_request = false;
  Ns recv_ns = 0;
  std::string_view feed;    // lives until end()
  bool is_decoded = false;  // else its rows, whatever they are, are taken as they stand
  // Tables whose rows an earlier tape may have had already, and from before when.
  std::span<const TableId> remembered;
  Ns remembered_before_ns = 0;
};

// Give it to the decoder as its sink, between begin() and end() of each source in its turn.
class RowJudge final : public RowSink {
 public:
  // `has_turns`: the tape says when it handled its requests; else of their rows only what they
  // refer to can be judged.
  RowJudge(TapeReader& tape, const RequestMap& requests, bool has_turns, Findings& findings)
      : tape_(tape), requests_(requests), has_turns_(has_turns), findings_(findings) {}

  void open();
  void begin(const RowSource& source) { source_ = source; }
  // Whatever says it came from this source, or an earlier one, and did not.
  void end();
  // After the last one.
  void finish();

  void add_row(const Row& row) override;
  void set_cursor(std::string_view /*stream*/, std::string_view /*value*/) override {}

  std::int64_t rows() const { return rows_; }
  // By request.
  const std::unordered_map<std::int64_t, std::int64_t>& requested() const { return requested_; }
  // Rows that were decoded and are not on the tape, since an earlier one can have had them.
  std::int64_t known_before() const { return known_before_; }
  // Rows on the tape that a decoder gives only if it knows what an earlier tape has.
  std::int64_t unjudged() const { return unjudged_; }

 private:
  // One table's rows, with one read ahead.
  struct Stored {
    const Table* table = nullptr;
    std::unique_ptr<RowCursor> cursor;
    TapeRow row;
    bool has_row = false;
  };

  void advance(Stored& stored);
  // What can be judged of any row, as it comes in front.
  void check_alone(const Stored& stored, std::int64_t last_id);
  // Steps over rows in front that no source can give, as far as they can be judged without one.
  void pass_over(Stored& stored);
  bool can_be_decoded(const Stored& stored);
  Turn turn_of(const TapeRow& row) const;
  bool is_from_source(const TapeRow& row) const;
  // Whether such an event, or one that looks like it, can be on an earlier tape.
  bool can_be_known(TableId table, Int event_ns) const;
  void compare(const Stored& stored, const Row& row);
  void check_common(const Stored& stored, std::string_view feed, Ns recv_ns, const char* source);

  TapeReader& tape_;
  const RequestMap& requests_;
  bool has_turns_;
  Findings& findings_;
  std::array<Stored, kTableCount> tables_;
  RowSource source_;
  std::int64_t rows_ = 0;
  std::unordered_map<std::int64_t, std::int64_t> requested_;
  std::int64_t known_before_ = 0;
  std::int64_t unjudged_ = 0;
};

}  // namespace tapedeck
