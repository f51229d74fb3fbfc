#include "tools/cli/format.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/cli/json_writer.h"

namespace tapedeck::cli {
namespace {

TEST(Format, durations_read_as_people_say_them) {
  EXPECT_EQ(human_duration(0), "0s");
  EXPECT_EQ(human_duration(45 * kNsPerUs), "45us");
  EXPECT_EQ(human_duration(45 * kNsPerMs), "45ms");
  EXPECT_EQ(human_duration(12'340 * kNsPerMs), "12.3s");
  EXPECT_EQ(human_duration(59'999 * kNsPerMs), "59.9s");
  EXPECT_EQ(human_duration(123 * kNsPerSec), "2m03s");
  EXPECT_EQ(human_duration(3723 * kNsPerSec), "1h02m03s");
  EXPECT_EQ(human_duration(100 * 3600 * kNsPerSec), "100h00m00s");
  EXPECT_EQ(human_duration(-90 * kNsPerSec), "-1m30s");
}

TEST(Format, sizes_have_binary_units) {
  EXPECT_EQ(human_bytes(812), "812 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(12'595), "12.3 KiB");
  EXPECT_EQ(human_bytes(std::int64_t{3} << 29), "1.5 GiB");
}

TEST(Format, times_are_always_as_long) {
  EXPECT_EQ(fixed_time(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(fixed_time(1'795'253'400 * kNsPerSec + 5), "2026-11-21T09:30:00.000000005Z");
  EXPECT_EQ(fixed_time(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(fixed_offset(1'500 * kNsPerMs, 0), "+1.500000s");
  EXPECT_EQ(fixed_offset(0, 250 * kNsPerMs), "-0.250000s");
}

TEST(Format, payloads_cannot_break_a_line_or_command_a_terminal) {
  EXPECT_EQ(printable("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(printable("\x1b[2J\x7f"), "\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(printable("€ ü 😀"), "€ ü 😀");
  EXPECT_EQ(printable("\xff"
                      "a\xe2\x82"),
            "\\xffa\\xe2\\x82");
  EXPECT_EQ(hex(std::string_view("\x00\xff", 2)), "0x00ff");
}

TEST(Format, lines_are_cut_between_characters) {
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("€€€€", 3), "€€…");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(Format, tables_align_by_characters) {
  TextTable table({{"NAME"}, {"N", TextTable::Align::right}});
  table.add({"ü", "1"});
  table.add({"long\nname", "22"});
  std::ostringstream out;
  table.print(out, "> ");
  EXPECT_EQ(out.str(),
            "> NAME         N\n"
            "> ü            1\n"
            "> long\\nname  22\n");
}

TEST(Format, json_keeps_order_and_says_null_for_what_is_absent) {
  EXPECT_EQ(JsonObject()
                .add("text", "a\"b\n")
                .add("number", std::int64_t{-5})
                .add("yes", true)
                .add("none", std::optional<int>())
                .raw("list", json_array({"1", "2"}))
                .text(),
            R"({"text":"a\"b\n","number":-5,"yes":true,"none":null,"list":[1,2]})");
  EXPECT_EQ(JsonObject().text(), "{}");
}

}  // namespace
}  // namespace tapedeck::cli
