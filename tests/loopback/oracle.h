// The independent judge of a tape's rows, tests/clients/tape_oracle.py, from within a test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tapedeck::testing {

struct Verdict {
  int exit_code = -1;  // 0: the tape is right; -1: the judge did not run
  std::string output;  // a line for each difference, then a summary
};

Verdict judge(const std::string& tape);

// Fails the test with what the judge has to say against the tape.
void expect_no_differences(const std::string& tape);

// What `sql` gives on the database at `path`, as text (NULL: ""). Fails the test when SQLite
// refuses.
std::vector<std::vector<std::string>> rows_by_sql(const std::string& path, const std::string& sql);
// The first column of the first row, 0 without one.
std::int64_t run_sql(const std::string& path, const std::string& sql);

}  // namespace tapedeck::testing
