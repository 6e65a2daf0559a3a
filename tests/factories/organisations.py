"""Authorities, wards and organisations for tests: whatever a test does not say is valid and unremarkable."""

from itertools import count
from typing import Any

from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Organisation, Sector, Ward

_numbers = count(1)


def make_authority(**values: Any) -> Authority:
    """Add an authority with a code and a name of its own."""
    number = next(_numbers)
    # 100 upwards, round again before it meets the codes of real councils that tests name (201 to 941).
    defaults = {"code": f"{100 + number % 100}", "name": f"Testshire {number}"}
    return _added(Authority(**(defaults | values)))


def make_ward(authority: Authority, **values: Any) -> Ward:
    """Add a ward of an authority."""
    number = next(_numbers)
    defaults = {
        "code": f"E05{number:06}",
        "name": f"Ward {number}",
        "authority_id": authority.id,
    }
    return _added(Ward(**(defaults | values)))


def make_organisation(authority: Authority | None = None, **values: Any) -> Organisation:
    """Add an open primary school that counts, in a new authority unless one is given."""
    number = next(_numbers)
    identified = {"urn", "ods_code", "local_code"} & values.keys()
    defaults: dict[str, Any] = {
        "name": f"School {number}",
        "sector": Sector.SCHOOL,
        "category": "Primary",
        "authority_id": None if "authority_id" in values else (authority or make_authority()).id,
    }
    if not identified:
        defaults["urn"] = 900000 + number
    if values.get("counts") is False:
        defaults["not_counted_reason"] = "Left out by an officer"
    return _added(Organisation(**(defaults | values)))


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
