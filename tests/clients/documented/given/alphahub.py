# The package `alphahub`, of the calls that the README prints.
import functools
import sys
import types

import alphahub_client

sys.modules["alphahub"] = types.SimpleNamespace(
    Connection=functools.partial(
        alphahub_client.Connection, http="https://alphahub.us", ws="wss://alphahub.us"
    )
)
