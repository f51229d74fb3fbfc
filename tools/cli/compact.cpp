#include "storage/compact.h"

#include "tools/cli/cli.h"
#include "tools/cli/format.h"

namespace tapedeck::cli {
namespace {

const CommandSpec& spec() {
  static const CommandSpec kSpec = {
      "compact",
      "TAPE",
      "Compresses the frames of a finished tape, without a loss; all commands read it as before.",
      {
          {"o,output", "OUT", "write to this new file and leave the tape as it is", ""},
          {"undo", "", "make a compacted tape plain again", ""},
      },
      1,
      1};
  return kSpec;
}

int compact(const Options& given, Io& io) {
  CompactOptions options;
  options.tape = given.arguments().front();
  options.output = given.get("output");
  options.undo = given.has("undo");
  const Result<CompactResult> done = compact_tape(options);
  if (!done) return failed(io, done.error().message);
  io.out << printable(options.output.empty() ? options.tape : options.output) << ": "
         << done->frames << " frames, " << human_bytes(done->payload_bytes) << " of payloads; "
         << human_bytes(done->bytes_before) << " -> " << human_bytes(done->bytes_after) << '\n';
  return kDone;
}

}  // namespace

int compact_command(const Args& args, Io& io) {
  return run_command(spec(), args, io, compact);
}

}  // namespace tapedeck::cli
