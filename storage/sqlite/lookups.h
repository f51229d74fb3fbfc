// Where something stands on a tape, without a walk through all of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "schema/base/time.h"
#include "storage/sqlite/database.h"

namespace tapedeck::sqlite {

// The least id of a record of `table` that was received at `t` or later, found by halving.
Result<std::optional<std::int64_t>> first_received_at(Database& database, const std::string& table,
                                                      Ns t);

// As TapeReader's first_row_at().
Result<std::optional<std::int64_t>> first_row_at(Database& database, const std::string& table,
                                                 std::int64_t frame_id, Ns recv_ns);

// As TapeReader's last_received().
Result<std::map<std::int64_t, Ns>> last_received(Database& database,
                                                 std::set<std::int64_t> connections);

// A whole number of the last frame; nullopt on a tape without frames.
Result<std::optional<std::int64_t>> of_last_frame(Database& database, const std::string& column);

}  // namespace tapedeck::sqlite
