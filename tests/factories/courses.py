"""Courses for tests: whatever a test does not say is valid and unremarkable."""

from itertools import count
from typing import Any

from wrap_portal.courses.models import Course, CourseMode
from wrap_portal.extensions import db

_numbers = count(1)


def make_course(**values: Any) -> Course:
    """Add a workshop of two hours that every authority has and any trainer may give."""
    number = next(_numbers)
    defaults = {
        "authority_id": None,
        "code": f"course_{number}",
        "name": f"Course {number}",
        "mode": CourseMode.WORKSHOP,
        "duration_minutes": 120,
    }
    course = Course(**(defaults | values))
    db.session.add(course)
    db.session.flush()
    return course
