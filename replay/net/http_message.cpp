#include "replay/net/http_message.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace tapedeck::web {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

std::string_view view_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// The origin form of a target (RFC 9112 section 3.2); clients of proxies send the absolute form.
// Empty when it is neither.
std::string_view origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

// Values can hold what a client sent; a line break in one would forge a header.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  std::copy_if(value.begin(), value.end(), std::back_inserter(out),
               [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
  out.append("\r\n");
}

}  // namespace

struct RequestReader::Impl {
  std::size_t header_bytes_max = 0;
  std::size_t body_bytes_max = 0;
  std::string buffer;
  std::optional<Parser> parser;
  bool has_begun = false;
  bool said_continue = false;

  void begin() {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(static_cast<std::uint32_t>(header_bytes_max));
    parser->body_limit(body_bytes_max);
    has_begun = false;
    said_continue = false;
  }
  // RFC 9112 section 2.2: empty lines before a request are ignored.
  void skip_empty_lines() {
    if (has_begun) return;
    buffer.erase(0, std::min(buffer.find_first_not_of("\r\n"), buffer.size()));
  }
  bool is_sound() const {
    const auto& message = parser->get();
    if (origin_form(view_of(message.target())).empty()) return false;
    const auto hosts = message.count(http::field::host);
    return message.version() >= 11 ? hosts == 1 : hosts <= 1;
  }
};

RequestReader::RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : impl_(std::make_unique<Impl>()) {
  impl_->header_bytes_max = header_bytes_max;
  impl_->body_bytes_max = body_bytes_max;
  impl_->begin();
}

RequestReader::~RequestReader() = default;

void RequestReader::append(std::string_view bytes) {
  impl_->buffer.append(bytes);
}

RequestReader::Status RequestReader::next() {
  Impl& d = *impl_;
  d.skip_empty_lines();
  std::size_t used = 0;
  Status status = Status::need_more;
  while (used < d.buffer.size()) {
    d.has_begun = true;
    boost::system::error_code error;
    const std::size_t taken = d.parser->put(
        boost::asio::const_buffer(d.buffer.data() + used, d.buffer.size() - used), error);
    used += taken;
    if (error == http::error::need_more) break;
    if (error) {
      status = error == http::error::header_limit ? Status::header_too_large
               : error == http::error::body_limit ? Status::body_too_large
                                                  : Status::malformed;
      break;
    }
    if (d.parser->is_done()) {
      status = d.is_sound() ? Status::whole : Status::malformed;
      break;
    }
    if (taken == 0) break;
  }
  d.buffer.erase(0, used);
  return status;
}

WebRequest RequestReader::take() {
  auto message = impl_->parser->release();
  WebRequest out;
  out.is_http_1_1 = message.version() == 11;
  out.keep_alive = message.keep_alive();
  out.is_head = message.method() == http::verb::head;
  out.http.method = out.is_head ? "GET" : std::string(view_of(message.method_string()));
  out.http.target = parse_target(origin_form(view_of(message.target())));
  for (const auto& field : message) {
    out.http.headers.emplace_back(view_of(field.name_string()), view_of(field.value()));
  }
  out.http.body = std::move(message.body());
  impl_->begin();
  return out;
}

bool RequestReader::has_begun() const {
  return impl_->has_begun;
}

bool RequestReader::wants_continue() {
  Impl& d = *impl_;
  if (d.said_continue || !d.parser->is_header_done()) return false;
  if (to_lower(view_of(d.parser->get()[http::field::expect])) != "100-continue") return false;
  d.said_continue = true;
  return true;
}

std::string RequestReader::leftover() {
  return std::exchange(impl_->buffer, {});
}

std::string encode_reply(const HttpReply& reply, bool keep_alive, bool with_body) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(reply.status));
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  out.append(view_of(reason)).append("\r\n");
  if (!reply.content_type.empty()) append_header(out, "Content-Type", reply.content_type);
  append_header(out, "Content-Length", std::to_string(reply.body.size()));
  for (const auto& [name, value] : reply.headers) append_header(out, name, value);
  append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  out.append("\r\n");
  if (with_body) out.append(reply.body);
  return out;
}

}  // namespace tapedeck::web
