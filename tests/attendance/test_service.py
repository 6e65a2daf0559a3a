"""Marking registers: what each mark does to the ledger, who may be on it, and walk-ins at the door."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import add_session_date, make_training_session
from wrap_portal.attendance import service
from wrap_portal.attendance.models import Attendance, AttendanceOutcome
from wrap_portal.audit.models import AuditEvent
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.people.models import MemberRole, Membership, Person
from wrap_portal.people.queries import is_member_on
from wrap_portal.records.models import RecordState, TrainingRecord
from wrap_portal.sessions.models import SessionDate, SessionState, TrainingSession
from wrap_portal.trainers.models import Accreditation, AccreditationScope, AccreditationState
from wrap_portal.trainers.service import confirm_accreditation

ATTENDED = AttendanceOutcome.ATTENDED
LEFT_EARLY = AttendanceOutcome.LEFT_EARLY
ABSENT = AttendanceOutcome.DID_NOT_ATTEND

STARTS = datetime(2026, 11, 23, 10, tzinfo=UTC)
ENDS = datetime(2026, 11, 23, 12, tzinfo=UTC)
THE_DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _during_the_session(db_session) -> Iterator[None]:
    with time_machine.travel("2026-11-23 11:00", tick=False):
        yield


def make_session(**values) -> TrainingSession:
    """A session that is going on at the moment, unless the test says otherwise."""
    return make_training_session(**({"starts_at": STARTS, "ends_at": ENDS} | values))


def day_of(session: TrainingSession) -> SessionDate:
    return db.session.scalars(select(SessionDate).where(SessionDate.training_session_id == session.id)).one()


def mark(session: TrainingSession, *marks: tuple[Booking | Person, AttendanceOutcome | None], user_id=None):
    """Save marks of bookings or people on the session's only date."""
    return service.mark_attendance(
        session_date_id=day_of(session).id,
        marks={(who.person_id if isinstance(who, Booking) else who.id): outcome for who, outcome in marks},
        user_id=user_id,
    )


def walk_in(session: TrainingSession, organisation, **values) -> service.WalkIn:
    """Add somebody at the door on the session's only date."""
    return service.add_walk_in(
        session_date_id=day_of(session).id, organisation_id=organisation.id, **({"user_id": None} | values)
    )


def records(state: RecordState = RecordState.ACCEPTED) -> list[TrainingRecord]:
    return list(
        db.session.scalars(
            select(TrainingRecord).where(TrainingRecord.state == state).order_by(TrainingRecord.id)
        )
    )


def accreditations() -> list[Accreditation]:
    return list(db.session.scalars(select(Accreditation).order_by(Accreditation.id)))


# marking


def test_mark_attendance_makes_a_record_of_who_attended() -> None:
    session, user = make_session(), make_user()
    booking = make_booking(session)
    mark(session, (booking, ATTENDED), user_id=user.id)
    made = records()[0]
    assert (made.person_id, made.course_id, made.completed_on, made.organisation_id) == (
        booking.person_id,
        session.course_id,
        THE_DAY,
        booking.organisation_id,
    )
    attendance = db.session.scalars(select(Attendance)).one()
    assert (attendance.training_record_id, attendance.walk_in) == (made.id, False)
    assert (attendance.marked_by_user_id, made.recorded_by_user_id) == (user.id, user.id)


def test_f5_seven_came_and_two_left_early_make_five_records() -> None:
    session = make_session()
    bookings = [make_booking(session) for _ in range(7)]
    tally = mark(
        session,
        *((booking, ATTENDED) for booking in bookings[:5]),
        *((booking, LEFT_EARLY) for booking in bookings[5:]),
    )
    assert len(records()) == 5
    assert (tally.attended, tally.left_early, tally.did_not_attend, tally.not_marked) == (5, 2, 0, 0)


def test_f11_the_same_person_twice_is_two_attendances_and_one_person() -> None:
    course = make_course()
    first = make_session(course_id=course.id)
    second = make_session(
        course_id=course.id,
        authority_id=first.authority_id,
        starts_at=datetime(2026, 11, 16, 10, tzinfo=UTC),
        ends_at=ENDS.replace(day=16),
    )
    booking = make_booking(first)
    make_booking(second, booking.person, booking.organisation)
    mark(first, (booking, ATTENDED))
    mark(second, (booking, ATTENDED))
    counted = select(func.count(), func.count(Attendance.person_id.distinct()))
    assert db.session.execute(counted.select_from(Attendance)).one() == (2, 1)
    assert [record.completed_on for record in records()] == [THE_DAY, date(2026, 11, 16)]


