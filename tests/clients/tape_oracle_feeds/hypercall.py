"""Hypercall: what a frame must become."""
from tape_oracle_feeds.rows import ROW_TABLES, Broken, Row, need
from tape_oracle_values import (
    Either, Json, MessageJson, Obj, SomeText, by_size, flag, lower, millis, seconds, text, whole)


def levels(side):
    if side is None:
        return None
    if not isinstance(side, list):
        raise Broken("no list of levels")
    for level in side:
        if not isinstance(level, list) or len(level) < 2:
            raise Broken("no [price, size]")
    return Json([[str(number) for number in level[:2]] for level in side])


def book(m, at):
    # No best prices, mid or spread are sent: NULL ("never computed").
    need(m, "symbol")
    bids, asks = m.get("bids"), m.get("asks")
    cells = {"symbol": text(m.get("symbol")), "bids": levels(bids), "asks": levels(asks)}
    return [Row("book", at, cells)]


def trade(m, at):
    need(m, "symbol", "price", "size")
    cells = {k: text(m.get(k)) for k in ("symbol", "price", "size", "trade_id")}
    return [Row("trade", at, cells | {"side": lower(m.get("side"))})]


def fill(m, at):
    need(m, "fill_id")
    cells = {k: text(m.get(k)) for k in ("symbol", "price", "size", "fee", "builder_code_address",
                                         "builder_code_fee")}
    cells |= {k: whole(m.get(k)) for k in ("fill_id", "order_id", "trade_id")}
    cells.update(side=lower(m.get("side")), is_taker=flag(m.get("is_taker")),
                 wallet=text(m.get("wallet_address")))
    # Not the identifier alone: it may begin anew.
    identity = (text(m.get("fill_id")), cells["symbol"], cells["price"], cells["size"])
    return [Row("fill", at, cells, identity=identity)]


def order_update(m, at):
    need(m, "order_id")
    request = m.get("request") if isinstance(m.get("request"), Obj) else Obj()

    def get(key):
        return m.get(key) if m.get(key) is not None else request.get(key)

    cells = {k: text(get(k)) for k in ("client_order_id", "symbol", "price", "size", "status",
                                       "filled_size", "remaining_size", "avg_fill_price", "reason")}
    cells.update(order_id=whole(m.get("order_id")), side=lower(get("side")),
                 wallet=text(m.get("wallet_address")))
    return [Row("order_update", at, cells)]


def portfolio(m, at):
    inner = m.all("type")[1:]
    kind = text(inner[0]) if inner else "GreeksUpdate"
    rows = [Row("portfolio", at, {"kind": kind, "data": MessageJson(m)})]
    legs = [leg for leg in m.get("per_leg") or []]
    if m.get("aggregate") is not None:
        # The aggregate is the row without a symbol.
        legs.append(Obj(pair for pair in m.get("aggregate") if pair[0] != "symbol"))
    for leg in legs:
        rows.append(Row("greeks", at, {k: text(leg.get(k)) for k in ROW_TABLES["greeks"]}))
    return rows


def market(m, at):
    need(m, "action", "symbol")
    cells = {k: text(m.get(k)) for k in ("action", "symbol", "underlying", "strike")}
    cells.update(is_call=flag(m.get("is_call")), expiry_ns=seconds(m.get("expiry")))
    return [Row("market", at, cells)]


def option_chain(m, at):
    need(m, "action", "currency", "expiry")
    # The document gives `expiry` in seconds (Market Update); this message's is the same field.
    shared = {"action": text(m.get("action")), "underlying": text(m.get("currency")),
              "expiry_ns": seconds(m.get("expiry"))}
    if m.get("action") == "Remove":
        # Freedom: a removal carries no data of its own.
        cells = {k: text(m.get(k)) for k in ("strike", "option_type", "symbol")}
        return [Row("option_chain", at, shared | cells | {"data": Either(None, MessageJson(m))})]
    if m.get("action") != "Upsert":
        raise Broken("unknown action")
    row = need(need(m, "row").get("row"), "strike")
    shared["strike"] = text(row.get("strike"))
    rows = []
    for side in ("call", "put"):
        leg = row.get(side)
        if isinstance(leg, Obj):
            cells = {"option_type": side, "symbol": text(leg.get("symbol")), "data": Json(leg)}
            rows.append(Row("option_chain", at, shared | cells))
    return rows


def candle(m, _):
    at = by_size(m.get("timestamp"))  # undocumented
    names = ("open", "high", "low", "close", "volume")
    if not all(name in m for name in names):
        # Freedom: kept raw, which a row in `unparsed` may say or not.
        return [Row("unparsed", Either(None, at), {"reason": SomeText()}, optional=True)]
    symbol = text(m.get("symbol") if "symbol" in m else m.get("underlying"))
    cells = {k: text(m.get(k)) for k in names + ("interval",)}
    closed = flag(m.get("is_closed"))
    cells.update(symbol=symbol, open_ns=by_size(m.get("open_time")),
                 close_ns=by_size(m.get("close_time")), is_closed=closed)
    # Freedom: updates of an open candle need not be rows.
    identity = (symbol, cells["interval"], cells["open_ns"]) if closed else None
    return [Row("candle", at, cells, identity=identity, optional=not closed)]


def settlement(m, at):
    cells = {k: text(m.get(k)) for k in ("symbol", "position_size", "settlement_price",
                                         "settlement_value")}
    return [Row("settlement", at, cells | {"wallet": text(m.get("wallet_address"))})]


def liquidation_state(m, at):
    cells = {k: text(m.get(k)) for k in ("previous_state", "new_state", "equity", "mm_required",
                                         "shortfall")}
    cells.update(wallet=text(m.get("wallet_address")), auction_id=whole(m.get("auction_id")))
    return [Row("liquidation_state", at, cells)]


def competition(m, at):
    active = m.get("active_competition") or Obj()
    cells = {k: text(active.get(k)) for k in ("competition_name", "competition_state", "pnl",
                                              "volume", "efficiency", "medal")}
    cells |= {k: whole(active.get(k)) for k in ("competition_id", "rank")}
    cells.update(wallet=text(m.get("wallet_address")),
                 lifetime_realized_pnl=text(m.get("lifetime_realized_pnl")))
    return [Row("competition", at, cells)]


def index_price(m, at):
    rows = []
    for price in need(m, "prices").get("prices"):
        own = millis(price.get("timestamp"))
        rows.append(Row("index_price", at if own is None else own,
                        {k: text(price.get(k)) for k in ("underlying", "price")}))
    return rows


def hypercall(_, message):
    kind = need(message, "type").get("type")
    if kind in ("Authenticated", "Subscribed", "Unsubscribed", "ClockSynced"):
        return []
    at = millis(message.get("timestamp"))
    if kind == "Error":
        return [Row("feed_error", at, {k: text(message.get(k)) for k in ("code", "message")})]
    decoders = {"OrderbookUpdate": book, "Trade": trade, "Fill": fill, "OrderUpdate": order_update,
                "PortfolioUpdate": portfolio, "MarketUpdate": market,
                "OptionsChainUpdate": option_chain, "IndexPriceUpdate": index_price,
                "PositionExpired": settlement,
                "LiquidationStateChange": liquidation_state, "CompetitionPnlSummary": competition}
    decode = candle if isinstance(kind, str) and kind.startswith("Candle") else decoders.get(kind)
    if decode is None:
        raise Broken("unknown type")
    return decode(message, at)
