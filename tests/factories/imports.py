"""Staged imports for tests: whatever a test does not say is valid and unremarkable."""

from datetime import UTC, date, datetime
from typing import Any

from tests.factories.organisations import make_authority
from wrap_portal.extensions import db
from wrap_portal.imports.models import ImportBatch, ImportState
from wrap_portal.organisations.models import Authority


def make_import_batch(authority: Authority | None = None, **values: Any) -> ImportBatch:
    """Add a staged file of the schools register with one school, of a new authority unless one is given."""
    authority = authority or make_authority()
    school = {
        "number": 2,
        "urn": 107201,
        "authority_code": authority.code,
        "name": "Ash School",
        "status": "open",
        "type_code": 1,
        "type_name": "Community school",
        "phase": "Primary",
    }
    defaults: dict[str, Any] = {
        "kind": "schools",
        "authority_id": authority.id,
        "file_name": "edubasealldata20250701.csv",
        "file_sha256": "0" * 64,
        "register_date": date(2025, 7, 1),
        "state": ImportState.STAGED,
        "rows": [school],
        "counts": {
            "authority_code": authority.code,
            "authority_name": authority.name,
            "kind": "all",
            "fields": ["phase"],
            "row_count": 1,
            "moved": {},
            "unread": [],
            "unidentified": False,
        },
        "staged_at": datetime(2025, 7, 2, 9, tzinfo=UTC),
    }
    batch = ImportBatch(**(defaults | values))
    db.session.add(batch)
    db.session.flush()
    return batch
