// A self-signed certificate and its key as PEM files in a directory of their own.
#pragma once

#include <string>

#include "tests/support/temp_dir.h"

namespace tapedeck::testing {

class Certificate {
 public:
  // `names` as in an X.509v3 subjectAltName: `DNS:localhost,IP:127.0.0.1`.
  explicit Certificate(const std::string& names = "DNS:localhost,IP:127.0.0.1");

  std::string certificate_file() const { return directory_.file("certificate.pem"); }
  std::string key_file() const { return directory_.file("key.pem"); }

 private:
  TempDir directory_;
};

}  // namespace tapedeck::testing
