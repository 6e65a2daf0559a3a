"""Logging in-house sessions: the cascade, while the accreditation is valid, once for each form."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.attendance import make_in_house_session
from tests.factories.courses import make_course
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import make_record
from tests.factories.trainers import make_accreditation, make_proposal
from wrap_portal.attendance import service
from wrap_portal.attendance.models import InHouseAttendee, InHouseSession
from wrap_portal.audit.models import AuditEvent
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.records.models import HeadcountReturn, RecordSource, RecordState, TrainingRecord
from wrap_portal.trainers.models import AccreditationState
from wrap_portal.trainers.service import withdraw_accreditation

HELD = date(2027, 3, 31)


@pytest.fixture(autouse=True)
def _today(db_session) -> Iterator[None]:
    with time_machine.travel("2027-06-01 12:00", tick=False):
        yield


@pytest.fixture
def lead(db_session):
    """Amira Khan of Hill School, accredited there for WRAP from 1 April 2025 to 31 March 2027."""
    school = make_organisation(name="Hill School")
    person = make_membership(school, make_person(authority_id=school.authority_id, name="Amira Khan")).person
    return make_accreditation(
        person,
        make_course(name="WRAP", version="3", needs_accredited_trainer=True),
        school,
        starts_on=date(2025, 4, 1),
        ends_on=date(2027, 3, 31),
    )


def staff(accreditation, number=3):
    """Make further members of staff of the accredited person's organisation."""
    return [make_membership(accreditation.organisation).person for _ in range(number)]


def log(accreditation, people=(), **values):
    """Log a session of 31 March 2027 unless the test says otherwise."""
    given = {
        "organisation_id": accreditation.organisation_id,
        "course_id": accreditation.course_id,
        "accreditation_id": accreditation.id,
        "held_on": HELD,
        "person_ids": [person.id for person in people],
        "headcount": None,
        "user_id": None,
    }
    return service.log_in_house_session(**(given | values))


def count(table) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_log_in_house_session_makes_a_record_of_each_and_one_headcount(lead) -> None:
    people, user = staff(lead), make_user()
    logged = log(lead, people, headcount=20, user_id=user.id)
    made = db.session.scalars(select(TrainingRecord)).all()
    assert {record.person_id for record in made} == {person.id for person in people}
    assert {
        (record.source, record.state, record.completed_on, record.organisation_id) for record in made
    } == {(RecordSource.CASCADE, RecordState.ACCEPTED, HELD, lead.organisation_id)}
    headcount = db.session.scalars(select(HeadcountReturn)).one()
    assert (headcount.headcount, headcount.held_on, headcount.course_id) == (20, HELD, lead.course_id)
    assert (logged.headcount_return_id, logged.accreditation_id) == (headcount.id, lead.id)
    assert (logged.course_version, logged.logged_by_user_id) == ("3", user.id)
    assert [event.action for event in db.session.scalars(select(AuditEvent))] == ["log_in_house_session"]


def test_log_in_house_session_with_a_headcount_alone(lead) -> None:
    log(lead, headcount=45)
    assert (count(TrainingRecord), count(HeadcountReturn)) == (0, 1)


def test_log_in_house_session_with_names_alone(lead) -> None:
    logged = log(lead, staff(lead, 1), course_version=" 2024 edition ")
    assert (count(TrainingRecord), count(HeadcountReturn)) == (1, 0)
    assert (logged.headcount_return_id, logged.course_version) == (None, "2024 edition")


@pytest.mark.parametrize("headcount", [None, 0])
def test_log_in_house_session_refuses_one_that_nobody_came_to(lead, headcount: int | None) -> None:
    with pytest.raises(DomainError) as refusal:
        log(lead, headcount=headcount)
    assert refusal.value.field == "person_ids"


def test_f18_the_last_day_of_the_accreditation_counts_and_the_next_does_not(lead) -> None:
    assert log(lead, staff(lead, 1), held_on=date(2027, 3, 31)).id
    with pytest.raises(DomainError) as refusal:
        log(lead, staff(lead, 1), held_on=date(2027, 4, 1))
    assert refusal.value.sentence == (
        "Amira Khan’s accreditation for WRAP ended on 31 March 2027: "
        "a session on 1 April 2027 does not count."
    )
    assert refusal.value.field == "held_on"
    assert count(TrainingRecord) == 1


def test_a_session_before_the_accreditation_does_not_count(lead) -> None:
    with pytest.raises(DomainError, match="began on 1 April 2025"):
        log(lead, headcount=5, held_on=date(2025, 3, 31))


def test_a_renewed_accreditation_stands_in_for_the_one_that_ended(lead) -> None:
    renewed = make_accreditation(
        lead.person, lead.course, lead.organisation, starts_on=date(2027, 4, 1), ends_on=date(2029, 3, 31)
    )
    assert log(lead, headcount=5, held_on=date(2027, 4, 1)).accreditation_id == renewed.id


def test_what_was_delivered_before_a_withdrawal_counts(lead) -> None:
    withdraw_accreditation(accreditation_id=lead.id, on=date(2026, 10, 1), reason="Moved on", user_id=None)
    assert log(lead, headcount=5, held_on=date(2026, 9, 30)).id
    with pytest.raises(DomainError, match="ended on 30 September 2026"):
        log(lead, headcount=5, held_on=date(2026, 10, 1))


