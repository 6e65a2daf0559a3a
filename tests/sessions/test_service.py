"""A session is put in the diary whole, or refused with the reason beside its field."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy.exc import IntegrityError

from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import add_session_date, in_days, make_training_session, make_venue
from tests.factories.trainers import make_accreditation, make_proposal
from wrap_portal.courses.models import CourseMode
from wrap_portal.errors import DomainError, refusal_for
from wrap_portal.sessions import queries, service
from wrap_portal.sessions.models import SessionMode, SessionState
from wrap_portal.web.access import Scope

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def authority():
    return make_authority()


@pytest.fixture
def course():
    return make_course(name="WRAP", needs_accredited_trainer=True)


@pytest.fixture
def trainer(authority, course):
    person = make_person(authority, name="Ada Byron")
    make_accreditation(person, course)
    return person


def schedule(authority, course, *trainers, **values):
    if "venue_id" not in values and values.get("mode") is not SessionMode.ONLINE:
        values["venue_id"] = make_venue(authority).id
    return service.schedule_session(
        **{
            "authority_id": authority.id,
            "course_id": course.id,
            "starts_at": in_days(14),
            "ends_at": in_days(14, hour=12),
            "mode": SessionMode.IN_PERSON,
            "venue_id": None,
            "join_link": None,
            "capacity": 20,
            "trainer_person_ids": [person.id for person in trainers],
        }
        | values
    )


def refusal(*arguments, **values) -> DomainError:
    with pytest.raises(DomainError) as refused:
        schedule(*arguments, **values)
    return refused.value


def test_schedule_session_in_person(authority, course, trainer):
    session = schedule(authority, course, trainer, note=" Bring a pen ")
    assert (session.state, session.booked, session.join_link) == (SessionState.PUBLISHED, 0, None)
    assert session.note == "Bring a pen"
    (day,) = session.dates
    assert (day.during.lower, day.during.upper) == (in_days(14), in_days(14, hour=12))
    assert day.venue_id == session.venue_id
    assert [each.person_id for each in day.trainers] == [trainer.id]


def test_schedule_session_online(authority, course, trainer):
    session = schedule(
        authority, course, trainer, mode=SessionMode.ONLINE, join_link="https://meet.example/wrap"
    )
    assert (session.venue_id, session.join_link) == (None, "https://meet.example/wrap")


@pytest.mark.parametrize("link", [None, "", "http://meet.example/wrap", "javascript:alert(1)"])
def test_schedule_session_refuses_a_link_that_is_not_https(authority, course, trainer, link):
    refused = refusal(authority, course, trainer, mode=SessionMode.ONLINE, join_link=link)
    assert refused.field == "join_link"


def test_schedule_session_refuses_the_venue_of_another_council(authority, course, trainer):
    assert refusal(authority, course, trainer, venue_id=make_venue().id).field == "venue_id"
    assert refusal(authority, course, trainer, venue_id=None).field == "venue_id"


def test_schedule_session_refuses_more_places_than_the_venue_holds(authority, course, trainer):
    venue = make_venue(authority, name="Town Hall", capacity=30)
    refused = refusal(authority, course, trainer, venue_id=venue.id, capacity=31)
    assert (refused.field, refused.sentence) == (
        "capacity",
        "Town Hall holds 30 people. Offer fewer places.",
    )
    assert schedule(authority, course, trainer, venue_id=venue.id, capacity=30).capacity == 30


@pytest.mark.parametrize("capacity", [-1, 0, 5001])
def test_schedule_session_refuses_an_impossible_number_of_places(authority, course, trainer, capacity):
    venue = make_venue(authority, capacity=None)
    assert refusal(authority, course, trainer, venue_id=venue.id, capacity=capacity).field == "capacity"


def test_schedule_session_refuses_who_was_never_accredited(authority, course):
    person = make_person(authority, name="Mary Somerville")
    make_proposal(person, course)
    refused = refusal(authority, course, person)
    assert (refused.field, refused.sentence) == (
        "trainers",
        "Mary Somerville is not accredited to deliver WRAP.",
    )


@pytest.mark.parametrize(("day", "refused"), [(date(2027, 3, 31), False), (date(2027, 4, 1), True)])
def test_schedule_session_holds_to_the_last_day_of_an_accreditation(authority, course, day, refused):
    """The scheduled side of domain.md F18."""
    person = make_person(authority, name="Mary Somerville")
    make_accreditation(person, course, starts_on=date(2025, 4, 1), ends_on=date(2027, 3, 31))
    starts_at, ends_at = service.session_times(on=day, starts=time(10), ends=time(12))
    with time_machine.travel(datetime(2026, 11, 23, 9, tzinfo=UTC), tick=False):
        if not refused:
            assert schedule(authority, course, person, starts_at=starts_at, ends_at=ends_at)
            return
        problem = refusal(authority, course, person, starts_at=starts_at, ends_at=ends_at)
    assert problem.sentence == (
        "Mary Somerville is accredited to deliver WRAP from 1 April 2025 to 31 March 2027,"
        " not on 1 April 2027."
    )


def test_schedule_session_refuses_an_accreditation_for_another_school(authority, course):
    school, other = make_organisation(authority), make_organisation(authority)
    person = make_membership(school, make_person(authority)).person
    make_accreditation(person, course, school)
    assert refusal(authority, course, person).field == "trainers"
    assert "at School" in refusal(authority, course, person, organisation_id=other.id).sentence
    assert schedule(authority, course, person, organisation_id=school.id).organisation_id == school.id


def test_schedule_session_of_a_course_that_anybody_may_give(authority):
    assert schedule(authority, make_course(), make_person(authority))


def test_schedule_session_needs_trainers_of_the_authority(authority, course, trainer):
    assert refusal(authority, course).field == "trainers"
    assert refusal(authority, make_course(), make_person()).field == "trainers"
    assert refusal(authority, course, trainer, trainer_person_ids=[trainer.id, 0]).field == "trainers"


def test_schedule_session_refuses_a_trainer_who_is_elsewhere_and_says_where(authority, course, trainer):
    starts_at, ends_at = datetime(2027, 6, 3, 9, tzinfo=UTC), datetime(2027, 6, 3, 11, tzinfo=UTC)
    schedule(authority, course, trainer, starts_at=starts_at, ends_at=ends_at)
    overlapping = {"starts_at": ends_at - timedelta(minutes=1), "ends_at": ends_at + timedelta(hours=1)}
    refused = refusal(authority, course, trainer, **overlapping)
    assert (refused.field, refused.sentence) == (
        "trainers",
        "Ada Byron already trains then: WRAP, Thursday 3 June 2027, 10am to midday.",
    )
    assert schedule(authority, course, trainer, starts_at=ends_at, ends_at=ends_at + timedelta(hours=1)).dates


def test_schedule_session_refuses_a_venue_that_is_taken_and_says_by_what(authority, course, trainer):
    venue = make_venue(authority, name="Town Hall")
    schedule(authority, course, trainer, venue_id=venue.id)
    other = make_person(authority)
    refused = refusal(authority, make_course(), other, venue_id=venue.id)
    assert refused.field == "venue_id"
    assert refused.sentence.startswith("Town Hall is taken then: WRAP, ")


@pytest.mark.parametrize("ends_hour", [9, 10])
def test_schedule_session_refuses_an_end_before_the_start(authority, course, trainer, ends_hour):
    assert refusal(authority, course, trainer, ends_at=in_days(14, hour=ends_hour)).field == "ends"


def test_schedule_session_refuses_the_past(authority, course, trainer):
    assert refusal(authority, course, trainer, starts_at=in_days(-1)).field == "on"


@pytest.mark.parametrize(
    "values",
    [
        {"withdrawn_on": date(2020, 1, 1)},
        {"mode": CourseMode.E_LEARNING},
        {"authority_id": "another"},
    ],
)
def test_schedule_session_refuses_a_course_that_is_not_given(authority, trainer, values):
    if "authority_id" in values:
        values = {"authority_id": make_authority().id}
    assert refusal(authority, make_course(**values), trainer).field == "course_id"


def test_schedule_session_refuses_an_audience_elsewhere_or_closed(authority, course, trainer):
    elsewhere = make_organisation()
    closed = make_organisation(authority, closed_on=date(2026, 8, 31))
    for organisation in (elsewhere, closed):
        refused = refusal(authority, course, trainer, organisation_id=organisation.id)
        assert refused.field == "organisation_id"


def test_schedule_session_twice_with_the_same_key_is_one_session(authority, course, trainer):
    key = uuid4()
    first = schedule(authority, course, trainer, uid=key)
    assert schedule(authority, course, trainer, uid=key).id == first.id


def test_schedule_session_never_takes_the_key_of_another_council(authority, course, trainer):
    theirs = make_training_session()
    with pytest.raises(IntegrityError) as broken:
        schedule(authority, course, trainer, uid=theirs.uid)
    assert "used before" in refusal_for(broken.value.orig.diag.constraint_name).sentence


@pytest.mark.parametrize(
    ("on", "starts", "ends", "moments"),
    [
        (date(2027, 3, 27), time(10), time(12), ("2027-03-27T10:00", "2027-03-27T12:00")),
        (date(2027, 3, 28), time(10), time(12), ("2027-03-28T09:00", "2027-03-28T11:00")),
        (date(2027, 3, 28), time(0, 30), time(3), ("2027-03-28T00:30", "2027-03-28T02:00")),
        (date(2027, 10, 30), time(10), time(12), ("2027-10-30T09:00", "2027-10-30T11:00")),
        (date(2027, 10, 31), time(10), time(12), ("2027-10-31T10:00", "2027-10-31T12:00")),
        (date(2027, 7, 1), time(0, 15), time(1), ("2027-06-30T23:15", "2027-07-01T00:00")),
    ],
)
def test_session_times_survive_both_clock_changes(on, starts, ends, moments):
    """The session times of domain.md F13."""
    expected = tuple(datetime.fromisoformat(each).replace(tzinfo=UTC) for each in moments)
    assert service.session_times(on=on, starts=starts, ends=ends) == expected


@pytest.mark.parametrize(
    ("on", "starts", "ends", "field", "words"),
    [
        (date(2027, 3, 28), time(1, 30), time(3), "starts", "1:30am does not exist that day"),
        (date(2027, 3, 28), time(0, 30), time(1), "ends", "1am does not exist that day"),
        (date(2027, 10, 31), time(1), time(3), "starts", "1am comes twice that day"),
        (date(2027, 10, 31), time(0, 30), time(1, 59), "ends", "1:59am comes twice that day"),
        (date(2027, 6, 3), time(10), time(10), "ends", "after the start"),
        (date(2027, 6, 3), time(10), time(9, 59), "ends", "after the start"),
    ],
)
def test_session_times_refuse_what_the_clock_does_not_say_once(on, starts, ends, field, words):
    with pytest.raises(DomainError, match=words) as refused:
        service.session_times(on=on, starts=starts, ends=ends)
    assert refused.value.field == field


def test_two_sessions_of_one_trainer_are_refused_by_the_database(authority, trainer):
    make_training_session(authority, trainers=[trainer])
    with pytest.raises(IntegrityError) as broken:
        make_training_session(authority, trainers=[trainer])
    assert refusal_for(broken.value.orig.diag.constraint_name).field == "trainers"


def test_two_sessions_in_one_venue_are_refused_by_the_database(authority):
    venue = make_venue(authority)
    make_training_session(authority, venue_id=venue.id)
    with pytest.raises(IntegrityError) as broken:
        make_training_session(authority, venue_id=venue.id)
    assert refusal_for(broken.value.orig.diag.constraint_name).field == "venue_id"


def test_take_places_takes_all_or_none():
    session = make_training_session(capacity=3)
    assert service.take_places(training_session_id=session.id, places=2) == 2
    with pytest.raises(DomainError, match="Only 1 place is left, and you chose 2 people"):
        service.take_places(training_session_id=session.id, places=2)
    assert service.take_places(training_session_id=session.id, places=1) == 3
    with pytest.raises(DomainError, match="full"):
        service.take_places(training_session_id=session.id, places=1)
    assert session.booked == 3


def test_take_places_refuses_a_cancelled_session():
    session = make_training_session(state=SessionState.CANCELLED)
    with pytest.raises(DomainError, match="cancelled"):
        service.take_places(training_session_id=session.id, places=1)


def test_release_places_gives_them_back_and_raises_the_sequence():
    session = make_training_session(capacity=3)
    service.take_places(training_session_id=session.id, places=3)
    before = session.sequence
    service.release_places(training_session_id=session.id, places=2)
    assert (session.booked, session.sequence) == (1, before + 1)


def test_more_bookings_than_places_are_refused_by_the_database(db_session):
    session = make_training_session(capacity=3)
    session.booked = 4
    with pytest.raises(IntegrityError) as broken:
        db_session.flush()
    assert refusal_for(broken.value.orig.diag.constraint_name).sentence == "This session is full."


@pytest.mark.parametrize(
    ("values", "field"),
    [({"name": "  "}, "name"), ({"name": "TOWN HALL"}, "name"), ({"capacity": 0}, "capacity")],
)
def test_add_venue_refuses(authority, values, field):
    make_venue(authority, name="Town Hall")
    with pytest.raises(DomainError) as refused:
        service.add_venue(**{"authority_id": authority.id, "name": "Library"} | values)
    assert refused.value.field == field


def test_change_venue_may_keep_its_name(authority):
    venue = make_venue(authority, name="Town Hall")
    service.change_venue(
        venue_id=venue.id, name="Town hall", address=" 1 High Street ", capacity=None, access_notes="Lift"
    )
    assert (venue.name, venue.address, venue.capacity) == ("Town hall", "1 High Street", None)


def test_add_venue_may_have_the_name_of_one_elsewhere(authority):
    make_venue(name="Town Hall")
    assert service.add_venue(authority_id=authority.id, name="Town Hall", capacity=10).capacity == 10


def ids(rows) -> list[int]:
    return [row.training_session_id for row in rows]


def test_an_organisation_reaches_sessions_for_everybody_and_for_itself():
    school = make_organisation()
    other = make_organisation(authority_id=school.authority_id)
    for_all = make_training_session(authority_id=school.authority_id, starts_at=in_days(3))
    for_it = make_training_session(
        authority_id=school.authority_id, organisation_id=school.id, starts_at=in_days(2)
    )
    for_other = make_training_session(authority_id=school.authority_id, organisation_id=other.id)
    elsewhere = make_training_session()
    scope = Scope(organisation_ids=frozenset({school.id}))
    now = in_days(0)
    assert ids(queries.upcoming_sessions(scope=scope, now=now, limit=10)) == [for_it.id, for_all.id]
    assert queries.upcoming_session_count(scope=scope, now=now) == 2
    reached = [
        session.id
        for session in (for_all, for_it, for_other, elsewhere)
        if queries.get_session(session_id=session.id, scope=scope)
    ]
    assert reached == [for_all.id, for_it.id]
    assert queries.get_session(session_id=for_all.id, scope=Scope()) is None


def test_sessions_are_upcoming_past_or_cancelled(authority):
    scope = Scope(authority_ids=frozenset({authority.id}))
    soon, later = (make_training_session(authority, starts_at=in_days(days)) for days in (1, 2))
    past = make_training_session(authority, starts_at=in_days(-1))
    cancelled = make_training_session(authority, state=SessionState.CANCELLED)
    now = in_days(0)
    assert ids(queries.upcoming_sessions(scope=scope, now=now, limit=10)) == [soon.id, later.id]
    assert ids(queries.upcoming_sessions(scope=scope, now=now, limit=1, offset=1)) == [later.id]
    assert ids(queries.upcoming_sessions(scope=scope, now=now, course_id=soon.course_id, limit=9)) == [
        soon.id
    ]
    assert ids(queries.past_sessions(scope=scope, now=now, limit=10)) == [past.id]
    assert ids(queries.cancelled_sessions(scope=scope, limit=10)) == [cancelled.id]
    assert queries.past_session_count(scope=scope, now=now) == 1
    assert queries.cancelled_session_count(scope=scope) == 1


def test_a_session_of_several_dates_is_listed_once_by_its_first(authority, trainer):
    session = make_training_session(authority, starts_at=in_days(7), trainers=[trainer])
    add_session_date(session, in_days(14), in_days(14, hour=12), [trainer])
    scope = Scope(authority_ids=frozenset({authority.id}))
    (row,) = queries.upcoming_sessions(scope=scope, now=in_days(0), limit=10)
    assert row.starts_at == in_days(7)
    assert row.trainers == ("Ada Byron",)
    assert queries.upcoming_sessions(scope=scope, now=in_days(8), limit=10) == []
    assert len(queries.sessions_of_trainer(person_id=trainer.id, since=in_days(8))) == 1
    assert len(queries.sessions_of_trainer(person_id=trainer.id, since=in_days(0))) == 2
    assert queries.sessions_of_trainer(person_id=trainer.id, since=in_days(0), until=in_days(7)) == []
