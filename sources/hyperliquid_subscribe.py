"""What is said to Hyperliquid: subscriptions one by one, pings, questions by REST.

Limits per IP address: connections at once and new ones per minute, subscriptions, accounts that
are watched, messages sent per minute. A connection that has been silent for 60 s is closed.
`book` with `fast` has 5 levels each 0.5 s, without it 20 levels about each 5 s.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from schemas.errors import UsageError

URL: Final = "wss://api.hyperliquid.xyz/ws"
INFO_URL: Final = "https://api.hyperliquid.xyz/info"  # POST; the fragment names the question
HEARTBEAT_S: Final = 30.0
NEW_CONNECTIONS_PER_MINUTE: Final = 30
SUBSCRIPTIONS_PER_IP: Final = 1000
ACCOUNTS_PER_IP: Final = 10
MESSAGES_PER_MINUTE: Final = 2000
FAST: Final = True

_OF_COIN: Final = {
    "book": "l2Book",
    "top": "bbo",
    "trade": "trades",
    "mark": "activeAssetCtx",
    "index": "activeAssetCtx",  # the oracle price comes with the mark
}
_OF_ACCOUNT: Final = {"liquidation": "userFills", "account": "allDexsClearinghouseState"}
STREAMS: Final = (*_OF_COIN, *_OF_ACCOUNT)
_ALREADY: Final = "Already subscribed"  # [U] texts of errors are in no list
_QUESTIONS: Final = {  # what stands behind the type in a fragment, in order
    "meta": ("dex",),
    "metaAndAssetCtxs": ("dex",),
    "spotMeta": (),
    "spotMetaAndAssetCtxs": (),
    "perpDexs": (),
    "clearinghouseState": ("user", "dex"),
}


class Accepted(Struct, frozen=True):
    """What an acknowledgement says, by channel: `l2Book:BTC`, `userFills:0x…`."""

    confirmed: list[str]
    refused: list[tuple[str, str]]  # channel ("" when it is not named) and reason


class _Subscription(Struct):
    type: str
    coin: str | None = None
    user: str | None = None


class _Response(Struct):
    method: str
    subscription: _Subscription


class _Frame(Struct):
    channel: str | None = None
    data: msgspec.Raw = msgspec.Raw()


_FRAME = msgspec.json.Decoder(_Frame)
_RESPONSE = msgspec.json.Decoder(_Response)
_SUBSCRIPTION = msgspec.json.Decoder(_Subscription)
_TEXT = msgspec.json.Decoder(str)


def subscriptions(
    streams: Iterable[str],
    symbols: Iterable[str],
    *,
    accounts: Sequence[str] = (),
    fast: bool = FAST,
) -> list[bytes]:
    """Messages that subscribe; `liquidation` and `account` are of accounts, the rest of coins.

    There are no options here, so `quote` has no channel. Raises UsageError beyond the limits.
    """
    words = list(dict.fromkeys(streams))
    coins = list(dict.fromkeys(symbols))
    users = list(dict.fromkeys(account.lower() for account in accounts))
    watching = [_OF_ACCOUNT[word] for word in words if word in _OF_ACCOUNT]
    if watching and len(users) > ACCOUNTS_PER_IP:
        message = f"hyperliquid lets {ACCOUNTS_PER_IP} accounts be watched, not {len(users)}"
        raise UsageError(message)
    kinds = dict.fromkeys(_OF_COIN[word] for word in words if word in _OF_COIN)
    wanted = [_of_coin(kind, coin, fast) for kind in kinds for coin in coins]
    wanted += [{"type": kind, "user": user} for kind in watching for user in users]
    if len(wanted) > SUBSCRIPTIONS_PER_IP:
        message = f"hyperliquid takes {SUBSCRIPTIONS_PER_IP} subscriptions, not {len(wanted)}"
        raise UsageError(message)
    return [_message("subscribe", one) for one in wanted]


def channels(messages: Iterable[bytes]) -> list[str]:
    """What these subscriptions are of, as `accepted` names it."""
    return [_channel(_RESPONSE.decode(message).subscription) for message in messages]


def again(symbol: str, *, fast: bool = FAST) -> list[bytes]:
    """Leave and subscribe one book anew; the next frame is a snapshot in any case."""
    book = _of_coin("l2Book", symbol, fast)
    return [_message("unsubscribe", book), _message("subscribe", book)]


def accepted(frame: bytes) -> Accepted | None:
    """What an acknowledgement or an error says; None for any other frame."""
    try:
        found = _FRAME.decode(frame)
        if found.channel == "error":
            return _refusal(_TEXT.decode(found.data))
        if found.channel != "subscriptionResponse":
            return None
        response = _RESPONSE.decode(found.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    confirmed = [_channel(response.subscription)] if response.method == "subscribe" else []
    return Accepted(confirmed, [])


def heartbeat() -> bytes | None:
    """What keeps a connection open."""
    return b'{"method":"ping"}'


def reply(frame: bytes) -> bytes | None:
    """Nothing here wants an answer."""
    return None


def request_body(url: str) -> bytes:
    """Body of the POST that a recorded URL stands for. Raises UsageError when it names none.

    The fragment is the question: `…/info#meta[:<dex>]`, `#clearinghouseState:<user>[:<dex>]`.
    """
    kind, *values = url.partition("#")[2].split(":")
    names = _QUESTIONS.get(kind)
    if names is None or len(values) > len(names) or ("user" in names and not values):
        message = f"{url} names no question to hyperliquid; known are {', '.join(_QUESTIONS)}"
        raise UsageError(message)
    return msgspec.json.encode({"type": kind} | dict(zip(names, values, strict=False)))


def _of_coin(kind: str, coin: str, fast: bool) -> dict[str, Any]:
    wanted: dict[str, Any] = {"type": kind, "coin": coin}
    return wanted | {"fast": True} if fast and kind == "l2Book" else wanted


def _message(method: str, subscription: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"method": method, "subscription": subscription})


def _channel(subscription: _Subscription) -> str:
    of = subscription.coin or subscription.user
    return f"{subscription.type}:{of}" if of else subscription.type


def _refusal(text: str) -> Accepted:
    channel = ""
    if "{" in text:
        try:
            channel = _channel(_SUBSCRIPTION.decode(text[text.index("{") : text.rindex("}") + 1]))
        except (msgspec.DecodeError, ValueError):
            channel = ""  # some other object, or half of one
    if channel and text.startswith(_ALREADY):
        return Accepted([channel], [])
    return Accepted([], [(channel, text)])
