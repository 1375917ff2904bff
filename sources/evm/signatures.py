"""Selectors and topics, computed from signatures: nobody has to trust a table of hashes."""

from functools import cache

from eth_hash.auto import keccak


@cache
def selector(signature: str) -> bytes:
    """The four bytes that calldata begins with.

    >>> selector("transfer(address,uint256)").hex()
    'a9059cbb'
    """
    return bytes(keccak(signature.encode())[:4])


@cache
def topic(signature: str) -> str:
    """The first topic of an event's logs.

    >>> topic("Transfer(address,address,uint256)")[:10]
    '0xddf252ad'
    """
    return "0x" + keccak(signature.encode()).hex()


def types_in(signature: str) -> tuple[str, ...]:
    """The types of a signature's arguments, tuples whole.

    >>> types_in("f(address,(uint24,bytes)[],bytes32)")
    ('address', '(uint24,bytes)[]', 'bytes32')
    """
    inner = signature[signature.index("(") + 1 : -1]
    found, depth, begin = [], 0, 0
    for at, letter in enumerate(inner):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append(inner[begin:at])
            begin = at + 1
    return (*found, inner[begin:]) if inner else ()