@pytest.mark.parametrize(
    ("starts_at", "day"),
    [
        (datetime(2027, 6, 30, 23, 15, tzinfo=UTC), date(2027, 7, 1)),
        (datetime(2027, 6, 30, 22, 59, tzinfo=UTC), date(2027, 6, 30)),
        (datetime(2027, 1, 31, 23, 59, tzinfo=UTC), date(2027, 1, 31)),
        (datetime(2027, 3, 28, 23, 30, tzinfo=UTC), date(2027, 3, 29)),
        (datetime(2027, 10, 31, 23, 30, tzinfo=UTC), date(2027, 10, 31)),
    ],
    ids=["00:15 BST on 1 July", "23:59 BST", "winter", "clocks went on", "clocks went back"],
)
def test_f13_a_record_has_the_london_date_of_the_start(starts_at: datetime, day: date) -> None:
    with time_machine.travel(starts_at, tick=False):
        session = make_session(starts_at=starts_at, ends_at=None)
        mark(session, (make_booking(session), ATTENDED))
    assert records()[0].completed_on == day


def test_mark_attendance_leaves_blanks_alone() -> None:
    session = make_session()
    first, second, third = (make_booking(session) for _ in range(3))
    mark(session, (first, ATTENDED))
    tally = mark(session, (first, None), (second, None), (third, ABSENT))
    assert (tally.attended, tally.did_not_attend, tally.not_marked) == (1, 1, 1)
    states = db.session.scalars(select(Booking.state).distinct()).all()
    assert states == [BookingState.CONFIRMED]


def test_mark_attendance_twice_changes_nothing() -> None:
    session = make_session()
    bookings = [make_booking(session) for _ in range(3)]
    marks = list(zip(bookings, (ATTENDED, LEFT_EARLY, ABSENT), strict=True))
    assert mark(session, *marks) == mark(session, *marks)
    assert len(records()) == 1
    assert records(RecordState.VOIDED) == []
    assert len(db.session.scalars(select(AuditEvent)).all()) == 1


@pytest.mark.parametrize("corrected", [LEFT_EARLY, ABSENT])
def test_a_correction_voids_the_record_and_keeps_it(corrected: AttendanceOutcome) -> None:
    session, user = make_session(), make_user()
    booking = make_booking(session)
    mark(session, (booking, ATTENDED))
    mark(session, (booking, corrected), user_id=user.id)
    assert records() == []
    voided = records(RecordState.VOIDED)[0]
    assert voided.decided_by_user_id == user.id
    assert str(voided.decision_reason).startswith("The register was corrected")
    mark(session, (booking, ATTENDED))
    assert len(records()) == 1
    assert len(records(RecordState.VOIDED)) == 1
    attendance = db.session.scalars(select(Attendance)).one()
    assert attendance.training_record_id == records()[0].id


def test_the_trail_tells_each_mark_by_number() -> None:
    session, user = make_session(), make_user()
    booking = make_booking(session)
    mark(session, (booking, ATTENDED), user_id=user.id)
    mark(session, (booking, ABSENT), user_id=user.id)
    events = db.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "mark_attendance").order_by(AuditEvent.id)
    ).all()
    assert [event.details["marks"] for event in events] == [
        {str(booking.person_id): [None, "attended"]},
        {str(booking.person_id): ["attended", "did_not_attend"]},
    ]
    assert {(event.actor_id, event.authority_id) for event in events} == {(user.id, session.authority_id)}


def test_mark_attendance_waits_for_the_start() -> None:
    session = make_session()
    booking = make_booking(session)
    with (
        time_machine.travel("2026-11-23 09:59:59", tick=False),
        pytest.raises(DomainError, match="not before it starts"),
    ):
        mark(session, (booking, ATTENDED))
    with time_machine.travel("2026-11-23 10:00", tick=False):
        assert mark(session, (booking, ATTENDED)).attended == 1
    with time_machine.travel("2027-11-23 10:00", tick=False):
        assert mark(session, (booking, LEFT_EARLY)).left_early == 1


