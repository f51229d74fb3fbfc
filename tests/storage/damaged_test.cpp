// Tapes whose pages a disk has damaged: every walk over them ends, and says so.
#include <fstream>

#include "storage/compact.h"
#include "storage/export.h"
#include "storage/verify.h"
#include "tests/storage/tape_files.h"
#include "tests/support/mixed_tape.h"

namespace tapedeck::testing {
namespace {

constexpr std::int64_t kWalkMax = 200'000;  // more than any of these tapes holds

std::int64_t number_at(const std::string& bytes, std::size_t at, int size) {
  std::int64_t number = 0;
  for (int i = 0; i < size; ++i) number = number * 256 + static_cast<unsigned char>(bytes.at(at++));
  return number;
}

// Makes zeros of the end of the table's last leaf page, as a file does whose end was cut off: the
// records that lie there then have the id 0. (https://sqlite.org/fileformat2.html)
void cut_last_page(const std::string& path, const std::string& table) {
  std::size_t page = std::stoul(
      raw_query(path, "SELECT rootpage FROM sqlite_master WHERE name = '" + table + "'").at(0));
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto page_bytes = static_cast<std::size_t>(number_at(bytes, 16, 2));
  constexpr char kInterior = 5;
  const std::size_t root = page;
  while (bytes.at((page - 1) * page_bytes) == kInterior) {
    page = static_cast<std::size_t>(number_at(bytes, (page - 1) * page_bytes + 8, 4));
  }
  ASSERT_NE(page, root) << table << " has one page alone";
  constexpr std::size_t kCut = 4'000;  // longer than any one record
  bytes.replace(page * page_bytes - kCut, kCut, kCut, '\0');
  std::ofstream(path, std::ios::binary) << bytes;
}

// The error that the walk ends with; empty when it ends without one, or never.
template <class Cursor, class Record>
std::string error_of_walk(Result<std::unique_ptr<Cursor>> cursor, Record record) {
  if (!cursor) return cursor.error().message;
  for (std::int64_t i = 0; i < kWalkMax; ++i) {
    const auto more = (*cursor)->next(record);
    if (!more) return more.error().message;
    if (!*more) return "";
  }
  ADD_FAILURE() << "the walk does not end";
  return "";
}

class Damaged : public ::testing::Test {
 protected:
  Damaged() : path_(directory_.file("a.tape")) {
    auto writer = must(create_tape_at(path_, session_named("live"), Durability::process));
    must(writer->begin());
    MixedTape tape(*writer, kStart);
    must(tape.add(1'500));
    for (int i = 1; i <= 400; ++i) {
      RequestInfo request;
      request.id = i;
      request.feed = "hypercall";
      request.purpose = "cursor";
      request.recv_ns = tape.now_ns();
      request.body = std::string(100, 'x');
      must(writer->put_request(request));
    }
    must(writer->commit());
    must(writer->finish(tape.now_ns(), "closed"));
  }

  void expect_named(const std::string& error) {
    EXPECT_EQ(error.find(path_ + ": "), 0U) << error;
    EXPECT_NE(error.find("damaged"), std::string::npos) << error;
  }
  void expect_verify_ends(const std::string& table) {
    auto tape = must(open_tape(path_));
    const auto unknown = [](std::string_view) { return std::unique_ptr<Normalizer>(); };
    bool is_named = false;
    for (const Problem& problem : verify_tape(*tape, unknown, 10).problems) {
      is_named = is_named || problem.what == table;
    }
    EXPECT_TRUE(is_named);
  }
  void expect_frames_end() {
    cut_last_page(path_, "frame");
    auto tape = must(open_tape(path_));
    expect_named(error_of_walk(tape->frames(kFirstId), FrameRecord()));
    expect_verify_ends("frame");
  }
  void expect_rows_end() {
    cut_last_page(path_, "trade");
    auto tape = must(open_tape(path_));
    expect_named(error_of_walk(tape->rows(TableId::trade), TapeRow()));
    expect_named(error_of_walk(tape->row_heads(TableId::trade, kFirstId), TapeRow()));
    expect_named(error_of_walk(tape->rows_before(TableId::trade, kWalkMax), TapeRow()));
    expect_named(error_of_walk(tape->records("trade"), std::span<const Value>()));
    expect_verify_ends("trade");
  }
  void expect_requests_end() {
    cut_last_page(path_, "request");
    auto tape = must(open_tape(path_));
    expect_named(error_of_walk(tape->records("request"), std::span<const Value>()));
    expect_verify_ends("request");
  }
  void compact() { must(compact_tape({path_, ""})); }

  TempDir directory_;
  std::string path_;
};

TEST_F(Damaged, AWalkOverFramesEnds) {
  expect_frames_end();
}

TEST_F(Damaged, AWalkOverRowsEnds) {
  expect_rows_end();
}

TEST_F(Damaged, AWalkOverRequestsEnds) {
  expect_requests_end();
}

TEST_F(Damaged, AWalkOverFramesOfACompactedTapeEnds) {
  compact();
  expect_frames_end();
}

TEST_F(Damaged, AWalkOverRowsOfACompactedTapeEnds) {
  compact();
  expect_rows_end();
}

TEST_F(Damaged, AWalkOverRequestsOfACompactedTapeEnds) {
  compact();
  expect_requests_end();
}

// Whatever time is looked for.
TEST_F(Damaged, ASearchByTimeEnds) {
  cut_last_page(path_, "frame");
  auto tape = must(open_tape(path_));
  for (Ns t = kStart; t < kStart + 3 * kNsPerSec; t += 10 * kNsPerMs) {
    const auto found = tape->first_frame_at(t);
    if (!found) expect_named(found.error().message);
  }
}

TEST_F(Damaged, AnEndThatIsCutOffIsNamedWhateverWasThere) {
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  expect_verify_ends("file");
}

TEST_F(Damaged, AnExportFails) {
  cut_last_page(path_, "trade");
  auto tape = must(open_tape(path_));
  ExportOptions options;
  options.what = "trade";
  const auto exported = export_records(*tape, options, [](std::string_view) { return true; });
  ASSERT_FALSE(exported.ok());
  expect_named(exported.error().message);
}

}  // namespace
}  // namespace tapedeck::testing
