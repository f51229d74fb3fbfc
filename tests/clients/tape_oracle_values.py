"""JSON as it was sent, and what a cell of the tape must hold. For tape_oracle.py."""
import datetime
import decimal
import json
import re

# ---- JSON that keeps the digits of numbers, the order of keys and keys that come twice


class Num(str):
    """A JSON number: its digits as sent."""


class Obj(tuple):
    """A JSON object: its pairs as sent."""

    def all(self, key):
        return [v for k, v in self if k == key]

    def get(self, key):
        return next(iter(self.all(key)), None)

    def __contains__(self, key):
        return bool(self.all(key))


def refuse(word):
    raise ValueError(word + " is no JSON")


def parse(text):
    """Also refuses a lone surrogate's escape, which no UTF-8 holds (a ValueError too)."""
    value = json.loads(text, parse_float=Num, parse_int=Num, parse_constant=refuse,
                       object_pairs_hook=Obj)
    check_utf8(value)
    return value


def check_utf8(value):
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, (list, tuple)):
        for inner in value:
            check_utf8(inner)


def canon(value):
    """Equal for equal JSON: numbers by digits, objects by pairs in any order of different keys."""
    if isinstance(value, Obj):
        pairs = [(k, canon(v)) for k, v in value]
        return ("object", tuple(sorted(pairs, key=lambda pair: pair[0])))
    if isinstance(value, list):
        return ("array", tuple(canon(v) for v in value))
    return (type(value).__name__, value)


# ---- What a cell must be


class Json:
    """TEXT holding this JSON. Freedom: its white space, escapes and order of keys."""

    def __init__(self, value):
        self.value = value

    def same(self, cell):
        try:
            return isinstance(cell, str) and canon(parse(cell)) == canon(self.value)
        except ValueError:
            return False

    def __repr__(self):
        return "JSON like " + repr(self.value)[:200]


class MessageJson(Json):
    """The message. Freedom: with or without what other columns say (`type`, `timestamp`)."""

    def same(self, cell):
        try:
            sent = parse(cell) if isinstance(cell, str) else None
        except ValueError:
            return False
        if not isinstance(sent, Obj):
            return False

        def rest(message):
            return canon(Obj(pair for pair in message if pair[0] not in ("type", "timestamp")))

        return rest(sent) == rest(self.value) and all(
            canon(value) in map(canon, self.value.all(key)) for key, value in sent)


class Members(Json):
    """An object of this one's members, as sent. Freedom: the optional ones, and their order."""

    def __init__(self, value, optional):
        super().__init__(value)
        self.optional = optional

    def same(self, cell):
        try:
            sent = parse(cell) if isinstance(cell, str) else None
        except ValueError:
            return False
        if not isinstance(sent, Obj):
            return False
        demanded = [(k, canon(v)) for k, v in self.value if k not in self.optional]
        found = [(k, canon(v)) for k, v in sent]
        return all(pair in found for pair in demanded) and all(
            (k, v) in [(name, canon(value)) for name, value in self.value] for k, v in found)


class Either:
    """Freedom: any of these."""

    def __init__(self, *choices):
        self.choices = choices

    def same(self, cell):
        return any(same(choice, cell) for choice in self.choices)

    def __repr__(self):
        return " or ".join(map(repr, self.choices))


class SomeText:
    """Freedom: the words."""

    def same(self, cell):
        return isinstance(cell, str) and cell != ""

    def __repr__(self):
        return "a text"


class SameNumber:
    """Freedom: how it is written."""

    def __init__(self, value):
        self.value = value

    def same(self, cell):
        try:
            return isinstance(cell, str) and decimal.Decimal(cell) == decimal.Decimal(self.value)
        except ArithmeticError:
            return cell == self.value

    def __repr__(self):
        return f"a number like {self.value}"


def by_value(value):
    return SameNumber(value) if isinstance(value, str) else None


def same(wanted, cell):
    if hasattr(wanted, "same"):
        return wanted.same(cell)
    return wanted == cell and isinstance(wanted, int) == isinstance(cell, int)


def text(value):
    """A scalar as the text that was sent."""
    return str(value) if isinstance(value, str) else None


def lower(value):
    return value.lower() if isinstance(value, str) else None


def whole(value):
    """An identifier or count."""
    if isinstance(value, Num) and re.fullmatch(r"-?\d+", value) and -(2**63) <= int(value) < 2**63:
        return int(value)
    return text(value)


def flag(value):
    return int(value) if isinstance(value, bool) else None


def as_json(value):
    return None if value is None else Json(value)


def scaled(value, unit_ns):
    """A Unix time in units of unit_ns, as nanoseconds. Freedom: its digits in a string."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", value):
        return None
    return int((decimal.Decimal(str(value)) * unit_ns).to_integral_value(decimal.ROUND_FLOOR))


def by_size(value):
    """A Unix time whose unit is undocumented: the one that its size tells (s, ms, us, ns).
    Freedom: as a number or its digits in a string."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return None
    digits = len(value.split(".")[0].lstrip("-"))
    power = 9 if digits <= 11 else 6 if digits <= 14 else 3 if digits <= 17 else 0
    return scaled(Num(value), 10**power)


def millis(value):
    return scaled(value, 10**6)


def seconds(value):
    return scaled(value, 10**9)


def rfc3339(value):
    match = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", value or "")
    if not match:
        return None
    day, clock, fraction, zone = match.groups()
    offset = "+00:00" if zone in "Zz" else zone
    moment = datetime.datetime.fromisoformat(f"{day}T{clock}{offset}")
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (since.days * 86400 + since.seconds) * 10**9 + int((fraction or "")[:9].ljust(9, "0"))
