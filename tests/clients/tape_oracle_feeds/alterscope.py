"""Alterscope ("Sample message"): what a frame must become."""
from tape_oracle_feeds.rows import Broken, Row, need
from tape_oracle_values import Either, Num, Obj, SomeText, by_size, rfc3339, text, whole


def error(message):
    # Freedom: REST errors are `{"error":{"code","message"}}`; on the socket none is documented.
    inner = message.get("error")
    said = inner if isinstance(inner, Obj) else message
    sent = text(said.get("message"))
    return [Row("feed_error", None, {"code": text(said.get("code")),
                                     "message": SomeText() if sent is None else sent})]


def alterscope(_, message):
    need(message)
    kind = message.get("type")
    if kind == "error" or (kind is None and "error" in message):
        return error(message)
    if kind != "factor.changed":
        raise Broken("unknown type")
    need(message, "opportunity_id", "factor", "current")
    cells = {key: text(message.get(key)) for key in ("opportunity_id", "factor", "previous",
                                                     "current")}
    cells["as_of_block"] = whole(message.get("as_of_block"))
    as_of = message.get("as_of")
    # Freedom: documented as RFC 3339 alone.
    at = Either(None, by_size(as_of)) if isinstance(as_of, Num) else rfc3339(as_of)
    return [Row("factor", at, cells)]
