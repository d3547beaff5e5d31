"""What a hub's admin has set above every user: the policy file, read and applied.

Users can tighten what it says, never loosen it. It is a seat belt in the user's own process: what
must hold against somebody who takes it off belongs into the gateway and into Spark's permissions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlink_magic.governance.apply import govern, origins
from streamlink_magic.governance.places import policy_files
from streamlink_magic.governance.reading import read_rules
from streamlink_magic.governance.rules import NO_RULES, HubRules
from streamlink_magic.governance.telling import stated_rows

if TYPE_CHECKING:
    from streamlink_magic.settings import Policy

__all__ = ["NO_RULES", "HubRules", "govern", "hub_rules", "origins", "stated_rows", "under_rules"]


def hub_rules() -> HubRules:
    """Return what the policy files say now; without one, nothing.

    Raises
    ------
    PolicyFileError
        When a file is missing, unreadable, broken, or could be changed by the user.
    """
    rules = NO_RULES
    for path in policy_files():
        rules = rules.with_those(read_rules(path))
    return rules


def under_rules(policy: Policy) -> Policy:
    """Return a policy below what the policy files say may be read.

    Raises
    ------
    PolicyFileError
        As ``hub_rules``.
    """
    for stated in hub_rules().read:
        policy = policy.under(stated)
    return policy
