// HTTP/1.x requests in, replies out, as functions of bytes. Private to replay/net.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "schema/service.h"

namespace tapedeck::web {

struct WebRequest {
  HttpRequest http;  // HEAD stands here as GET; see `is_head`
  bool is_head = false;
  bool is_http_1_1 = true;
  bool keep_alive = true;
};

// Takes requests, one after the other, out of a stream of bytes. Not thread-safe.
class RequestReader {
 public:
  RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  enum class Status {
    need_more,
    whole,      // take() gives it
    malformed,  // this and the next two are final
    header_too_large,
    body_too_large,
  };

  void append(std::string_view bytes);
  Status next();
  WebRequest take();

  // Bytes of a request have come that is not whole yet.
  bool has_begun() const;
  // True once for each request whose client waits for `100 Continue` before it sends the body.
  bool wants_continue();
  // What came after the last request that was taken. Gives it up.
  std::string leftover();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole reply. `with_body`: false for HEAD (Content-Length tells what GET would get).
std::string encode_reply(const HttpReply& reply, bool keep_alive, bool with_body);

}  // namespace tapedeck::web
