// The decoders with which a session's rows were made.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/normalize.h"
#include "storage/tape.h"

namespace tapedeck {
struct RecorderConfig;
}

namespace tapedeck::cli {

// From the configuration that the tape keeps. Where it says nothing of a feed (another program
// wrote the tape) that feed's decoder is the default one for as many connections as the tape shows.
class Decoders {
 public:
  Decoders(const SessionInfo& session, const std::vector<ConnectionInfo>& connections);
  ~Decoders();

  // A new one; nullptr for a feed that this version does not know.
  std::unique_ptr<Normalizer> make(std::string_view feed) const;
  // Why the configuration could not be read; empty when it could.
  const std::string& trouble() const { return trouble_; }

 private:
  std::unique_ptr<RecorderConfig> config_;               // nullptr: it could not be read
  std::map<std::string, int, std::less<>> connections_;  // that were held at a time, by feed
  std::string trouble_;
};

}  // namespace tapedeck::cli
