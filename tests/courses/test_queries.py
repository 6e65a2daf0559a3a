import pytest

from tests.factories.courses import make_course
from tests.factories.organisations import make_authority
from wrap_portal.courses import queries

pytestmark = pytest.mark.usefixtures("db_session")


def test_every_authority_has_the_default_courses() -> None:
    given = {course.code: course for course in queries.courses(make_authority().id)}
    assert given.keys() == {
        "wrap",
        "t3",
        "wrap_refresher",
        "awareness",
        "annual_update",
        "referrals",
        "members_briefing",
        "staff_briefing",
        "level3_elearning",
    }
    assert given["t3"].accredits_course is given["wrap"]
    assert {code for code, course in given.items() if course.needs_accredited_trainer} == {"wrap", "t3"}


def test_courses_are_by_name_whatever_their_case() -> None:
    authority = make_authority()
    for name in ("beta", "Alpha", "Gamma"):
        make_course(authority_id=authority.id, name=name)
    names = [course.name for course in queries.courses(authority.id) if course.authority_id]
    assert names == ["Alpha", "beta", "Gamma"]


def test_another_authoritys_course_is_not_found() -> None:
    authority, other = make_authority(), make_authority()
    course = make_course(authority_id=other.id, code="theirs")
    assert queries.get_course(course.id, authority.id) is None
    assert queries.course_by_code("theirs", authority.id) is None
    assert queries.course_by_code("theirs", other.id) is course
    assert queries.get_course(0, authority.id) is None
