#!/usr/bin/python3
"""A second opinion on a tape: what its rows must be, derived anew from its frames.

  tape_oracle.py TAPE

Reads the frames of the feeds that it knows, derives from the services' documents and the tape's
contract which rows they must have given, and compares them with the rows on the tape, both ways.
One line a difference, then `N frames, M rows, K differences`. Exit code 0: none; 1: some; 2: not a
tape that can be read.

It shares no code and no reading of the documents with the normalizers, and is kept that way: do not
make it agree with them by looking at them. Rows that came by REST are not derived; they excuse the
same event's absence among the frames'. Where the contract leaves freedom it is taken leniently, and
a comment says so ("Freedom:").
"""
import re
import sqlite3
import sys
from urllib.parse import quote

sys.dont_write_bytecode = True  # nothing appears in the source tree

from tape_oracle_feeds import DERIVE, derive
from tape_oracle_feeds.rows import ROW_TABLES
from tape_oracle_values import Obj, parse, same

COMMON = "id frame_id request_id feed origin recv_ns event_ns".split()
TABLES = {
    "session": "id name started_ns ended_ns outcome recorder_version host config",
    "connection": "id feed endpoint url attempt opened_ns ready_ns closed_ns close_code "
                  "close_reason closed_by error",
    "frame": "id connection_id recv_ns direction opcode payload",
    "request": "id feed purpose sent_ns recv_ns method url status body error",
    "gap": "id feed stream cause from_ns to_ns after_cursor method status recovered detail",
    "cursor": "feed stream value recv_ns",
}
BOOLEANS = {"is_liquidation", "is_closed", "is_taker", "is_call", "active"}
# Identifiers and counts of the services: INTEGER where they fit 64 signed bits, else TEXT.
IDS = {"as_of_block", "algorithm_id", "latency_ms", "order_id", "fill_id", "auction_id",
       "competition_id", "rank", "seconds_remaining", ("fill", "trade_id")}
ENDPOINTS = {"alterscope": {"v2/ws/factors"}, "alphahub": {"socket/websocket"},
             "nexusglass": {"ws", "ws/nexus-bridge", "ws/fastfeed"}, "hypercall": {"ws"},
             "marketai": {"/"}}
ONE_OF = {
    ("session", "outcome"): {"open", "closed", "interrupted"},
    ("connection", "closed_by"): {"server", "client", "network", None},
    ("frame", "direction"): {"in", "out"},
    ("frame", "opcode"): {1, 2, 8, 9, 10},
    ("request", "purpose"): {"login", "gapfill", "snapshot", "cursor"},
    ("gap", "cause"): {"disconnect", "restart", "sequence", "channel", "overload"},
    ("gap", "method"): {"after", "snapshot", "peer", "none"},
    ("gap", "status"): {"open", "filled", "partial", "unfillable"},
}


# ---- The tape


class Tape:
    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)
        # TEXT that is no UTF-8 must not stop the reading: it is a difference to be named.
        self.db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")

    def all(self, sql):
        self.db.row_factory = sqlite3.Row
        return [dict(row) for row in self.db.execute(sql)]

    def frames(self):
        return self.db.execute(
            "SELECT id, connection_id, recv_ns, direction, opcode, CAST(payload AS BLOB), "
            "typeof(payload) FROM frame ORDER BY id")


