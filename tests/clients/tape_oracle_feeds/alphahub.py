"""AlphaHub (README, "Signal message"): what a frame must become."""
import re

from tape_oracle_feeds.rows import Broken, Row
from tape_oracle_values import (
    Either, Num, Obj, SomeText, by_size, by_value, canon, lower, rfc3339, text)


def named(obj):
    """An object whose names have lost the blanks around them: the document has `" symbol"`."""
    if not isinstance(obj, Obj):
        raise Broken("no object")
    # A name as documented goes before one with blanks.
    return Obj(sorted(((key.strip(), value) for key, value in obj),
                      key=lambda pair: pair not in obj))


def moment(value):
    """`2021-04-26 T14:30:00` and `2021-04-26T14:30:01`; UTC where no zone is named."""
    if isinstance(value, Num):
        return Either(None, by_size(value))  # Freedom: documented as a text alone.
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d) *[T ] *(\d\d:\d\d:\d\d(?:\.\d+)?) *(\S*)", value or "")
    return match and rfc3339("{}T{}{}".format(match[1], match[2], match[3] or "Z"))


def signals(topic, payload):
    match = re.fullmatch(r"algorithms:(\d+)", topic)
    lists = named(payload)
    if not match or ("open" not in lists and "close" not in lists):
        raise Broken("no signals")
    rows = []
    for action, legs in lists:
        if action not in ("open", "close"):
            continue
        if not isinstance(legs, list):
            raise Broken("no list")
        for number, sent in enumerate(legs):
            leg = named(sent)
            if "symbol" not in leg:
                raise Broken("no symbol")
            cells = {"algorithm_id": int(match[1]), "action": action, "leg": number,
                     "symbol": text(leg.get("symbol")), "side": lower(leg.get("side")),
                     "price": text(leg.get("price"))}
            # The history lists legs without their action and place; it may write a price otherwise.
            by_rest = {"algorithm_id": int(match[1]), "symbol": cells["symbol"],
                       "side": cells["side"], "price": by_value(leg.get("price")),
                       "event_ns": moment(leg.get("timestamp"))}
            # Redundant connections fold leg by leg.
            rows.append(Row("signal", moment(leg.get("timestamp")), cells,
                            event=(topic, action, canon(sent)), by_rest=by_rest))
    return rows


def alphahub(_, message):
    if not isinstance(message, list) or len(message) < 5:
        raise Broken("no message of Phoenix")
    _, _, topic, event, payload = message[:5]
    if not isinstance(topic, str) or not isinstance(event, str) or isinstance(topic, Num):
        raise Broken("no message of Phoenix")
    if event == "new_signals":
        return signals(topic, payload)
    if event == "phx_close" or (event == "phx_reply" and payload.get("status") == "ok"):
        return []
    if event in ("phx_reply", "phx_error"):
        # Freedom: an error has neither code nor words of its own.
        return [Row("feed_error", None, {"code": SomeText(), "message": SomeText()})]
    raise Broken("unknown event")
