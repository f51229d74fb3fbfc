#include "storage/export.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <span>

#include "schema/base/json.h"
#include "schema/base/text.h"
#include "schema/ws/codec.h"

namespace tapedeck {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} << 10U;

enum class FieldKind : std::uint8_t {
  plain,
  json,      // nested where a line is JSON
  optional,  // left out where a line is JSON and it is NULL
};

struct Field {
  std::string name;
  FieldKind kind = FieldKind::plain;
};

// Records as lines, handed on a chunk at a time.
class Lines {
 public:
  Lines(ExportFormat format, std::vector<Field> fields, const ExportWrite& write)
      : format_(format), fields_(std::move(fields)), write_(write) {}

  void header() {
    if (format_ == ExportFormat::jsonl) return;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (i > 0) text_ += ',';
      add_csv(fields_[i].name);
    }
    text_ += "\r\n";
  }

  // False when nobody reads any more.
  bool add(std::span<const Value> values) {
    format_ == ExportFormat::jsonl ? add_json(values) : add_csv(values);
    return text_.size() < kChunkBytes || flush();
  }

  bool flush() {
    const bool is_read = write_(text_);
    text_.clear();
    return is_read;
  }

 private:
  void add_csv(std::span<const Value> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text_ += ',';
      const Value& value = values[i];
      if (value.type == Value::Type::integer) text_ += std::to_string(value.integer);
      if (value.type == Value::Type::text) add_csv(value.text);
    }
    text_ += "\r\n";
  }

  // An empty text is quoted, which tells it from NULL.
  void add_csv(std::string_view text) {
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
      text_ += text;
      return;
    }
    text_ += '"';
    for (const char c : text) text_.append(c == '"' ? 2 : 1, c);
    text_ += '"';
  }

  void add_json(std::span<const Value> values) {
    text_ += '{';
    bool first = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Field& field = fields_[i];
      const Value& value = values[i];
      if (field.kind == FieldKind::optional && value.type == Value::Type::null) continue;
      if (!first) text_ += ',';
      first = false;
      const bool is_text = value.type != Value::Type::text || ws::is_valid_utf8(value.text);
      append_json_string(text_, is_text ? field.name : field.name + "_b64");
      text_ += ':';
      if (value.type == Value::Type::null) {
        text_ += "null";
      } else if (value.type == Value::Type::integer) {
        text_ += std::to_string(value.integer);
      } else if (!is_text) {
        append_json_string(text_, base64_encode(value.text));
      } else if (field.kind == FieldKind::json && doc_.parse(value.text)) {
        add_nested(value.text);
      } else {
        append_json_string(text_, value.text);
      }
    }
    text_ += "}\n";
  }

  // As it stands, but on one line: a line break in JSON can only be a blank between its tokens.
  void add_nested(std::string_view json) {
    const std::size_t begin = text_.size();
    text_ += json;
    std::replace_if(
        text_.begin() + static_cast<std::ptrdiff_t>(begin), text_.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }

  ExportFormat format_;
  std::vector<Field> fields_;
  const ExportWrite& write_;
  std::string text_;
  JsonDoc doc_;
};

bool is_within(Ns t, const ExportOptions& options) {
  return (!options.from || t >= *options.from) && (!options.to || t < *options.to);
}

// Which records of a table lie within the range, by the columns that the table has: those received
// within it; requests without an answer by when they were sent; connections and gaps that last into
// it.
class TimeFilter {
 public:
  TimeFilter(const std::string& table, const std::vector<std::string>& columns,
             const ExportOptions& options)
      : options_(options) {
    const auto find = [&](std::string_view name) {
      const auto found = std::find(columns.begin(), columns.end(), name);
      return found == columns.end() ? kNone : static_cast<std::size_t>(found - columns.begin());
    };
    if (table == "connection") {
      begin_ = {find("opened_ns"), find("closed_ns")};
      end_ = find("closed_ns");
      is_span_ = true;
    } else if (table == "gap") {
      begin_ = {find("from_ns"), kNone};
      end_ = find("to_ns");
      is_span_ = true;
    } else {
      begin_ = {find("recv_ns"), find("sent_ns")};
    }
  }

