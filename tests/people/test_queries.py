"""Staff lists and the reach of a caller."""

from datetime import date

import pytest

from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.support.queries import counted_queries
from wrap_portal.people import queries
from wrap_portal.people.models import MemberRole
from wrap_portal.web.access import Scope

TODAY = date(2026, 11, 23)

pytestmark = pytest.mark.usefixtures("db_session")


def test_staff_list_has_a_row_a_person_lead_roles_first_then_names() -> None:
    school = make_organisation()
    authority = school.authority
    people = {
        name: make_person(authority, name=name) for name in ("zoe", "Adam", "bea", "Carl", "Gone", "Later")
    }
    governor = make_membership(school, people["zoe"], role=MemberRole.GOVERNOR)
    dsl = make_membership(school, people["zoe"], role=MemberRole.DSL)
    for name in ("bea", "Adam"):
        make_membership(school, people[name], role=MemberRole.TEACHING_STAFF)
    make_membership(school, people["Carl"], role=MemberRole.DEPUTY_DSL)
    make_membership(school, people["Gone"], ended_on=TODAY)
    make_membership(school, people["Later"], started_on=date(2026, 11, 24))
    make_membership(person=people["Adam"])
    rows = queries.staff_list(school.id, TODAY)
    assert [row.name for row in rows] == ["Carl", "zoe", "Adam", "bea"]
    zoe = rows[1]
    assert zoe.roles == (MemberRole.DSL, MemberRole.GOVERNOR)
    assert [held.membership_id for held in zoe.memberships] == [dsl.id, governor.id]
    assert zoe.membership_id == dsl.id
    assert [row.name for row in queries.staff_to_come(school.id, TODAY)] == ["Later"]


def test_staff_list_is_one_question_whatever_its_length() -> None:
    school = make_organisation()
    for _ in range(30):
        make_membership(school)
    with counted_queries() as statements:
        assert len(queries.staff_list(school.id, TODAY)) == 30
    assert len(statements) == 1


def test_staff_row_has_what_is_not_over_yet() -> None:
    school, person = make_organisation(), make_person()
    make_membership(school, person, role=MemberRole.DSL, ended_on=TODAY)
    now = make_membership(school, person, role=MemberRole.GOVERNOR)
    later = make_membership(school, person, role=MemberRole.DSL, started_on=date(2027, 1, 1))
    row = queries.staff_row(school.id, person.id, TODAY)
    assert row is not None
    assert [held.membership_id for held in row.memberships] == [later.id, now.id]
    assert queries.staff_row(make_organisation().id, person.id, TODAY) is None


def test_get_person_within_reach_only() -> None:
    authority = make_authority()
    school = make_organisation(authority)
    member, kept = make_membership(school).person, make_person(authority)
    from_elsewhere = make_membership(school, make_person()).person
    gone = make_membership(school, ended_on=date(2021, 1, 1)).person
    stranger = make_membership().person
    whole = Scope(authority_ids=frozenset({authority.id}))
    single = Scope(organisation_ids=frozenset({school.id}))
    for scope, found in (
        (whole, {member, kept, from_elsewhere, gone}),
        (single, {member, from_elsewhere, gone}),
        (Scope(), set()),
    ):
        everybody = (member, kept, from_elsewhere, gone, stranger)
        assert {person for person in everybody if queries.get_person(person.id, scope)} == found


def test_memberships_of_a_person_within_reach_latest_first() -> None:
    person, authority = make_person(), make_authority()
    here, there = make_organisation(authority), make_organisation()
    old = make_membership(here, person, ended_on=date(2022, 1, 1))
    new = make_membership(here, person, started_on=date(2022, 1, 1), role=MemberRole.GOVERNOR)
    far = make_membership(there, person, started_on=date(2023, 1, 1))
    both = Scope(frozenset({authority.id}), frozenset({there.id}))
    assert queries.memberships_of(person.id, both) == [far, new, old]
    assert queries.memberships_of(person.id, Scope(frozenset({authority.id}))) == [new, old]
    assert queries.memberships_of(person.id, Scope()) == []


def test_get_membership_of_this_organisation_only() -> None:
    membership, other = make_membership(), make_organisation()
    assert queries.get_membership(membership.id, membership.organisation_id) is membership
    assert queries.get_membership(membership.id, other.id) is None
