// Names of tapes, and what is said of files that are no tape, or not in order.
#include <fstream>

#include "tests/storage/tape_files.h"

namespace tapedeck::testing {
namespace {

TEST(TapeNames, TellTheStartAndDoNotCollide) {
  const TempDir directory;
  const std::string folder = directory.file("new/tapes");
  Lines names;
  std::vector<std::unique_ptr<TapeWriter>> writers;
  for (int i = 0; i < 11; ++i) {
    writers.push_back(must(create_tape(folder, session_named("live"), Durability::process)));
    names.push_back(writers.back()->path());
  }
  EXPECT_EQ(names[0], folder + "/live-20261121T093000Z.tape");
  EXPECT_EQ(names[1], folder + "/live-20261121T093000Z-2.tape");
  EXPECT_EQ(names[10], folder + "/live-20261121T093000Z-11.tape");
  auto later = session_named("live");
  later.started_ns += kNsPerSec;
  writers.push_back(must(create_tape(folder, later, Durability::process)));
  names.push_back(writers.back()->path());
  std::ofstream(folder + "/notes.txt") << "no tape";
  std::ofstream(folder + "/live-20261121T093002Z.tape");  // killed before it wrote anything
  std::filesystem::create_directory(folder + "/directory.tape");
  EXPECT_EQ(must(list_tapes(folder)), names) << "a list in order of the starts";
}

TEST(TapeNames, ThatLeaveTheDirectoryAreRefused) {
  const TempDir directory;
  for (const std::string name : {"", "../x", "a/b", ".hidden"}) {
    EXPECT_EQ(
        create_tape(directory.path(), session_named(name), Durability::process).error().message,
        "a tape cannot be named \"" + name +
            "\": give a name without '/' that does not begin with '.'");
  }
}

TEST(TapeErrors, CreatingSaysWhatIsInTheWay) {
  const TempDir directory;
  const std::string file = directory.file("file");
  std::ofstream(file) << "x";
  EXPECT_EQ(
      create_tape(file + "/tapes", session_named("live"), Durability::process).error().message,
      file +
          "/tapes: cannot be created: Not a directory: name a directory for the tapes that can be "
          "written");
  EXPECT_EQ(create_tape_at(file, session_named("live"), Durability::process).error().message,
            file + ": cannot be created: File exists: name a file that does not exist yet");
  EXPECT_EQ(
      create_tape_at(file + "/a.tape", session_named("live"), Durability::process).error().message,
      file +
          "/a.tape: cannot be created: Not a directory: tapes need a directory that can be "
          "written");
}

TEST(TapeErrors, OpeningSaysWhyNot) {
  const TempDir directory;
  const auto error_of = [&](const std::string& name) {
    const auto tape = open_tape(directory.file(name));
    return tape.ok() ? "" : tape.error().message.substr(directory.path().size() + 1);
  };
  std::ofstream(directory.file("text.tape")) << std::string(2'000, 'x');
  std::ofstream(directory.file("empty.tape"));
  std::filesystem::create_directory(directory.file("folder.tape"));
  {
    const TempDir scratch;
    const auto writer = tape_with(scratch, [](TapeWriter&) {});
    must(writer->finish(kStart, "closed"));
    std::filesystem::copy_file(writer->path(), directory.file("newer.tape"));
    std::filesystem::copy_file(writer->path(), directory.file("foreign.tape"));
    std::filesystem::copy_file(writer->path(), directory.file("file:x?mode=memory.tape"));
  }
  raw_query(directory.file("newer.tape"), "PRAGMA user_version = 2");
  raw_query(directory.file("foreign.tape"), "PRAGMA application_id = 5");
  EXPECT_EQ(error_of("missing.tape"),
            "missing.tape: No such file or directory: name a tape that exists");
  EXPECT_EQ(error_of("folder.tape"), "folder.tape: is no file: name a tape");
  EXPECT_EQ(error_of("text.tape"),
            "text.tape: cannot read it: file is not a database (SQLite code 26): name a tape");
  EXPECT_EQ(
      error_of("empty.tape"),
      "empty.tape: is no tape (its application_id is 0): name a file that `tapedeck record` wrote");
  EXPECT_EQ(error_of("foreign.tape"),
            "foreign.tape: is no tape (its application_id is 5): name a file that `tapedeck "
            "record` wrote");
  EXPECT_EQ(
      error_of("newer.tape"),
      "newer.tape: was written by a newer tapedeck (schema 2, this one reads up to 1): update "
      "tapedeck");
  EXPECT_EQ(error_of("file:x?mode=memory.tape"), "") << "a name with a meaning to SQLite";
  EXPECT_EQ(
      mark_interrupted(directory.file("newer.tape")).error().message,
      directory.file("newer.tape") +
          ": was written by a newer tapedeck (schema 2, this one reads up to 1): update tapedeck");
}

TEST(TapeErrors, ListingNamesTheDirectory) {
  const TempDir directory;
  EXPECT_EQ(list_tapes(directory.file("none")).error().message,
            "cannot list the tapes in " + directory.file("none") +
                ": No such file or directory: name a directory that exists and can be read");
}

TEST(TapeErrors, AnUnknownWordOnTheTapeIsNamed) {
  const TempDir directory;
  const auto writer = tape_with(directory, [](TapeWriter& tape) {
    must(tape.put_gap({1, "hypercall", "trades", GapCause::restart, 1, 2, std::nullopt, 0,
                       GapMethod::none, GapStatus::unfillable, 0, ""}));
  });
  raw_query(writer->path(), "UPDATE gap SET status = 'mended'");
  EXPECT_EQ(
      must(open_tape(writer->path()))->gaps().error().message,
      writer->path() +
          ": has the unknown gap.status \"mended\": the file is damaged, or was changed by hand");
}

}  // namespace
}  // namespace tapedeck::testing
