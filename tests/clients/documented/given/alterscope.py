# What the page leaves to its reader: a key, and what to do with an update.
import os

os.environ["ALTERSCOPE_API_KEY"] = "a-key"


def apply_factor_update(event):
    print(event["opportunity_id"], event["factor"])