class Judge:
    def __init__(self, tape):
        self.tape = tape
        self.differences = 0
        self.frame_count = 0
        self.row_count = 0
        self.connections = {}
        self.recv_ns = {}  # of each frame
        self.wanted = {}  # (table, frame) → rows
        self.seen = set()  # identities of events
        self.delivered = {}  # events without one: what → deliveries by redundant connection
        self.closes = {}  # (connection, direction) → close code

    def differ(self, line):
        self.differences += 1
        print(line.encode("utf-8", "backslashreplace").decode().replace("\n", "\\n"))

    def expect(self, true, line):
        if not true:
            self.differ(line)

    # The layout and the tables of the recording.

    def judge_layout(self):
        for pragma, value in (("application_id", 0x54415045), ("user_version", 1)):
            found = self.tape.db.execute("PRAGMA " + pragma).fetchone()[0]
            self.expect(found == value, f"{pragma}: expected {value}, tape has {found}")
        missing = False
        for table, columns in (TABLES | ROW_TABLES).items():
            wanted = columns.split() if isinstance(columns, str) else COMMON + columns
            found = [row[1] for row in self.tape.db.execute(f"PRAGMA table_info({table})")]
            lacking = [column for column in wanted if column not in found]
            self.expect(not lacking, f"{table}: column missing: {', '.join(lacking)}")
            missing = missing or bool(lacking)
            if table in ROW_TABLES:
                begin = found[:len(COMMON)]
                self.expect(begin == COMMON, f"{table}: begins with {', '.join(begin)}")
        return not missing

    def judge_values(self):
        """Storage classes and enumerations of every column of every table."""
        for (table, column), allowed in ONE_OF.items():
            for (value,) in self.tape.db.execute(f"SELECT DISTINCT {column} FROM {table}"):
                self.expect(value in allowed, f"{table}.{column}: {value!r} is not allowed")
        for table in TABLES | ROW_TABLES:
            for _, column, *_ in self.tape.db.execute(f"PRAGMA table_info({table})").fetchall():
                if (table, column) == ("frame", "payload"):
                    continue
                classes = {"text", "null"}
                if column.endswith("_ns") or column in BOOLEANS:
                    classes = {"integer", "null"}
                elif column in IDS or (table, column) in IDS:
                    classes = {"integer", "text", "null"}
                elif table in TABLES or column in COMMON or column == "leg":
                    classes = {"integer", "text", "null"}
                for found, count in self.tape.db.execute(
                        f"SELECT typeof({column}), count(*) FROM {table} GROUP BY 1").fetchall():
                    self.expect(found in classes, f"{table}.{column}: {count} stored as {found}")
                if column in BOOLEANS:
                    for (value,) in self.tape.db.execute(
                            f"SELECT DISTINCT {column} FROM {table} WHERE {column} NOT IN (0, 1)"):
                        self.differ(f"{table}.{column}: {value!r} is no boolean")

    def judge_session(self):
        rows = self.tape.all("SELECT * FROM session")
        if len(rows) != 1:
            return self.differ(f"session: {len(rows)} rows")
        (session,) = rows
        for column in ("name", "recorder_version", "host", "config"):
            self.expect(session[column], f"session.{column}: {session[column]!r}")
        if session["outcome"] == "closed":
            self.expect((session["ended_ns"] or 0) >= session["started_ns"],
                        f"session.ended_ns: {session['ended_ns']}")
        try:
            self.judge_secrets(parse(session["config"]), "session.config")
        except ValueError as error:
            self.differ(f"session.config: no JSON: {error}")

    def judge_secrets(self, value, where):
        for key, inner in value if isinstance(value, Obj) else enumerate(value):
            if key in ("api_key", "email", "password", "token", "renew_token"):
                self.expect(inner == "***", f"{where}.{key}: not redacted")
            elif isinstance(inner, (Obj, list)):
                self.judge_secrets(inner, f"{where}.{key}")

    def judge_requests(self):
        for request in self.tape.all("SELECT * FROM request WHERE status = 200"):
            name = f"request {request['id']}"
            self.expect(re.match("https?://", request["url"] or ""),
                        f"{name} url: {request['url']!r}")
            try:
                body = parse(request["body"])
            except (TypeError, ValueError) as error:
                self.differ(f"{name} body: no JSON: {error}")
                continue
            data = body.get("data") if isinstance(body, Obj) else None
            if request["purpose"] == "login":
                self.expect(isinstance(data, Obj) and "token" in data, f"{name} body: no token")
            if isinstance(body, (Obj, list)):
                self.judge_secrets(body, f"{name} body")

    def judge_connections(self):
        closed = self.tape.all("SELECT outcome FROM session") == [{"outcome": "closed"}]
        for c in self.connections.values():
            name = f"connection {c['id']}"
            known = ENDPOINTS.get(c["feed"])
            self.expect(known is None or c["endpoint"] in known,
                        f"{name} endpoint: {c['endpoint']!r}")
            self.expect(re.match("wss?://", c["url"] or ""), f"{name} url: {c['url']!r}")
            for secret in re.findall(r"[?&](?:api_)?(?:token|key)=([^&]*)", c["url"] or ""):
                self.expect(secret == "***", f"{name} url: not redacted")
            self.expect((c["attempt"] or 0) >= 1, f"{name} attempt: {c['attempt']!r}")
            if c["ready_ns"] is not None:
                self.expect(c["opened_ns"] is not None, f"{name} opened_ns: NULL, but it was ready")
            if closed:
                self.expect(c["closed_ns"] is not None and c["closed_by"] is not None,
                            f"{name} closed_ns, closed_by: {c['closed_ns']!r}, {c['closed_by']!r} "
                            "in a closed session")
            if closed and c["opened_ns"] is None:
                self.expect(c["error"], f"{name} error: NULL, but it never opened")
            direction = {"server": "in", "client": "out"}.get(c["closed_by"])
            code = self.closes.get((c["id"], direction))
            self.expect(code in (None, c["close_code"]),
                        f"{name} close_code: expected {code} by its frame, tape has "
                        f"{c['close_code']}")

    # Frames, and the rows that they demand.

    def read_frames(self):
        expected_id = 1
        for frame in self.tape.frames():
            frame_id, connection_id, recv_ns, direction, opcode, payload, stored = frame
            self.frame_count += 1
            self.expect(frame_id == expected_id, f"frame {frame_id}: expected id {expected_id}")
            expected_id = frame_id + 1
            self.recv_ns[frame_id] = recv_ns
            try:
                payload.decode("utf-8")
                wanted = "text" if opcode == 1 else "blob"
            except UnicodeDecodeError:
                wanted = "blob"
            self.expect(stored == wanted,
                        f"frame {frame_id} payload: expected {wanted}, stored as {stored}")
            connection = self.connections.get(connection_id)
            if connection is None:
                self.differ(f"frame {frame_id} connection_id: no connection {connection_id}")
                continue
            if opcode == 8 and len(payload) >= 2:
                self.closes[(connection_id, direction)] = int.from_bytes(payload[:2], "big")
            if direction == "in" and opcode in (1, 2) and connection["feed"] in DERIVE:
                self.want(frame_id, connection, opcode, payload)

    def want(self, frame_id, connection, opcode, payload):
        feed, endpoint = connection["feed"], connection["endpoint"]
        for index, row in enumerate(derive(feed, endpoint, opcode, payload)):
            row.feed = feed
            if row.identity is not None:
                key = (feed, row.table, row.identity)
                if key in self.seen:
                    continue
                self.seen.add(key)
            elif row.table != "feed_error":
                # Redundant connections fold as multisets: a row when one of them has delivered it
                # once more often than any did before. One connection alone never folds.
                what = (index, payload) if row.event is None else row.event
                counts = self.delivered.setdefault((feed, endpoint, row.table, what), {})
                before = max(counts.values(), default=0)
                slot = connection.get("slot") or 0
                counts[slot] = counts.get(slot, 0) + 1
                if counts[slot] <= before:
                    continue
            self.wanted.setdefault((row.table, frame_id), []).append(row)

    # The rows on the tape against them.

    def judge_rows(self, table):
        found, by_request = {}, []
        for row in self.tape.all(f"SELECT * FROM {table} ORDER BY id"):
            if row["feed"] not in DERIVE:
                continue
            self.row_count += 1
            if row["frame_id"] is not None:
                found.setdefault(row["frame_id"], []).append(row)
                self.expect(row["request_id"] is None,
                            f"{table} {row['id']} request_id: expected None beside a frame")
            elif row["request_id"] is None:
                self.differ(f"{table} {row['id']}: neither of a frame nor of a request")
            else:
                by_request.append(row)
        frames = sorted({frame for t, frame in self.wanted if t == table} | set(found))
        for frame in frames:
            self.judge_frame_rows(table, frame, self.wanted.get((table, frame), []),
                                  found.get(frame, []), by_request)

    def unlike(self, wanted, frame, row):
        """The columns in which a row isn't what it must be, as (column, expected, found)."""
        cells = wanted.cells | {"feed": wanted.feed, "origin": wanted.origin,
                                "recv_ns": self.recv_ns.get(frame), "event_ns": wanted.event_ns}
        return [(column, value, row[column]) for column, value in cells.items()
                if not same(value, row[column])]

    def judge_frame_rows(self, table, frame, wanted, found, by_request):
        wanted, found = list(wanted), list(found)
        # Freedom: the order of one frame's rows. Equal ones are paired first, then the most alike.
        for want in list(wanted):
            equal = next((row for row in found if not self.unlike(want, frame, row)), None)
            if equal is not None:
                wanted.remove(want)
                found.remove(equal)
        while wanted and found:
            want, row = min(((w, r) for w in wanted for r in found),
                            key=lambda pair: len(self.unlike(pair[0], frame, pair[1])))
            for column, value, cell in self.unlike(want, frame, row):
                self.differ(f"{table} {row['id']} {column}: expected {value!r} by frame {frame}, "
                            f"tape has {cell!r}")
            wanted.remove(want)
            found.remove(row)
        for want in wanted:
            if not want.optional and not self.excused(want, by_request):
                self.differ(f"{table}: missing the row of frame {frame}: {want.cells}")
        for row in found:
            self.differ(f"{table} {row['id']}: unexpected, frame {frame} gives no such row: {row}")

    def excused(self, want, by_request):
        """Whether REST brought the event first; each of its rows is one event."""
        told = want.cells if want.by_rest is None else want.by_rest
        for row in by_request:
            if row["feed"] == want.feed and all(
                    same(value, row[column]) for column, value in told.items()
                    if value is not None):
                by_request.remove(row)
                return True
        return False

    def run(self):
        if self.judge_layout():
            self.connections = {c["id"]: c for c in self.tape.all("SELECT * FROM connection")}
            self.judge_values()
            self.judge_session()
            self.read_frames()
            self.judge_connections()
            self.judge_requests()
            for table in ROW_TABLES:
                self.judge_rows(table)
        print(f"{self.frame_count} frames, {self.row_count} rows, {self.differences} differences")
        return 1 if self.differences else 0


def main(words):
    if len(words) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return Judge(Tape(words[0])).run()
    except sqlite3.Error as error:
        print(f"{words[0]}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
