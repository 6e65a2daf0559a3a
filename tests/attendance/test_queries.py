"""What registers and in-house sessions show to whom, and how many questions they ask for it."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.attendance import make_attendance, make_in_house_session
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import add_session_date, make_training_session
from tests.factories.trainers import make_accreditation, make_proposal
from tests.support.queries import counted_queries
from wrap_portal.attendance import queries
from wrap_portal.attendance.models import AttendanceOutcome
from wrap_portal.bookings.models import BookingState
from wrap_portal.extensions import db
from wrap_portal.records.models import RecordState, TrainingRecord
from wrap_portal.sessions.models import SessionDate, SessionMode, TrainingSession
from wrap_portal.web.access import Scope

NOBODY = Scope()
STARTS = datetime(2026, 11, 23, 10, tzinfo=UTC)


def day_of(session: TrainingSession) -> SessionDate:
    return db.session.scalars(select(SessionDate).where(SessionDate.training_session_id == session.id)).one()


def of_authority(authority_id: int) -> Scope:
    return Scope(authority_ids=frozenset([authority_id]))


def member(school, name: str):
    return make_membership(school, make_person(authority_id=school.authority_id, name=name)).person


# the register


def test_get_register_is_for_the_sessions_trainers_and_the_authoritys_managers(db_session) -> None:
    trainer, other = make_person(), make_person()
    session = make_training_session(starts_at=STARTS)
    add_session_date(session, STARTS.replace(day=24), STARTS.replace(day=24, hour=12), [trainer])

    def reached(scope: Scope, trainer_person_id: int | None, session_id: int = session.id) -> bool:
        found = queries.get_register(session_id, scope=scope, trainer_person_id=trainer_person_id, now=STARTS)
        return found is not None

    assert reached(of_authority(session.authority_id), None)
    assert reached(NOBODY, trainer.id)
    assert not reached(NOBODY, other.id)
    assert not reached(NOBODY, None)
    assert not reached(of_authority(make_authority().id), None)
    assert not reached(of_authority(session.authority_id), trainer.id, session_id=0)


def test_get_register_is_of_the_date_that_began_last_or_the_one_asked_for(db_session) -> None:
    session = make_training_session(
        starts_at=STARTS, course_id=make_course(name="WRAP").id, mode=SessionMode.ONLINE
    )
    add_session_date(session, STARTS.replace(day=24), STARTS.replace(day=24, hour=12))
    first, second = session.dates

    def chosen(now: datetime, session_date_id: int | None = None) -> int | None:
        found = queries.get_register(
            session.id,
            scope=of_authority(session.authority_id),
            trainer_person_id=None,
            now=now,
            session_date_id=session_date_id,
        )
        assert found is None or (found.course_name, found.place, len(found.dates)) == ("WRAP", "Online", 2)
        return found and found.session_date_id

    assert chosen(STARTS.replace(day=1)) == first.id
    assert chosen(STARTS.replace(day=23, hour=20)) == first.id
    assert chosen(STARTS.replace(day=24)) == second.id
    assert chosen(STARTS.replace(day=30), first.id) == first.id
    assert chosen(STARTS, make_training_session(starts_at=STARTS).dates[0].id) is None


def test_register_rows_are_places_and_walk_ins_by_name(db_session) -> None:
    session = make_training_session(starts_at=STARTS)
    school = make_organisation(authority_id=session.authority_id, name="Hill School")
    day = day_of(session)
    make_booking(session, member(school, "Cy Fox"), school)
    make_attendance(day, member(school, "bo Yu"), school, walk_in=True)
    marked = make_booking(session, member(school, "Ann Lee"), school)
    make_attendance(day, marked.person, school, outcome=AttendanceOutcome.LEFT_EARLY)
    make_booking(session, member(school, "Di Roe"), school, state=BookingState.CANCELLED)
    make_booking(make_training_session(starts_at=STARTS))
    rows = queries.register_rows(day.id)
    assert [(row.name, row.outcome, row.walk_in) for row in rows] == [
        ("Ann Lee", AttendanceOutcome.LEFT_EARLY, False),
        ("bo Yu", AttendanceOutcome.ATTENDED, True),
        ("Cy Fox", None, False),
    ]
    assert {row.organisation_name for row in rows} == {"Hill School"}


def test_register_rows_are_of_one_date(db_session) -> None:
    session = make_training_session(starts_at=STARTS)
    first = day_of(session)
    second = add_session_date(session, STARTS.replace(day=24), STARTS.replace(day=24, hour=12))
    booking = make_booking(session)
    make_attendance(first, booking.person, booking.organisation)
    make_attendance(first, walk_in=True)
    assert [row.outcome for row in queries.register_rows(second.id)] == [None]
    assert [row.outcome for row in queries.register_rows(first.id)] == [AttendanceOutcome.ATTENDED] * 2


def test_register_rows_ask_one_question_however_many_there_are(db_session) -> None:
    session = make_training_session(starts_at=STARTS, capacity=100)
    day = day_of(session)
    for number in (1, 29):
        for _ in range(number):
            booking = make_booking(session)
            make_attendance(day, booking.person, booking.organisation)
        with counted_queries() as asked:
            queries.register_rows(day.id)
        assert len(asked) == 1


# in-house sessions


def test_deliverers_are_the_staff_who_may_or_could_deliver_a_course(db_session) -> None:
    school, wrap = make_organisation(), make_course(name="WRAP", version="3")
    own = make_accreditation(
        member(school, "Cy Fox"), wrap, school, starts_on=date(2025, 4, 1), ends_on=date(2027, 3, 31)
    )
    area = make_accreditation(member(school, "Ann Lee"), wrap, ends_on=None)
    make_accreditation(member(school, "Bo Yu"), wrap, make_organisation(authority_id=school.authority_id))
    make_accreditation(make_person(authority_id=school.authority_id), wrap)
    make_proposal(member(school, "Di Roe"), wrap, school)
    make_accreditation(make_membership(school, make_person()).person, wrap)
    found = queries.deliverers(school)
    assert [(one.accreditation_id, one.person_name, one.starts_on, one.ends_on) for one in found] == [
        (area.id, "Ann Lee", date(2020, 1, 1), None),
        (own.id, "Cy Fox", date(2025, 4, 1), date(2027, 3, 31)),
    ]
    assert {(one.course_name, one.course_version) for one in found} == {("WRAP", "3")}


def test_deliverers_name_the_accreditation_that_lasts_longest(db_session) -> None:
    school, wrap = make_organisation(), make_course()
    person = member(school, "Cy Fox")
    make_accreditation(person, wrap, school, starts_on=date(2023, 4, 1), ends_on=date(2025, 3, 31))
    renewed = make_accreditation(person, wrap, school, starts_on=date(2025, 4, 1), ends_on=date(2027, 3, 31))
    assert [one.accreditation_id for one in queries.deliverers(school)] == [renewed.id]


def test_deliverers_were_on_the_staff_while_accredited(db_session) -> None:
    school = make_organisation()
    former = make_membership(school, started_on=date(2020, 1, 1), ended_on=date(2021, 1, 1)).person
    make_accreditation(former, organisation=school, starts_on=date(2021, 1, 1))
    assert queries.deliverers(school) == []


def test_in_house_sessions_show_the_chain_behind_them(db_session) -> None:
    school = make_organisation()
    trainers = [make_person(name=name) for name in ("Tom Trainer", "Ada Trainer")]
    t3 = make_training_session(starts_at=STARTS, authority_id=school.authority_id, trainers=trainers)
    lead = member(school, "Amira Khan")
    attended = make_attendance(day_of(t3), lead, school)
    accreditation = make_accreditation(
        lead,
        make_course(name="WRAP"),
        school,
        training_record_id=attended.training_record_id,
        starts_on=date(2026, 11, 23),
        ends_on=date(2028, 11, 22),
    )
    logged = make_in_house_session(
        accreditation,
        held_on=date(2026, 12, 1),
        attendees=(member(school, "Bo Yu"), member(school, "Ann Lee")),
        headcount=20,
        logged_by_user_id=make_user(name="Lee Lead").id,
    )
    row = queries.get_in_house_session(logged.id, school.id)
    assert row is not None
    assert queries.in_house_sessions(school.id) == [row]
    assert (row.course_name, row.delivered_by, row.logged_by) == ("WRAP", "Amira Khan", "Lee Lead")
    assert (row.trained_on, row.trained_by) == (date(2026, 11, 23), ("Ada Trainer", "Tom Trainer"))
    assert (row.accredited_from, row.accredited_to) == (date(2026, 11, 23), date(2028, 11, 22))
    assert (row.named, row.headcount) == (2, 20)
    assert [(one.name, one.counts) for one in queries.attendees_of(logged.id)] == [
        ("Ann Lee", True),
        ("Bo Yu", True),
    ]


def test_in_house_sessions_count_what_stands(db_session) -> None:
    school = make_organisation()
    accreditation = make_accreditation(member(school, "Amira Khan"), organisation=school)
    logged = make_in_house_session(
        accreditation, attendees=(member(school, "Bo Yu"), member(school, "Ann Lee"))
    )
    record = db.session.scalars(select(TrainingRecord).limit(1)).one()
    record.state, record.decision_reason = RecordState.VOIDED, "Another Bo Yu"
    db.session.flush()
    row = queries.get_in_house_session(logged.id, school.id)
    assert row is not None
    assert (row.named, row.headcount, row.trained_on, row.trained_by) == (1, 0, None, ())
    assert sorted(one.counts for one in queries.attendees_of(logged.id)) == [False, True]


def test_in_house_sessions_are_the_organisations_own_latest_first(db_session) -> None:
    school = make_organisation()
    accreditation = make_accreditation(member(school, "Amira Khan"), organisation=school)
    days = (date(2026, 3, 1), date(2026, 5, 1), date(2026, 4, 1))
    sessions = {day: make_in_house_session(accreditation, held_on=day, headcount=5).id for day in days}
    other = make_in_house_session(headcount=5)
    assert [row.in_house_session_id for row in queries.in_house_sessions(school.id)] == [
        sessions[day] for day in sorted(days, reverse=True)
    ]
    page = queries.in_house_sessions(school.id, limit=1, offset=1)
    assert [row.held_on for row in page] == [date(2026, 4, 1)]
    assert queries.count_in_house_sessions(school.id) == 3
    assert queries.get_in_house_session(other.id, school.id) is None


def test_in_house_sessions_ask_one_question_however_many_there_are(db_session) -> None:
    school = make_organisation()
    accreditation = make_accreditation(member(school, "Amira Khan"), organisation=school)
    for number in (1, 29):
        for _ in range(number):
            make_in_house_session(accreditation, headcount=5)
        with counted_queries() as asked:
            queries.in_house_sessions(school.id)
        assert len(asked) == 1