def test_each_date_has_a_register_of_its_own() -> None:
    session = make_session()
    later = add_session_date(session, STARTS.replace(hour=14), ENDS.replace(hour=16))
    first = db.session.scalars(select(SessionDate).where(SessionDate.id != later.id)).one()
    booking = make_booking(session)
    marks = {booking.person_id: ATTENDED}
    with pytest.raises(DomainError, match="not before it starts"):
        service.mark_attendance(session_date_id=later.id, marks=marks, user_id=None)
    with time_machine.travel("2026-11-23 17:00", tick=False):
        for day in (first, later):
            service.mark_attendance(session_date_id=day.id, marks=marks, user_id=None)
    assert [record.completed_on for record in records()] == [THE_DAY, THE_DAY]


def test_mark_attendance_refuses_a_cancelled_session() -> None:
    session = make_session(state=SessionState.CANCELLED)
    booking = make_booking(session)
    with pytest.raises(DomainError, match="cancelled"):
        mark(session, (booking, ATTENDED))


@pytest.mark.parametrize("stranger", ["cancelled", "of another session", "nobody"])
def test_mark_attendance_refuses_who_is_not_on_the_register(stranger: str) -> None:
    session = make_session()
    here = make_booking(session)
    person_id = {
        "cancelled": lambda: make_booking(session, state=BookingState.CANCELLED).person_id,
        "of another session": lambda: make_booking(make_session()).person_id,
        "nobody": lambda: 0,
    }[stranger]()
    with pytest.raises(DomainError, match="not on this register any more"):
        service.mark_attendance(
            session_date_id=day_of(session).id,
            marks={here.person_id: ATTENDED, person_id: ATTENDED},
            user_id=None,
        )


def test_who_has_left_the_organisation_is_trained_but_not_for_it() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    left = make_membership(organisation, ended_on=THE_DAY)
    booking = make_booking(session, left.person, organisation)
    mark(session, (booking, ATTENDED))
    assert records()[0].organisation_id is None
    assert db.session.scalars(select(Attendance)).one().organisation_id == organisation.id


def test_who_has_moved_is_trained_for_where_they_are_now() -> None:
    session = make_session()
    old, new = (make_organisation(authority_id=session.authority_id) for _ in range(2))
    person = make_membership(old, ended_on=THE_DAY).person
    make_membership(new, person, started_on=THE_DAY)
    mark(session, (make_booking(session, person, old), ATTENDED))
    assert records()[0].organisation_id == new.id


# train-the-trainer


def make_t3(**values) -> tuple[TrainingSession, Booking]:
    """A train-the-trainer session with one place, of a course that accredits for another."""
    wrap = make_course(name="WRAP", needs_accredited_trainer=True)
    session = make_session(course_id=make_course(accredits_course_id=wrap.id).id, **values)
    return session, make_booking(session)


def test_train_the_trainer_proposes_an_accreditation_for_the_own_organisation() -> None:
    session, booking = make_t3()
    mark(session, (booking, ATTENDED))
    proposal = accreditations()[0]
    assert (proposal.state, proposal.scope) == (
        AccreditationState.PROPOSED,
        AccreditationScope.OWN_ORGANISATION,
    )
    assert (proposal.person_id, proposal.organisation_id, proposal.authority_id) == (
        booking.person_id,
        booking.organisation_id,
        session.authority_id,
    )
    assert (proposal.course_id, proposal.starts_on) == (session.course.accredits_course_id, THE_DAY)
    assert proposal.training_record_id == records()[0].id


def test_who_belongs_nowhere_is_proposed_for_the_area() -> None:
    session, _ = make_t3()
    person = make_person(authority_id=session.authority_id)
    booking = make_booking(session, person)
    mark(session, (booking, ATTENDED))
    assert (accreditations()[0].scope, accreditations()[0].organisation_id) == (AccreditationScope.AREA, None)


@pytest.mark.parametrize("outcome", [LEFT_EARLY, ABSENT])
def test_only_attending_proposes(outcome: AttendanceOutcome) -> None:
    session, booking = make_t3()
    mark(session, (booking, outcome))
    assert accreditations() == []


def test_nothing_is_proposed_twice() -> None:
    session, booking = make_t3()
    mark(session, (booking, ATTENDED))
    mark(session, (booking, ATTENDED))
    again = make_session(
        course_id=session.course_id,
        authority_id=session.authority_id,
        starts_at=STARTS.replace(day=20),
        ends_at=ENDS.replace(day=20),
    )
    mark(again, (make_booking(again, booking.person, booking.organisation), ATTENDED))
    assert len(accreditations()) == 1


