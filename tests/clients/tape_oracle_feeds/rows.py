"""What the feeds' derivations share: the tables of rows, and a row that must be there."""
from tape_oracle_values import Obj

ROW_TABLES = {
    "factor": "opportunity_id factor previous current as_of_block",
    "signal": "algorithm_id action leg symbol side price",
    "alert": "event_id type priority severity symbol confidence latency_ms narrative data",
    "snapshot": "endpoint type symbol data",
    "trade": "venue symbol price size side trade_id is_liquidation",
    "quote": "venue symbol bid ask mid vwap volume_24h obi max_arb_bps trend",
    "book": "venue symbol best_bid best_ask bids asks mid spread_bps metrics",
    "liquidation": "venue symbol side price size notional",
    "funding": "venue symbol rate predicted_rate next_ns",
    "candle": "venue symbol interval open high low close volume open_ns close_ns is_closed",
    "narrative": "symbol text source",
    "prediction": "coin timeframe up_price down_price volume liquidity seconds_remaining active",
    "order_update": "order_id client_order_id symbol side price size status filled_size "
                    "remaining_size avg_fill_price reason wallet",
    "fill": "fill_id order_id trade_id symbol side price size fee is_taker wallet "
            "builder_code_address builder_code_fee",
    "greeks": "symbol quantity delta gamma theta vega iv",
    "portfolio": "kind data",
    "market": "action symbol underlying strike is_call expiry_ns",
    "settlement": "wallet symbol position_size settlement_price settlement_value",
    "liquidation_state": "wallet previous_state new_state equity mm_required shortfall auction_id",
    "competition": "wallet lifetime_realized_pnl competition_id competition_name "
                   "competition_state rank pnl volume efficiency medal",
    "index_price": "underlying price",
    "option_chain": "action underlying expiry_ns strike option_type symbol data",
    "feed_error": "code message",
    "unparsed": "reason",
}
ROW_TABLES = {table: columns.split() for table, columns in ROW_TABLES.items()}


class Broken(Exception):
    """A data frame that breaks its feed's rules: an `unparsed` row."""


class Row:
    def __init__(self, table, event_ns, cells, origin="live", identity=None, optional=False,
                 event=None, by_rest=None):
        self.table, self.event_ns, self.origin = table, event_ns, origin
        self.identity = identity  # what makes two deliveries one event; None: nothing does
        self.event = event  # what redundant connections deliver again; None: the frame's bytes
        self.optional = optional
        self.by_rest = by_rest  # what REST tells of it, where that isn't every cell that is sent
        self.cells = dict.fromkeys(ROW_TABLES[table])
        assert set(cells) <= set(self.cells), cells
        self.cells.update(cells)


def need(obj, *keys):
    """The objects' rule: these are there."""
    if not isinstance(obj, Obj):
        raise Broken("no object")
    for key in keys:
        if key not in obj:
            raise Broken("no " + key)
    return obj
