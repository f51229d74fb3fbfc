// An accepted connection's bytes, plain or TLS, behind one type: what is above it is compiled once
// and without Asio. Private to replay/net.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace tapedeck::web {

// Used on the server's thread. Every callback comes from the loop, never from inside the call that
// asked for it; what it captures must keep the buffer and the stream's owner alive.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // `ok` is false when the connection is at its end or broken; `bytes` is then 0.
  using Done = std::function<void(bool ok, std::size_t bytes)>;

  virtual const std::string& address() const = 0;  // `127.0.0.1:53124`

  // The TLS handshake; nothing but a callback for a plain stream.
  virtual void handshake(std::function<void(bool ok)> done) = 0;
  // One read and one write may be under way at a time. Both do as much as the socket takes at once.
  virtual void read_some(char* data, std::size_t size, Done done) = 0;
  virtual void write_some(const char* data, std::size_t size, Done done) = 0;
  // Tells the client that nothing more comes (TLS close_notify, FIN). Reading goes on.
  virtual void finish_sending() = 0;
  // Drops the connection; what is under way is called with ok = false. Idempotent.
  virtual void close() = 0;
  // As close(), but with a TCP reset and whatever the kernel still holds thrown away.
  virtual void reset() = 0;
};

}  // namespace tapedeck::web
