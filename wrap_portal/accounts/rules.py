"""Facts about accounts: how long a way in stays open, what a role reaches, who counts as the same address."""

import hashlib
import ipaddress
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from wrap_portal.web.access import Role

# quality.md 2, sign-in: the promises that the tests and docs/security.md repeat.
LINK_LIFETIME = timedelta(minutes=15)
IDLE_WIDE = timedelta(minutes=30)
IDLE_OTHER = timedelta(hours=3)
SESSION_LIFETIME = timedelta(hours=12)
# When somebody was last seen is worth knowing for a while; who signed in when is in the audit trail.
SESSIONS_KEPT = timedelta(days=90)
ATTEMPT_WINDOW = timedelta(hours=1)
ATTEMPTS_AN_ACCOUNT = 10
# A council or a school is one network address to us: a whole morning's staff must fit.
ATTEMPTS_A_NETWORK = 200
# How exactly idle time is known: writing it at every request would make every page a write.
SEEN_EVERY = timedelta(minutes=1)

# These see or change a whole authority's people: their unattended screen is worth more.
WIDE_ROLES = frozenset({Role.MANAGER, Role.ADMINISTRATOR})

ROLE_WORDS = {
    Role.ADMINISTRATOR: "Administrator",
    Role.MANAGER: "Manager",
    Role.VIEWER: "Viewer",
    Role.TRAINER: "Trainer",
    Role.LEAD: "Lead",
}

ROLE_HINTS = {
    Role.ADMINISTRATOR: "Gives and takes roles, in every council. Sees no training records.",
    Role.MANAGER: "Sees and changes everything of one council.",
    Role.VIEWER: "Sees the figures and lists of one council, changes nothing.",
    Role.TRAINER: "Schedules sessions and takes their registers.",
    Role.LEAD: "Keeps the staff list of one organisation, books places for it.",
}

LONGEST_NAME = 200
_SAFE_PATH = re.compile(r"/[A-Za-z0-9][^\\\x00-\x20\x7f]*")


def token_hash(token: str) -> str:
    """Return what is kept of a token: its SHA-256. Tokens have 256 random bits: a slow hash adds nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def idle_limit(roles: Iterable[Role]) -> timedelta:
    """Return how long a browser may be left alone: 30 minutes with wide rights, 3 hours otherwise."""
    return IDLE_WIDE if WIDE_ROLES & set(roles) else IDLE_OTHER


def is_session_alive(
    started_at: datetime,
    last_seen_at: datetime,
    ended_at: datetime | None,
    roles: Iterable[Role],
    now: datetime,
) -> bool:
    """True while a browser stays signed in: not signed out, not idle too long, not older than 12 hours."""
    return ended_at is None and now < started_at + SESSION_LIFETIME and now < last_seen_at + idle_limit(roles)


def network_of(address: str) -> str:
    """Return the network that an address stands for when attempts are counted.

    One household or office has a whole /64 of IPv6 addresses: counted singly they would be no limit.
    What is no address is taken as it is: behind a socket there is none.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def is_safe_path(text: str) -> bool:
    """True for an address of this portal that somebody may be sent to after signing in (quality.md Q10).

    Only a path that begins with a letter or digit after the slash; no backslash, control character, blank or
    "//", which browsers read as the start of another site's address.
    """
    return len(text) <= 2000 and "//" not in text and bool(_SAFE_PATH.fullmatch(text))


def reach_problem(
    role: Role, authority_id: int | None, organisation_id: int | None
) -> tuple[str, str] | None:
    """Return (field, sentence) where a role is given the wrong reach, None where it is right."""
    if role is Role.ADMINISTRATOR and (authority_id or organisation_id):
        return (
            "role",
            "An administrator looks after the whole portal: leave authority and organisation out.",
        )
    if role in (Role.MANAGER, Role.VIEWER) and organisation_id:
        return (
            "organisation",
            f"A {role} works for a whole authority: leave the organisation out.",
        )
    if role in (Role.MANAGER, Role.VIEWER) and not authority_id:
        return "authority", f"Say which authority the {role} works for."
    if role is Role.LEAD and authority_id:
        return (
            "authority",
            "A lead belongs to one organisation: leave the authority out.",
        )
    if role is Role.LEAD and not organisation_id:
        return "organisation", "Say which organisation the lead belongs to."
    if role is Role.TRAINER and bool(authority_id) == bool(organisation_id):
        return (
            "authority",
            "Say where the trainer trains: a whole authority, or one organisation.",
        )
    return None
