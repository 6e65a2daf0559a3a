"""Reads of the courses room. An authority sees the default courses and its own, nobody else's."""

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.web.access import Scope


def courses(authority_id: int) -> list[Course]:
    """Return the courses that an authority can use today, by name: the default ones and its own."""
    return list(
        db.session.scalars(
            select(Course)
            .where(_of(authority_id), Course.withdrawn_on.is_(None))
            .options(joinedload(Course.accredits_course))
            .order_by(func.lower(Course.name), Course.id)
        )
    )


def withdrawn_courses(authority_id: int) -> list[Course]:
    """Return an authority's own courses that are no longer given, by name."""
    return list(
        db.session.scalars(
            select(Course)
            .where(Course.authority_id == authority_id, Course.withdrawn_on.is_not(None))
            .order_by(func.lower(Course.name), Course.id)
        )
    )


def get_course(course_id: int, authority_id: int) -> Course | None:
    """Return a course that an authority has or had; None for another authority's too."""
    return db.session.scalar(select(Course).where(Course.id == course_id, _of(authority_id)))


def get_own_course(course_id: int, scope: Scope) -> Course | None:
    """Return a course of an authority's own; None for a default one, and for one out of the scope."""
    return db.session.scalar(
        select(Course).where(Course.id == course_id, Course.authority_id.in_(scope.authority_ids))
    )


def course_by_code(code: str, authority_id: int) -> Course | None:
    """Return the course with this code that an authority has or had; its own before a default one."""
    return db.session.scalar(
        select(Course)
        .where(Course.code == code, _of(authority_id))
        .order_by(Course.authority_id.nulls_last())
        .limit(1)
    )


def _of(authority_id: int) -> ColumnElement[bool]:
    return or_(Course.authority_id.is_(None), Course.authority_id == authority_id)
