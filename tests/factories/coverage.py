"""Requirements for tests: whatever a test does not say is valid and unremarkable."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import delete

from tests.factories.courses import make_course
from wrap_portal.courses.models import Course
from wrap_portal.coverage.models import Measure, Requirement, requirement_courses
from wrap_portal.coverage.service import refresh_stale
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority

_numbers = count(1)


def make_requirement(
    authority: Authority | None = None, courses: Iterable[Course] | None = None, **values: Any
) -> Requirement:
    """Add a requirement that schools have a DSL or deputy trained in the last 24 months: everybody's, unless
    an authority is given; in a new course, unless courses are.
    """
    number = next(_numbers)
    measure = values.get("measure", Measure.LEAD)
    defaults: dict[str, Any] = {
        "authority_id": authority.id if authority else None,
        "code": f"requirement_{number}",
        "name": f"Requirement {number}",
        "measure": measure,
        "months": 24,
        "target_percent": Decimal(100),
        "near_percent": Decimal(90),
        "threshold_percent": Decimal(85) if measure is Measure.SHARE else None,
        "sectors": ["school"],
        "roles": ["dsl", "deputy_dsl"] if measure is Measure.LEAD else None,
        "source": "A test",
        "courses": [make_course()] if courses is None else list(courses),
    }
    requirement = Requirement(**(defaults | values))
    db.session.add(requirement)
    db.session.flush()
    return requirement


def without_default_requirements() -> None:
    """Take the default catalogue away, where a test wants no requirements but its own."""
    db.session.execute(delete(requirement_courses))
    db.session.execute(delete(Requirement))
    refresh_stale()