  bool wants(std::span<const Value> record) const {
    const Int begin = time_of(record, begin_[0], begin_[1]);
    if (!begin) return true;
    if (!is_span_) return is_within(*begin, options_);
    const Ns end = time_of(record, end_, kNone).value_or(std::numeric_limits<Ns>::max());
    return (!options_.from || end >= *options_.from) && (!options_.to || *begin < *options_.to);
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  static Int time_of(std::span<const Value> record, std::size_t column, std::size_t otherwise) {
    for (const std::size_t i : {column, otherwise}) {
      if (i != kNone && record[i].type == Value::Type::integer) return record[i].integer;
    }
    return std::nullopt;
  }

  const ExportOptions& options_;
  std::array<std::size_t, 2> begin_{kNone, kNone};
  std::size_t end_ = kNone;
  bool is_span_ = false;
};

FieldKind kind_of(const std::string& table, const std::string& column) {
  if (table == "session" && column == "config") return FieldKind::json;
  const Table* known = find_table(table);
  if (known == nullptr) return FieldKind::plain;
  const auto found = std::find_if(known->columns.begin(), known->columns.end(),
                                  [&](const Column& own) { return own.name == column; });
  return found != known->columns.end() && found->type == ColumnType::json ? FieldKind::json
                                                                          : FieldKind::plain;
}

Result<void> export_table(TapeReader& tape, const ExportOptions& options,
                          const ExportWrite& write) {
  auto cursor = tape.records(options.what);
  if (!cursor) return cursor.error();
  const std::vector<std::string>& columns = (*cursor)->columns();
  std::vector<Field> fields;
  fields.reserve(columns.size());
  for (const std::string& column : columns) {
    fields.push_back({column, kind_of(options.what, column)});
  }
  Lines lines(options.format, std::move(fields), write);
  lines.header();
  const TimeFilter filter(options.what, columns, options);
  std::span<const Value> record;
  while (true) {
    const auto more = (*cursor)->next(record);
    if (!more) return more.error();
    if (!*more) break;
    if (filter.wants(record) && !lines.add(record)) return {};
  }
  lines.flush();
  return {};
}

// The connections that frames name, looked up again when a new one comes on a tape that grows.
class Connections {
 public:
  explicit Connections(TapeReader& tape) : tape_(tape) {}

  Result<const ConnectionInfo*> find(std::int64_t id) {
    if (const auto found = by_id_.find(id); found != by_id_.end()) return &found->second;
    auto all = tape_.connections();
    if (!all) return all.error();
    for (ConnectionInfo& connection : *all) by_id_[connection.id] = std::move(connection);
    if (const auto found = by_id_.find(id); found != by_id_.end()) return &found->second;
    return &by_id_[id];  // a damaged tape: its feed and endpoint are empty
  }

 private:
  TapeReader& tape_;
  std::map<std::int64_t, ConnectionInfo> by_id_;
};

Result<void> export_frames(TapeReader& tape, const ExportOptions& options,
                           const ExportWrite& write) {
  Lines lines(options.format,
              {{"id"},
               {"connection_id"},
               {"feed"},
               {"endpoint"},
               {"recv_ns"},
               {"direction"},
               {"opcode"},
               {"payload", FieldKind::optional},
               {"payload_b64", FieldKind::optional}},
              write);
  lines.header();
  auto cursor = tape.frames(kFirstId);
  if (!cursor) return cursor.error();
  Connections connections(tape);
  FrameRecord frame;
  std::string base64;
  while (true) {
    const auto more = (*cursor)->next(frame);
    if (!more) return more.error();
    if (!*more) break;
    if (!is_within(frame.recv_ns, options)) continue;
    const auto connection = connections.find(frame.connection_id);
    if (!connection) return connection.error();
    // As on the tape: a text is a text frame's payload, all else are bytes.
    const bool is_text = frame.opcode == Opcode::text && ws::is_valid_utf8(frame.payload);
    if (!is_text) base64 = base64_encode(frame.payload);
    const std::array<Value, 9> record = {
        Value(Int(frame.id)),
        Value(Int(frame.connection_id)),
        Value(Text((*connection)->feed)),
        Value(Text((*connection)->endpoint)),
        Value(Int(frame.recv_ns)),
        Value(to_string(frame.direction)),
        Value(Int(static_cast<std::int64_t>(frame.opcode))),
        is_text ? Value(frame.payload.data() == nullptr ? Text("") : frame.payload) : Value(),
        is_text ? Value() : Value(Text(base64))};
    if (!lines.add(record)) return {};
  }
  lines.flush();
  return {};
}

}  // namespace

Result<std::vector<std::string>> exportable(TapeReader& tape) {
  auto names = tape.tables();
  if (names) names->insert(names->begin(), "frames");
  return names;
}

Result<void> export_records(TapeReader& tape, const ExportOptions& options,
                            const ExportWrite& write) {
  return options.what == "frames" ? export_frames(tape, options, write)
                                  : export_table(tape, options, write);
}

}  // namespace tapedeck
