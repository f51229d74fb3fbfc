"""Market.ai ("Channels", "Error Handling"): what a frame must become."""
from tape_oracle_feeds.rows import Broken, Row, need
from tape_oracle_values import (
    Json, Members, Obj, SomeText, as_json, flag, lower, millis, text, whole)


def cells_of(data, **names):
    """Cells by the name that their member has in the message."""
    return {column: text(data.get(name)) for column, name in names.items()}


def quotes(data, at):
    need(data, "symbol")
    symbol = text(data.get("symbol"))
    total = cells_of(data, symbol="symbol", mid="global_mid", vwap="global_vwap",
                     max_arb_bps="max_arb_bps", trend="consensus_trend")
    rows = [Row("quote", at, total)]
    for venue in data.get("exchanges") or []:
        cells = cells_of(need(venue, "exchange"), venue="exchange", bid="bid", ask="ask", mid="mid",
                         volume_24h="volume_24h", obi="obi")
        rows.append(Row("quote", at, cells | {"symbol": symbol}))
    return rows


def walls(side):
    if side is None:
        return None
    if not isinstance(side, list):
        raise Broken("no list of walls")
    return Json([[str(need(wall, "price", "quantity").get(key)) for key in ("price", "quantity")]
                 for wall in side])


def book(data, at):
    need(data, "symbol")
    cells = cells_of(data, venue="exchange", symbol="symbol", best_bid="best_bid",
                     best_ask="best_ask", mid="mid_price", spread_bps="spread_bps")
    cells.update(bids=walls(data.get("bid_walls")), asks=walls(data.get("ask_walls")))
    # The analysis is what no other column has. Freedom: with more of the message's members or not.
    said = ("symbol", "exchange", "best_bid", "best_ask", "mid_price", "spread_bps", "bid_walls",
            "ask_walls", "timestamp")
    return [Row("book", at, cells | {"metrics": Members(data, optional=said)})]


def trades(data, at):
    need(data, "symbol", "price", "quantity")
    cells = cells_of(data, venue="exchange", symbol="symbol", price="price", size="quantity",
                     trade_id="trade_id")
    cells.update(side=lower(data.get("side")), is_liquidation=flag(data.get("is_liquidation")))
    # A venue's number. Venues number each symbol's trades by themselves.
    number = cells["trade_id"]
    identity = None if number is None else (cells["venue"], cells["symbol"], number)
    return [Row("trade", at, cells, identity=identity)]


def signals(data, at):
    need(data, "signal_type")
    cells = cells_of(data, event_id="id", type="signal_type", severity="severity", symbol="symbol",
                     narrative="narrative")
    # Not the identifier alone: it may begin anew.
    identity = None if cells["event_id"] is None else (cells["event_id"], at)
    return [Row("alert", at, cells | {"data": as_json(data.get("data"))}, identity=identity)]


def liquidations(data, at):
    need(data, "symbol", "price", "quantity")
    cells = cells_of(data, venue="exchange", symbol="symbol", price="price", size="quantity",
                     notional="notional_usd")
    return [Row("liquidation", at, cells | {"side": lower(data.get("side"))})]


def funding(data, at):
    need(data, "symbol", "rate")
    cells = cells_of(data, venue="exchange", symbol="symbol", rate="rate",
                     predicted_rate="predicted_rate")
    return [Row("funding", at, cells | {"next_ns": millis(data.get("next_funding_time"))})]


def klines(data, at):
    need(data, "symbol", "interval", "open", "high", "low", "close", "open_time")
    names = ("symbol", "interval", "open", "high", "low", "close", "volume")
    cells = cells_of(data, venue="exchange", **{name: name for name in names})
    closed = flag(data.get("is_closed"))
    cells.update(open_ns=millis(data.get("open_time")), close_ns=millis(data.get("close_time")),
                 is_closed=closed)
    # Freedom: updates of an open candle need not be rows.
    identity = tuple(cells[k] for k in ("venue", "symbol", "interval", "open_ns"))
    return [Row("candle", at, cells, identity=identity if closed else None, optional=not closed)]


def narratives(data, at):
    need(data, "narrative")
    return [Row("narrative", at, cells_of(data, symbol="symbol", text="narrative",
                                          source="source"))]


def polymarket(data, at):
    need(data, "coin")
    cells = cells_of(data, coin="coin", timeframe="timeframe", up_price="upPrice",
                     down_price="downPrice", volume="volume", liquidity="liquidity")
    cells.update(seconds_remaining=whole(data.get("timeRemainingSeconds")),
                 active=flag(data.get("active")))
    return [Row("prediction", at, cells)]


CHANNELS = {"quotes": quotes, "book": book, "trades": trades, "signals": signals,
            "liquidations": liquidations, "funding": funding, "klines": klines,
            "narratives": narratives, "polymarket": polymarket}


def marketai(_, message):
    kind = need(message).get("type")
    if kind in ("authenticated", "subscribed", "unsubscribed", "pong"):
        return []
    error = message.get("error")
    if kind == "error" or (kind is None and isinstance(error, Obj)):
        said = message if kind == "error" else error
        sent = text(said.get("message"))
        return [Row("feed_error", None, {"code": text(said.get("code")),
                                         "message": SomeText() if sent is None else sent})]
    if kind != "update" or message.get("channel") not in CHANNELS:
        raise Broken("unknown type or channel")
    data = need(message.get("data"))
    # "The most specific time in the event".
    own = millis(data.get("timestamp"))
    return CHANNELS[message.get("channel")](data, millis(message.get("ts")) if own is None else own)