def test_a_correction_takes_the_open_proposal_back_and_attending_after_all_makes_one() -> None:
    session, booking = make_t3()
    mark(session, (booking, ATTENDED))
    mark(session, (booking, LEFT_EARLY))
    assert [one.state for one in accreditations()] == [AccreditationState.DECLINED]
    mark(session, (booking, ATTENDED))
    assert [one.state for one in accreditations()] == [
        AccreditationState.DECLINED,
        AccreditationState.PROPOSED,
    ]


def test_what_a_manager_has_confirmed_stays_and_is_not_proposed_again() -> None:
    session, booking = make_t3()
    mark(session, (booking, ATTENDED))
    confirm_accreditation(
        accreditation_id=accreditations()[0].id,
        starts_on=THE_DAY,
        ends_on=date(2028, 11, 22),
        user_id=None,
    )
    mark(session, (booking, LEFT_EARLY))
    mark(session, (booking, ATTENDED))
    assert [one.state for one in accreditations()] == [AccreditationState.CONFIRMED]


def test_a_renewal_is_proposed_while_the_one_before_is_in_force() -> None:
    session, booking = make_t3()
    mark(session, (booking, ATTENDED))
    confirm_accreditation(
        accreditation_id=accreditations()[0].id,
        starts_on=THE_DAY,
        ends_on=date(2028, 11, 22),
        user_id=None,
    )
    with time_machine.travel("2028-09-04 17:00", tick=False):
        renewal = make_session(
            course_id=session.course_id,
            authority_id=session.authority_id,
            starts_at=datetime(2028, 9, 4, 10, tzinfo=UTC),
            ends_at=datetime(2028, 9, 4, 12, tzinfo=UTC),
        )
        mark(renewal, (make_booking(renewal, booking.person, booking.organisation), ATTENDED))
    assert [one.state for one in accreditations()] == [
        AccreditationState.CONFIRMED,
        AccreditationState.PROPOSED,
    ]


# walk-ins


def test_add_walk_in_knows_somebody_of_the_staff_by_name() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    person = make_membership(organisation, make_person(name="Ann Lee")).person
    added = walk_in(session, organisation, name="ann lee")
    assert (added.known, added.booked, added.attendance.person_id) == (True, False, person.id)
    assert (added.attendance.walk_in, added.attendance.outcome) == (True, ATTENDED)
    assert (records()[0].person_id, records()[0].organisation_id) == (person.id, organisation.id)


def test_add_walk_in_knows_somebody_of_the_staff_by_address() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    person = make_membership(organisation, make_person(email="ann@hill.example")).person
    added = walk_in(session, organisation, name="Ann Lee-Hall", email="Ann@hill.example")
    assert added.attendance.person_id == person.id


def test_add_walk_in_makes_a_new_member_of_staff_from_that_date() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    namesake = make_membership(
        make_organisation(authority_id=session.authority_id), make_person(name="Bo Yu")
    )
    former = make_membership(organisation, make_person(name="Bo Yu"), ended_on=THE_DAY)
    added = walk_in(session, organisation, name=" Bo  Yu ", email="bo@hill.example")
    person = db.session.get_one(Person, added.attendance.person_id)
    assert person.id not in (namesake.person_id, former.person_id)
    assert (person.name, person.email, person.authority_id) == (
        "Bo Yu",
        "bo@hill.example",
        session.authority_id,
    )
    membership = db.session.scalars(select(Membership).where(Membership.person_id == person.id)).one()
    assert (membership.role, membership.during.lower) == (MemberRole.STAFF, THE_DAY)
    assert not added.known
    assert is_member_on(person.id, organisation.id, THE_DAY)


def test_add_walk_in_brings_along_somebody_known_elsewhere_by_name_and_address() -> None:
    session = make_session()
    old, new = (make_organisation(authority_id=session.authority_id) for _ in range(2))
    person = make_person(authority_id=session.authority_id, name="Bo Yu", email="bo@hill.example")
    make_membership(old, person)
    added = walk_in(session, new, name="bo yu", email="bo@hill.example")
    assert (added.attendance.person_id, added.known) == (person.id, False)
    assert is_member_on(person.id, new.id, THE_DAY)
    third = make_organisation(authority_id=session.authority_id)
    other = walk_in(session, third, name="Somebody Else", email="bo@hill.example")
    assert other.attendance.person_id != person.id


