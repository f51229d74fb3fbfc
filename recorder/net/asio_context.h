// The Asio context under a loop. Private to recorder/net.
#pragma once

#include <boost/asio/io_context.hpp>

#include "recorder/net/io_loop.h"

namespace tapedeck::net {

boost::asio::io_context& context_of(IoLoop& loop);

}  // namespace tapedeck::net
