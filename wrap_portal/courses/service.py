"""Verbs of the courses room: add and withdraw an authority's own courses."""

from datetime import date

from sqlalchemy import false, func, or_, select

from wrap_portal.audit.service import record_event
from wrap_portal.courses import rules
from wrap_portal.courses.models import Course, CourseMode
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.wording import date_text

register_refusals(
    {"uq_courses_authority_id_code": ("A course of this name was added a moment ago.", "name")},
)


def add_course(
    *,
    authority_id: int | None,
    name: str,
    mode: CourseMode,
    duration_minutes: int,
    description: str = "",
    version: str = "1",
    needs_accredited_trainer: bool = False,
    accredits_course_id: int | None = None,
    user_id: int | None = None,
) -> Course:
    """Add a course of an authority's own (domain.md 1).

    Arguments: `authority_id`, None for a course that every authority has; `needs_accredited_trainer`, whether
    only trainers accredited for it may give it; `accredits_course_id`, the course that whoever attends this
    one is proposed to be accredited for (domain.md 4.1); `user_id`, who adds it. Its code is made from the
    name.
    Raises DomainError for a name that a course in use has, a length that is none, or a course to accredit for
    that the authority does not have.
    """
    name = " ".join(name.split())
    if not name:
        raise DomainError("Enter the name of the course.", field="name")
    if not rules.SHORTEST_MINUTES <= duration_minutes <= rules.LONGEST_MINUTES:
        raise DomainError(
            f"A course lasts from {rules.SHORTEST_MINUTES} minutes to "
            f"{rules.duration_text(rules.LONGEST_MINUTES)}.",
            field="duration_minutes",
        )
    known = _courses_of(authority_id)
    if any(course.name.casefold() == name.casefold() and course.withdrawn_on is None for course in known):
        raise DomainError("There is a course of this name already.", field="name")
    accredited = next((course for course in known if course.id == accredits_course_id), None)
    if accredits_course_id is not None and (accredited is None or accredited.withdrawn_on is not None):
        raise DomainError("Select one of the courses that are given.", field="accredits_course")
    course = Course(
        authority_id=authority_id,
        code=rules.code_of(name, {each.code for each in known}),
        name=name,
        description=description.strip(),
        mode=mode,
        version=version.strip() or "1",
        duration_minutes=duration_minutes,
        needs_accredited_trainer=needs_accredited_trainer,
        accredits_course_id=accredits_course_id,
    )
    db.session.add(course)
    db.session.flush()
    record_event(
        action="add_course",
        subject_type="course",
        subject_id=course.id,
        actor_id=user_id,
        authority_id=authority_id,
    )
    return course


def withdraw_course(*, course: Course, on: date, user_id: int | None = None) -> None:
    """Stop giving a course from a day on. What people completed keeps counting; nothing is deleted.

    Raises DomainError for a default course, which is not the authority's to withdraw, and for one that is
    withdrawn already.
    """
    if course.authority_id is None:
        raise DomainError("This course is every authority's: it cannot be withdrawn.")
    if course.withdrawn_on is not None:
        raise DomainError(f"This course was withdrawn on {date_text(course.withdrawn_on)}.")
    course.withdrawn_on = on
    db.session.flush()
    record_event(
        action="withdraw_course",
        subject_type="course",
        subject_id=course.id,
        actor_id=user_id,
        authority_id=course.authority_id,
    )


def _courses_of(authority_id: int | None) -> list[Course]:
    own = Course.authority_id == authority_id if authority_id is not None else false()
    return list(
        db.session.scalars(
            select(Course).where(or_(Course.authority_id.is_(None), own)).order_by(func.lower(Course.name))
        )
    )
