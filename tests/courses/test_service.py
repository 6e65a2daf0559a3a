from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.courses import make_course
from tests.factories.organisations import make_authority
from wrap_portal.audit.models import AuditEvent
from wrap_portal.courses import queries, service
from wrap_portal.courses.models import CourseMode
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db

pytestmark = pytest.mark.usefixtures("db_session")


def add(authority, **values):
    return service.add_course(
        **(
            {
                "authority_id": authority.id,
                "name": "Prevent for governors",
                "mode": CourseMode.BRIEFING,
                "duration_minutes": 60,
            }
            | values
        )
    )


def test_a_course_of_an_authority_is_its_own() -> None:
    authority, other = make_authority(), make_authority()
    course = add(authority)
    assert course.code == "prevent_for_governors"
    assert course in queries.courses(authority.id)
    assert course not in queries.courses(other.id)
    event = db.session.scalar(select(AuditEvent).where(AuditEvent.action == "add_course"))
    assert (event.subject_id, event.authority_id) == (course.id, authority.id)


def test_two_authorities_may_give_courses_of_one_name() -> None:
    first, second = add(make_authority()), add(make_authority())
    assert first.code == second.code


def test_a_code_never_repeats_that_of_a_default_course() -> None:
    assert add(make_authority(), name="Awareness").code == "awareness_2"


@pytest.mark.parametrize("name", ["prevent  FOR governors", "Prevent awareness"])
def test_a_name_in_use_is_refused(name) -> None:
    authority = make_authority()
    add(authority)
    with pytest.raises(DomainError) as refused:
        add(authority, name=name)
    assert refused.value.field == "name"


def test_the_name_of_a_withdrawn_course_may_be_used_again() -> None:
    authority = make_authority()
    service.withdraw_course(course=add(authority), on=date(2026, 3, 1))
    assert add(authority).code == "prevent_for_governors_2"


@pytest.mark.parametrize("minutes", [0, 4, 2881, -60])
def test_a_length_that_is_none_is_refused(minutes) -> None:
    with pytest.raises(DomainError) as refused:
        add(make_authority(), duration_minutes=minutes)
    assert refused.value.field == "duration_minutes"


def test_a_course_cannot_accredit_for_another_authoritys() -> None:
    with pytest.raises(DomainError) as refused:
        add(make_authority(), accredits_course_id=make_course(authority_id=make_authority().id).id)
    assert refused.value.field == "accredits_course"


def test_a_withdrawn_course_is_no_longer_given_and_can_still_be_found() -> None:
    authority = make_authority()
    course = add(authority)
    service.withdraw_course(course=course, on=date(2026, 3, 1))
    assert course not in queries.courses(authority.id)
    assert queries.withdrawn_courses(authority.id) == [course]
    assert queries.get_course(course.id, authority.id) is course
    with pytest.raises(DomainError, match="withdrawn on 1 March 2026"):
        service.withdraw_course(course=course, on=date(2026, 4, 1))


def test_a_default_course_cannot_be_withdrawn() -> None:
    wrap = queries.course_by_code("wrap", make_authority().id)
    with pytest.raises(DomainError, match="every authority's"):
        service.withdraw_course(course=wrap, on=date(2026, 3, 1))