def test_an_accreditation_for_the_area_counts_in_the_own_organisation(lead) -> None:
    person = staff(lead, 1)[0]
    area = make_accreditation(person, lead.course)
    assert log(area, headcount=5, organisation_id=lead.organisation_id).accreditation_id == area.id


def test_a_proposal_does_not_count(lead) -> None:
    person = staff(lead, 1)[0]
    proposal = make_proposal(person, lead.course, lead.organisation)
    assert proposal.state is AccreditationState.PROPOSED
    with pytest.raises(DomainError, match="is not accredited to deliver WRAP here on 31 March 2027"):
        log(proposal, headcount=5)


def test_an_accreditation_for_another_organisation_does_not_count(lead) -> None:
    other = make_organisation(authority_id=lead.authority_id)
    make_membership(other, lead.person)
    with pytest.raises(DomainError, match="is not accredited"):
        log(lead, headcount=5, organisation_id=other.id)


def test_an_accreditation_for_another_course_does_not_count(lead) -> None:
    with pytest.raises(DomainError, match="is not accredited to deliver Awareness"):
        log(lead, headcount=5, course_id=make_course(name="Awareness").id)


def test_who_delivers_belongs_to_the_organisation_on_the_day(lead) -> None:
    visitor = make_accreditation(make_person(authority_id=lead.authority_id, name="Vi Sit"), lead.course)
    with pytest.raises(DomainError, match="Vi Sit is not on the staff list of Hill School") as refusal:
        log(visitor, headcount=5, organisation_id=lead.organisation_id)
    assert refusal.value.field == "delivered_by"


def test_who_delivered_is_not_trained_by_it(lead) -> None:
    with pytest.raises(DomainError, match="Amira Khan delivered the session") as refusal:
        log(lead, [lead.person])
    assert refusal.value.field == "person_ids"


def test_attendees_are_of_the_own_staff_on_the_day(lead) -> None:
    late = make_membership(lead.organisation, started_on=date(2027, 4, 1)).person
    with pytest.raises(DomainError, match="is not on the staff list"):
        log(lead, [late])
    with pytest.raises(DomainError, match="is not on the staff list"):
        log(lead, [make_membership().person])


def test_attendees_who_have_that_record_already_are_named(lead) -> None:
    people = [
        make_membership(lead.organisation, make_person(name=name)).person for name in ("Bo Yu", "Ann Lee")
    ]
    for person in people:
        make_record(person, lead.course, completed_on=HELD)
    with pytest.raises(DomainError) as refusal:
        log(lead, [*people, *staff(lead, 1)])
    assert refusal.value.sentence == (
        "Ann Lee and Bo Yu already have a record of WRAP on 31 March 2027. Leave them out."
    )
    assert count(InHouseSession) == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"held_on": date(2027, 6, 2)}, "held_on"),
        ({"headcount": -1}, "headcount"),
        ({"headcount": 50_001}, "headcount"),
    ],
)
def test_log_in_house_session_refuses_what_the_ledger_refuses(lead, values: dict, field: str) -> None:
    lead.during = type(lead.during)(lead.during.lower, None, bounds="[)")
    with pytest.raises(DomainError) as refusal:
        log(lead, **({"headcount": 5} | values))
    assert refusal.value.field == field


def test_the_same_form_twice_is_one_session(lead) -> None:
    key, people = uuid4(), staff(lead)
    first = log(lead, people, headcount=20, submission_key=key)
    second = log(lead, people, headcount=20, submission_key=key)
    assert second.id == first.id
    assert (count(InHouseSession), count(TrainingRecord), count(HeadcountReturn)) == (1, 3, 1)


def test_two_forms_are_two_sessions(lead) -> None:
    log(lead, headcount=20, submission_key=uuid4())
    log(lead, headcount=20, submission_key=uuid4())
    assert count(InHouseSession) == 2


def test_void_in_house_session_takes_back_all_that_it_yielded(lead) -> None:
    logged, user = log(lead, staff(lead), headcount=20), make_user()
    service.void_in_house_session(in_house_session_id=logged.id, reason=" Wrong day ", user_id=user.id)
    assert set(db.session.scalars(select(TrainingRecord.state))) == {RecordState.VOIDED}
    assert db.session.scalars(select(HeadcountReturn.void_reason)).all() == ["Wrong day"]
    assert (logged.void_reason, logged.voided_by_user_id) == ("Wrong day", user.id)
    assert count(InHouseAttendee) == 3
    service.void_in_house_session(in_house_session_id=logged.id, reason="Again", user_id=None)
    assert logged.void_reason == "Wrong day"


def test_void_in_house_session_asks_for_a_reason(lead) -> None:
    logged = make_in_house_session(lead, headcount=5)
    with pytest.raises(DomainError) as refusal:
        service.void_in_house_session(in_house_session_id=logged.id, reason=" ", user_id=None)
    assert refusal.value.field == "reason"
    assert logged.voided_at is None


def test_what_was_taken_back_can_be_logged_again(lead) -> None:
    people = staff(lead)
    logged = log(lead, people)
    service.void_in_house_session(in_house_session_id=logged.id, reason="Wrong version", user_id=None)
    assert log(lead, people).id != logged.id
