"""What one inbound frame must become: the rows that the tape's contract demands.

For tape_oracle.py; a file a feed, written from the service's document and the contract. Where these
leave freedom it is taken leniently, and a comment says so ("Freedom:").
"""
from tape_oracle_feeds.alphahub import alphahub
from tape_oracle_feeds.alterscope import alterscope
from tape_oracle_feeds.hypercall import hypercall
from tape_oracle_feeds.marketai import marketai
from tape_oracle_feeds.nexusglass import nexusglass
from tape_oracle_feeds.rows import Broken, Row
from tape_oracle_values import SomeText, parse

DERIVE = {"alterscope": alterscope, "alphahub": alphahub, "nexusglass": nexusglass,
          "hypercall": hypercall, "marketai": marketai}


def derive(feed, endpoint, opcode, payload):
    """The rows that one inbound text or binary frame gives by itself."""
    try:
        if opcode != 1:
            raise Broken("binary")
        return DERIVE[feed](endpoint, parse(payload.decode("utf-8")))
    except (Broken, ValueError, RecursionError, TypeError, AttributeError, IndexError):
        return [Row("unparsed", None, {"reason": SomeText()})]