def test_add_walk_in_knows_somebody_who_begins_later() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    later = make_membership(organisation, role=MemberRole.STAFF, started_on=date(2026, 12, 1)).person
    added = walk_in(session, organisation, name=later.name)
    assert (added.attendance.person_id, added.known) == (later.id, True)
    assert records()[0].organisation_id is None


def test_add_walk_in_twice_is_one_person_and_one_record() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    first = walk_in(session, organisation, name="Bo Yu")
    second = walk_in(session, organisation, name="Bo Yu")
    assert second.attendance.id == first.attendance.id
    assert second.known
    assert len(records()) == 1
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_add_walk_in_of_somebody_who_has_a_place_marks_that() -> None:
    session = make_session()
    booking = make_booking(session)
    mark(session, (booking, ABSENT))
    added = walk_in(session, booking.organisation, name=booking.person.name)
    assert (added.booked, added.attendance.walk_in, added.attendance.outcome) == (True, False, ATTENDED)
    assert len(records()) == 1


def test_add_walk_in_of_a_chosen_member_of_staff() -> None:
    session = make_session()
    membership = make_membership(make_organisation(authority_id=session.authority_id))
    added = walk_in(session, membership.organisation, person_id=membership.person_id)
    assert added.attendance.person_id == membership.person_id
    with pytest.raises(DomainError, match="not on the staff list"):
        walk_in(session, membership.organisation, person_id=make_membership().person_id)


def test_walk_ins_do_not_count_against_the_places() -> None:
    session = make_session(capacity=1)
    make_booking(session)
    organisation = make_organisation(authority_id=session.authority_id)
    for name in ("Ann Lee", "Bo Yu"):
        walk_in(session, organisation, name=name)
    db.session.refresh(session)
    assert (session.booked, session.capacity) == (1, 1)
    assert len(records()) == 2


def test_a_walk_in_can_be_corrected_and_is_still_for_who_sent_them() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    added = walk_in(session, organisation, name="Bo Yu")
    person = db.session.get_one(Person, added.attendance.person_id)
    make_membership(make_organisation(authority_id=session.authority_id), person)
    assert mark(session, (person, LEFT_EARLY)).left_early == 1
    assert records() == []
    mark(session, (person, ATTENDED))
    assert records()[0].organisation_id == organisation.id
    assert added.attendance.walk_in


def test_add_walk_in_asks_which_of_two_people_of_the_name() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    for email in (None, "ann@hill.example"):
        make_membership(organisation, make_person(name="Ann Lee", email=email))
    with pytest.raises(DomainError, match="2 people called Ann Lee") as refusal:
        walk_in(session, organisation, name="Ann Lee")
    assert refusal.value.field == "email"
    assert walk_in(session, organisation, name="Ann Lee", email="ann@hill.example").known


@pytest.mark.parametrize(
    ("organisation", "name", "field"),
    [
        ("own", "  ", "name"),
        ("of another authority", "Bo Yu", "organisation_id"),
        ("closed", "Bo Yu", "organisation_id"),
    ],
)
def test_add_walk_in_refuses(organisation: str, name: str, field: str) -> None:
    session = make_session()
    made = {
        "own": lambda: make_organisation(authority_id=session.authority_id),
        "of another authority": lambda: make_organisation(make_authority()),
        "closed": lambda: make_organisation(authority_id=session.authority_id, closed_on=THE_DAY),
    }[organisation]()
    with pytest.raises(DomainError) as refusal:
        walk_in(session, made, name=name)
    assert refusal.value.field == field


def test_add_walk_in_waits_for_the_start() -> None:
    session = make_session()
    organisation = make_organisation(authority_id=session.authority_id)
    with (
        time_machine.travel("2026-11-23 09:59:59", tick=False),
        pytest.raises(DomainError, match="not before it starts"),
    ):
        walk_in(session, organisation, name="Bo Yu")


def test_a_walk_in_at_train_the_trainer_is_proposed_too() -> None:
    session, _ = make_t3()
    organisation = make_organisation(authority_id=session.authority_id)
    walk_in(session, organisation, name="Bo Yu")
    assert accreditations()[0].organisation_id == organisation.id
