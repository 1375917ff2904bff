"""Logs that say who governs a contract: its code, admin, owner, roles, and whether it stands still.

Events of addresses alone are taken with all of them indexed and with none: both are in use (the
USDC proxy's Upgraded, Ownable before and after OpenZeppelin). A role change says `role:account`;
roles are known by name where they are usual ones.
Source: EIP-1967, Ownable, AccessControl, Pausable of OpenZeppelin; ACLManager of Aave v3.
"""

from typing import Final

from schemas.chain_event import AuthorityChange
from sources.evm.events.form import Form, Says, form
from sources.evm.signatures import topic

_ROLES: Final = {"0x" + "00" * 32: "DEFAULT_ADMIN_ROLE"} | {
    topic(name): name
    for name in (
        "POOL_ADMIN", "EMERGENCY_ADMIN", "RISK_ADMIN", "FLASH_BORROWER", "BRIDGE",
        "ASSET_LISTING_ADMIN", "MINTER_ROLE", "BURNER_ROLE", "PAUSER_ROLE", "UPGRADER_ROLE",
        "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE", "TIMELOCK_ADMIN_ROLE",
    )
}  # fmt: skip


def _to(kind: str) -> Says:
    """For (new)."""
    return lambda new: (AuthorityChange(kind, None, new),)


def _from_to(kind: str) -> Says:
    """For (old, new)."""
    return lambda old, new: (AuthorityChange(kind, old, new),)


def _role(kind: str) -> Says:
    """For (role, account, who did it)."""

    def says(role: bytes, account: str, _sender: str) -> tuple[AuthorityChange, ...]:
        text = "0x" + role.hex()
        return (AuthorityChange(kind, None, f"{_ROLES.get(text, text)}:{account}"),)

    return says


def _either(signature: str, says: Says) -> tuple[Form, Form]:
    return form(signature, says), form(signature.replace("address", "address*"), says)


FORMS: Final[tuple[Form, ...]] = (
    *_either("Upgraded(address)", _to("upgraded")),
    *_either("AdminChanged(address,address)", _from_to("admin_changed")),
    *_either("OwnershipTransferred(address,address)", _from_to("ownership_transferred")),
    *_either("Paused(address)", _to("paused")),
    *_either("Unpaused(address)", _to("unpaused")),
    form("RoleGranted(bytes32*,address*,address*)", _role("role_granted")),
    form("RoleRevoked(bytes32*,address*,address*)", _role("role_revoked")),
)
