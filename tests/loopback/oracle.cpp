#include "tests/loopback/oracle.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>

namespace tapedeck::testing {

Verdict judge(const std::string& tape) {
  const std::string script = std::string(TAPEDECK_SOURCE_DIR) + "/tests/clients/tape_oracle.py";
  const std::string command = "/usr/bin/python3 '" + script + "' '" + tape + "' 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  Verdict verdict;
  std::array<char, 4096> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe)) {
    verdict.output.append(block.data(), got);
  }
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) verdict.exit_code = WEXITSTATUS(status);
  return verdict;
}

std::vector<std::vector<std::string>> rows_by_sql(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, &sqlite3_close);
  sqlite3_stmt* prepared = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(opened);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared,
                                                                             &sqlite3_finalize);
  std::vector<std::vector<std::string>> rows;
  int step = sqlite3_step(prepared);
  for (; step == SQLITE_ROW; step = sqlite3_step(prepared)) {
    std::vector<std::string>& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(prepared); ++i) {
      const void* const bytes = sqlite3_column_blob(prepared, i);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared, i));
      row.emplace_back(static_cast<const char*>(bytes), bytes == nullptr ? 0 : size);
    }
  }
  EXPECT_EQ(step, SQLITE_DONE) << sql << ": " << sqlite3_errmsg(opened);
  return rows;
}

std::int64_t run_sql(const std::string& path, const std::string& sql) {
  const auto rows = rows_by_sql(path, sql);
  return rows.empty() ? 0 : std::stoll(rows.front().front());
}

void expect_no_differences(const std::string& tape) {
  const Verdict verdict = judge(tape);
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output.substr(0, 20'000);
  EXPECT_NE(verdict.output.find(" rows, 0 differences\n"), std::string::npos)
      << verdict.output.substr(0, 20'000);
}

}  // namespace tapedeck::testing
