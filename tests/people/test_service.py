"""Joining, leaving, handing over, through the services."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from wrap_portal.audit.models import AuditEvent
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.people import queries, service
from wrap_portal.people.models import DeclaredHeadcount, MemberRole, Membership, Person
from wrap_portal.transaction import committed

TODAY = date(2026, 11, 23)
JOINED = date(2026, 9, 1)

pytestmark = pytest.mark.usefixtures("db_session", "today")


@pytest.fixture
def today() -> Iterator[None]:
    """The day that the tests are set on."""
    with time_machine.travel(TODAY, tick=False):
        yield


def staff(organisation_id: int, on: date = TODAY) -> list[tuple[str, list[str]]]:
    """Return names and roles on a staff list."""
    return [(row.name, [role.value for role in row.roles]) for row in queries.staff_list(organisation_id, on)]


@pytest.mark.parametrize("name", ["van der BERG", "d'Arcy-jones", "Nguyễn Thị Á", "X Æ A-12"])
def test_add_person_keeps_the_name_as_typed(name: str) -> None:
    person = service.add_person(authority_id=make_authority().id, name=f"  {name} ")
    assert person.name == name


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [("  ", None, "name"), ("J" * 201, None, "name"), ("Jo", "jo at school", "email")],
)
def test_add_person_refuses(name: str, email: str | None, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        service.add_person(authority_id=make_authority().id, name=name, email=email)
    assert refusal.value.field == field


def test_a_person_belongs_from_the_first_day_until_the_day_before_leaving() -> None:
    school, person = make_organisation(), make_person()
    membership = service.add_member(
        organisation_id=school.id, person_id=person.id, role=MemberRole.DSL, started_on=JOINED
    )
    service.end_membership(membership=membership, on=date(2026, 11, 1))
    days = [date(2026, 8, 31), JOINED, date(2026, 10, 31), date(2026, 11, 1)]
    assert [queries.is_member_on(person.id, school.id, day) for day in days] == [False, True, True, False]
    assert [bool(staff(school.id, day)) for day in days] == [False, True, True, False]


def test_add_member_refuses_the_same_role_at_the_same_time() -> None:
    membership = make_membership(started_on=JOINED, ended_on=date(2026, 11, 1))
    again = {
        "organisation_id": membership.organisation_id,
        "person_id": membership.person_id,
        "role": membership.role,
    }
    with pytest.raises(DomainError, match="already has this role") as refusal:
        service.add_member(**again, started_on=date(2026, 10, 31))
    assert refusal.value.field == "role"
    service.add_member(**(again | {"role": MemberRole.GOVERNOR}), started_on=JOINED)
    service.add_member(**again, started_on=date(2026, 11, 1))


def test_the_database_refuses_what_slips_past_the_service() -> None:
    first = make_membership()
    with pytest.raises(DomainError, match="already has this role"), committed():
        db.session.add(
            Membership(
                person_id=first.person_id,
                organisation_id=first.organisation_id,
                role=first.role,
                during=first.during,
            )
        )


@pytest.mark.parametrize("day", [date(1949, 1, 1), date(2028, 1, 1)])
def test_add_member_refuses_a_slip_of_the_hand(day: date) -> None:
    with pytest.raises(DomainError) as refusal:
        service.add_member(
            organisation_id=make_organisation().id,
            person_id=make_person().id,
            role=MemberRole.DSL,
            started_on=day,
        )
    assert refusal.value.field == "started_on"


def add_staff(
    organisation_id: int, name: str, email: str | None, same_person: bool | None = None
) -> Membership:
    """Put somebody on a staff list as a governor since September."""
    return service.add_staff(
        organisation_id=organisation_id,
        name=name,
        email=email,
        role=MemberRole.GOVERNOR,
        started_on=JOINED,
        same_person=same_person,
    )


def test_add_staff_knows_whom_the_authority_knows() -> None:
    authority = make_authority()
    known = make_person(authority, name="Jo O'Neil", email="Jo.ONeil@school.example")
    member = add_staff(make_organisation(authority).id, "jo  o'neil", "jo.oneil@SCHOOL.example")
    assert member.person_id == known.id
    assert known.name == "Jo O'Neil"


def test_add_staff_does_not_look_into_other_authorities_or_guess_by_name() -> None:
    authority = make_authority()
    make_person(name="Jo O'Neil", email="jo@school.example")
    make_person(authority, name="Jo O'Neil")
    school = make_organisation(authority)
    first = add_staff(school.id, "Jo O'Neil", "jo@school.example")
    second = add_staff(school.id, "Jo O'Neil", None)
    assert len({first.person_id, second.person_id}) == 2
    assert len(db.session.scalars(select(Person.id)).all()) == 4


def test_add_staff_asks_where_the_name_differs() -> None:
    authority = make_authority()
    known = make_person(authority, name="Jo Maiden", email="office@school.example")
    school = make_organisation(authority)
    with pytest.raises(DomainError) as refusal:
        add_staff(school.id, "Jo Married", "office@school.example")
    assert refusal.value.field == "same_person"
    assert "Maiden" not in refusal.value.sentence
    assert add_staff(school.id, "Jo Married", "office@school.example", same_person=True).person_id == known.id
    other = add_staff(school.id, "Al Another", "office@school.example", same_person=False)
    assert other.person.name == "Al Another"
    with pytest.raises(DomainError, match="Several people") as refusal:
        add_staff(school.id, "Jo Thirdname", "office@school.example", same_person=True)
    assert refusal.value.field == "name"


def test_end_membership_refuses_a_day_before_it_began() -> None:
    membership = make_membership(started_on=JOINED)
    for day in (JOINED, date(2026, 8, 1)):
        with pytest.raises(DomainError, match="after 1 September 2026") as refusal:
            service.end_membership(membership=membership, on=day)
        assert refusal.value.field == "on"
    with pytest.raises(DomainError):
        service.end_membership(membership=membership, on=date(2030, 1, 1))


def test_end_memberships_all_or_none() -> None:
    first = make_membership(started_on=date(2020, 9, 1))
    second = make_membership(
        first.organisation, first.person, role=MemberRole.GOVERNOR, started_on=date(2026, 11, 10)
    )
    ids = [first.id, second.id]
    db.session.commit()
    with pytest.raises(DomainError), committed():
        service.end_memberships(
            organisation_id=first.organisation_id, membership_ids=ids, on=date(2026, 11, 5)
        )
    assert first.during.upper is None
    service.end_memberships(organisation_id=first.organisation_id, membership_ids=ids, on=TODAY)
    assert staff(first.organisation_id) == []


def test_end_memberships_of_this_organisation_only() -> None:
    mine, foreign = make_membership(), make_membership()
    with pytest.raises(LookupError):
        service.end_memberships(
            organisation_id=mine.organisation_id, membership_ids=[mine.id, foreign.id], on=TODAY
        )


def test_change_role_from_a_day_on() -> None:
    membership = make_membership(role=MemberRole.TEACHING_STAFF)
    service.change_role(membership=membership, role=MemberRole.DEPUTY_DSL, on=TODAY)
    name = membership.person.name
    assert staff(membership.organisation_id, date(2026, 11, 22)) == [(name, ["teaching_staff"])]
    assert staff(membership.organisation_id) == [(name, ["deputy_dsl"])]
    with pytest.raises(DomainError) as refusal:
        service.change_role(membership=membership, role=MemberRole.TEACHING_STAFF, on=TODAY)
    assert refusal.value.field == "role"


def test_hand_over_the_role_of_dsl() -> None:
    dsl = make_membership(role=MemberRole.DSL)
    school = dsl.organisation
    keeps = make_membership(school, dsl.person, role=MemberRole.TEACHING_STAFF)
    heir = make_membership(school, role=MemberRole.TEACHING_STAFF)
    service.hand_over(membership=dsl, to_person_id=heir.person_id, on=TODAY)
    assert dict(staff(school.id)) == {
        heir.person.name: ["dsl", "teaching_staff"],
        dsl.person.name: ["teaching_staff"],
    }
    assert dict(staff(school.id, date(2026, 11, 22)))[dsl.person.name] == ["dsl", "teaching_staff"]
    assert keeps.during.upper is None


def test_hand_over_refuses_who_cannot_take_it() -> None:
    dsl = make_membership(role=MemberRole.DSL)
    deputy = make_membership(dsl.organisation, role=MemberRole.DSL)
    stranger, late = make_person(), make_membership(dsl.organisation, started_on=date(2027, 1, 1))
    db.session.commit()
    for person_id in (dsl.person_id, deputy.person_id, stranger.id, late.person_id):
        with pytest.raises(DomainError) as refusal, committed():
            service.hand_over(membership=dsl, to_person_id=person_id, on=TODAY)
        assert refusal.value.field == "to"
    assert dsl.during.upper is None


def test_declare_headcount_counts_from_its_day_until_the_next() -> None:
    school = make_organisation()
    for day, number in ((date(2026, 1, 1), 40), (date(2026, 9, 1), 45), (date(2026, 9, 1), 46)):
        service.declare_headcount(organisation_id=school.id, declared_on=day, headcount=number)
    found = [
        queries.declared_headcount(school.id, day)
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 8, 31), TODAY)
    ]
    assert [each and each.headcount for each in found] == [None, 40, 40, 46]
    assert len(db.session.scalars(select(DeclaredHeadcount)).all()) == 2


@pytest.mark.parametrize(
    ("day", "number", "field"),
    [
        (date(2026, 11, 24), 1, "declared_on"),
        (date(1900, 1, 1), 1, "declared_on"),
        (TODAY, -1, "headcount"),
        (TODAY, 100_001, "headcount"),
    ],
)
def test_declare_headcount_refuses(day: date, number: int, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        service.declare_headcount(organisation_id=make_organisation().id, declared_on=day, headcount=number)
    assert refusal.value.field == field


def test_changes_are_in_the_audit_trail_without_names() -> None:
    actor, authority = make_user(), make_authority()
    school = make_organisation(authority)
    added = service.add_staff(
        organisation_id=school.id,
        name="Secret Name",
        email="secret@school.example",
        role=MemberRole.DSL,
        started_on=JOINED,
        actor_id=actor.id,
    )
    service.update_person(person=added.person, name="Secret Other", email=None, actor_id=actor.id)
    service.change_role(membership=added, role=MemberRole.GOVERNOR, on=TODAY, actor_id=actor.id)
    service.declare_headcount(organisation_id=school.id, declared_on=TODAY, headcount=3, actor_id=actor.id)
    events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == [
        "add_staff",
        "update_person",
        "change_role",
        "declare_headcount",
    ]
    assert {(event.actor_id, event.authority_id) for event in events} == {(actor.id, authority.id)}
    assert not any("ecret" in str(event.details) for event in events)
