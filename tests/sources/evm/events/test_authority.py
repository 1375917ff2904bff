"""Logs of authority: code, admins, owners, roles, pauses; topics as published."""

from collections.abc import Callable
from typing import Final

import pytest

from schemas.chain_event import AuthorityChange
from sources.evm.events import events_of
from sources.evm.events.authority import FORMS
from tests.reference.evm_logs import log


def said(kind: str) -> Callable[..., object]:
    return lambda new, old=None: (AuthorityChange(kind=kind, old=old, new=new),)


def role_said(kind: str) -> Callable[..., object]:
    return lambda role, account, sender: (
        AuthorityChange(
            kind=kind,
            old=None,
            new=f"{'DEFAULT_ADMIN_ROLE' if role == bytes(32) else '0x' + role.hex()}:{account}",
        ),
    )


GRANTED = "RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)"
REVOKED = "RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)"
CASES: Final[dict[str, Callable[..., object]]] = {
    "Upgraded(address indexed new)": said("upgraded"),
    "Upgraded(address new)": said("upgraded"),
    "AdminChanged(address old, address new)": said("admin_changed"),
    "AdminChanged(address indexed old, address indexed new)": said("admin_changed"),
    "OwnershipTransferred(address indexed old, address indexed new)": (
        said("ownership_transferred")
    ),
    "OwnershipTransferred(address old, address new)": said("ownership_transferred"),
    "Paused(address new)": said("paused"),
    "Paused(address indexed new)": said("paused"),
    "Unpaused(address new)": said("unpaused"),
    "Unpaused(address indexed new)": said("unpaused"),
    GRANTED: role_said("role_granted"),
    REVOKED: role_said("role_revoked"),
}


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("00" * 32, "DEFAULT_ADMIN_ROLE"),
        ("9f2df0fed2c77648de5860a4cc508cd0818c85b8b8a1ab4ceeef8d981c8956a6", "MINTER_ROLE"),
        ("65d7a28e3265b37a6474929f336521b332c1681b933f6cb9f3376673440d862a", "PAUSER_ROLE"),
        ("189ab7a9244df0848122154315af71fe140f3db0fe014031783b0946b8c9d2e3", "UPGRADER_ROLE"),
        ("12ad05bde78c5ab75238ce885307f96ecd482bb402ef831f99e7018a0f169b7b", "POOL_ADMIN"),
        ("5c91514091af31f62f596a314af7d5be40146b2f2355969392f055e12e0982fb", "EMERGENCY_ADMIN"),
        ("8aa855a911518ecfbe5bc3088c8f3dda7badf130faaf8ace33fdc33828e18167", "RISK_ADMIN"),
        ("11" * 32, "0x" + "11" * 32),
    ],
)
def test_roles_have_names(role: str, name: str) -> None:
    """Hashes as the contracts' constants are published."""
    account = "0x" + "ab" * 20
    values = {"role": bytes.fromhex(role), "account": account, "sender": "0x" + "cd" * 20}
    change = AuthorityChange("role_granted", None, f"{name}:{account}")
    assert events_of(*log(GRANTED, values)) == (change,)


def test_published_topics() -> None:
    """As block explorers show them."""
    assert {each.name: each.topic for each in FORMS} == {
        "Upgraded": "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b",
        "AdminChanged": "0x7e644d79422f17c01e4894b5f4f588d331ebfa28653d42ae832dc59e38c9798f",
        "OwnershipTransferred": (
            "0x8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0"
        ),
        "Paused": "0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258",
        "Unpaused": "0x5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa",
        "RoleGranted": "0x2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d",
        "RoleRevoked": "0xf6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b",
    }
