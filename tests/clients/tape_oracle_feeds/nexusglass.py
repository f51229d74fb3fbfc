"""NexusGlass: what a frame must become."""
from tape_oracle_feeds.rows import Broken, Row, need
from tape_oracle_values import (
    Either, Json, Obj, SomeText, as_json, by_size, rfc3339, text, whole)


def nexus_time(value):
    moment = rfc3339(value) if isinstance(value, str) else None
    return by_size(value) if moment is None else moment


def nexus_alert(event, origin):
    # Freedom: an event in a list may be bare or wrapped like a live one.
    if isinstance(event, Obj) and event.get("type") == "EVENT" and "payload" in event:
        event = event.get("payload")
    need(event, "id")
    at = nexus_time(event.get("detected_at"))
    cells = {key: text(event.get(key)) for key in ("type", "priority", "severity", "symbol",
                                                   "confidence", "narrative")}
    cells.update(event_id=text(event.get("id")), latency_ms=whole(event.get("latency_ms")),
                 data=as_json(event.get("data")))
    identity = (text(event.get("id")), event.get("detected_at") if at is None else at)
    return Row("alert", at, cells, origin, identity)


def recent_events(payload):
    # Freedom: how the list is wrapped is undocumented.
    events = payload if isinstance(payload, list) else need(payload, "events").get("events")
    rows, broken = [], False
    for event in events:
        try:
            rows.append(nexus_alert(event, "snapshot"))
        except Broken:
            broken = True
    # What can be read is kept beside the one that cannot.
    return rows + ([Row("unparsed", None, {"reason": SomeText()})] if broken else [])


def market_data(endpoint, message):
    """Undocumented but for the envelope, times included: what looks like one is one."""
    payload = message.get("payload")
    inner = payload if isinstance(payload, Obj) else Obj()

    def get(key):
        return inner.get(key) if inner.get(key) is not None else message.get(key)

    times = [nexus_time(get(key)) for key in ("detected_at", "timestamp", "ts", "time")]
    at = next((time for time in times if time is not None), None)
    if at is None:
        at = Either(None, nexus_time(get("server_time")))
    # Freedom: what stands for a payload that is missing or null.
    data = Json(payload) if payload is not None else Either(None, Json(None), Json(message))
    cells = {"endpoint": endpoint, "type": text(message.get("type")), "symbol": text(get("symbol"))}
    return [Row("snapshot", at, cells | {"data": data})]


def nexusglass(endpoint, message):
    kind = need(message, "type").get("type")
    if kind in ("HANDSHAKE", "PING", "PONG"):
        return []
    payload = message.get("payload")
    if kind == "ERROR":
        # Freedom: an error that is a text alone.
        error = payload if isinstance(payload, Obj) else Obj([("message", payload)])
        return [Row("feed_error", None, {k: text(error.get(k)) for k in ("code", "message")})]
    if kind == "EVENT":
        return [nexus_alert(payload, "live")]
    if endpoint != "ws/fastfeed":
        return market_data(endpoint, message)
    if kind != "SNAPSHOT":
        raise Broken("unknown type")
    return recent_events(payload)
