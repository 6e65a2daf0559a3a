"""Many at once, each on a connection of its own: nobody gets a place that is not there (quality.md Q1)."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import in_days, make_training_session, make_venue
from tests.support.databases import OwnDatabase
from wrap_portal.bookings import service
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.bookings.service import NewColleague
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.people.models import MemberRole, Person
from wrap_portal.sessions import service as sessions
from wrap_portal.sessions.models import SessionDate, SessionMode, TrainingSession
from wrap_portal.transaction import committed

CLIENTS = 16
ROUNDS = 10


@pytest.fixture
def apps(own_database: OwnDatabase) -> list[Flask]:
    """Applications on a database that is really committed to; the pool of one has too few connections."""
    return [own_database.app, own_database.make_app()]


@pytest.fixture
def app(apps: list[Flask]) -> Flask:
    """One of them, to make things with and to look."""
    return apps[0]


def all_at_once(apps: list[Flask], acts: Sequence[Callable[[], object]]) -> list[object]:
    """Do everything at once, each in a transaction of its own; return results or refusals in order."""
    start = Barrier(len(acts))

    def do(number: int, act: Callable[[], object]) -> object:
        with apps[number % len(apps)].app_context():
            # Connected before the start, so that they do not queue up for connections afterwards.
            db.session.execute(text("SELECT 1"))
            start.wait(30)
            try:
                with committed():
                    return act()
            except DomainError as refused:
                return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        doing = [pool.submit(do, number, act) for number, act in enumerate(acts)]
        return [each.result(60) for each in doing]


def make_school(app: Flask, staff: int) -> tuple[int, list[int]]:
    """Return a new school and the people on its staff list."""
    with app.app_context(), committed():
        school = make_organisation()
        people = [make_membership(school).person_id for _ in range(staff)]
        return school.id, people


def make_session(app: Flask, school_id: int, **values: object) -> int:
    """Return a new session that the school may book."""
    with app.app_context(), committed():
        authority_id = db.session.scalars(
            text("SELECT authority_id FROM organisations WHERE id = :id").columns(), {"id": school_id}
        ).one()
        return make_training_session(authority_id=authority_id, **values).id


def booker(session_id: int, school_id: int, people: list[int], **values: object) -> Callable[[], list[int]]:
    """Return what books these people."""

    def book() -> list[int]:
        bookings = service.book_places(
            training_session_id=session_id,
            organisation_id=school_id,
            person_ids=people,
            user_id=None,
            **values,
        )
        return [booking.id for booking in bookings]

    return book


def giver_up(booking_id: int) -> Callable[[], int]:
    """Return what gives this place up."""
    return lambda: service.cancel_booking(booking_id=booking_id, reason="", user_id=None).id


def canceller(session_id: int) -> Callable[[], int]:
    """Return what cancels this session."""
    return lambda: len(service.cancel_session(training_session_id=session_id, reason="Snow", user_id=None))


def counts(app: Flask, session_id: int) -> tuple[int, int]:
    """Return the number of places that the session counts as booked, and of those that are."""
    with app.app_context():
        confirmed = db.session.scalar(
            select(func.count())
            .select_from(Booking)
            .where(Booking.training_session_id == session_id, Booking.state == BookingState.CONFIRMED)
        )
        return db.session.get_one(TrainingSession, session_id).booked, confirmed


def refusals(outcomes: list[object]) -> list[str]:
    """Return the sentences of those that were refused."""
    return [outcome.sentence for outcome in outcomes if isinstance(outcome, DomainError)]


@pytest.mark.parametrize(("places", "each"), [(1, 1), (20, 2)])
def test_nobody_is_overbooked_and_no_place_stays_empty(app: Flask, apps: list[Flask], places: int, each: int):
    school_id, people = make_school(app, CLIENTS * each)
    groups = [people[start : start + each] for start in range(0, len(people), each)]
    for _ in range(ROUNDS):
        session_id = make_session(app, school_id, capacity=places)
        outcomes = all_at_once(apps, [booker(session_id, school_id, group) for group in groups])
        refused = refusals(outcomes)
        assert counts(app, session_id) == (places, places)
        assert len(refused) == CLIENTS - places // each
        assert set(refused) == {"This session is full."}
        with app.app_context(), committed():
            service.cancel_session(training_session_id=session_id, reason="Next round", user_id=None)


def test_the_same_race_overbooks_without_the_guard(
    app: Flask, apps: list[Flask], monkeypatch: pytest.MonkeyPatch
):
    """What the tests above would see if places were counted first and taken then."""

    def count_then_take(*, training_session_id: int, places: int) -> int:
        session = db.session.get_one(TrainingSession, training_session_id)
        booked = db.session.scalar(
            select(func.count())
            .select_from(Booking)
            .where(
                Booking.training_session_id == training_session_id, Booking.state == BookingState.CONFIRMED
            )
        )
        if booked + places > session.capacity:
            raise DomainError("This session is full.")
        return booked + places

    monkeypatch.setattr(sessions, "take_places", count_then_take)
    with app.app_context(), committed():
        db.session.execute(
            text("ALTER TABLE training_sessions DROP CONSTRAINT ck_training_sessions_booked_within_capacity")
        )
    school_id, people = make_school(app, CLIENTS)
    sold = []
    for _ in range(ROUNDS):
        session_id = make_session(app, school_id, capacity=1)
        all_at_once(apps, [booker(session_id, school_id, [person]) for person in people])
        sold.append(counts(app, session_id)[1])
        with app.app_context(), committed():
            db.session.execute(text("DELETE FROM bookings"))
    assert max(sold) > 1


def test_one_form_sent_many_times_at_once_books_once(app: Flask, apps: list[Flask]):
    school_id, people = make_school(app, 1)
    session_id = make_session(app, school_id, capacity=2)
    colleague = NewColleague(name="Mary Somerville", email=None, role=MemberRole.TEACHING_STAFF)
    form = booker(session_id, school_id, people, new_colleagues=[colleague], submission_key=uuid4())
    outcomes = all_at_once(apps, [form] * 10)
    assert refusals(outcomes) == []
    assert len({tuple(outcome) for outcome in outcomes}) == 1
    assert counts(app, session_id) == (2, 2)
    with app.app_context():
        assert Person.query.filter_by(name="Mary Somerville").count() == 1


def test_one_person_booked_by_many_at_once_has_one_place(app: Flask, apps: list[Flask]):
    school_id, people = make_school(app, 1)
    session_id = make_session(app, school_id, capacity=20)
    forms = [booker(session_id, school_id, people, submission_key=uuid4()) for _ in range(10)]
    outcomes = all_at_once(apps, forms)
    assert len(refusals(outcomes)) == 9
    assert all(sentence.startswith("Already booked on this session: ") for sentence in refusals(outcomes))
    assert counts(app, session_id) == (1, 1)


def test_one_person_booked_on_sessions_at_the_same_time_has_one_place(app: Flask, apps: list[Flask]):
    school_id, people = make_school(app, 1)
    for _ in range(3):
        session_ids = [make_session(app, school_id) for _ in range(6)]
        outcomes = all_at_once(apps, [booker(each, school_id, people) for each in session_ids])
        assert len(refusals(outcomes)) == 5
        assert all("has a place at the same time" in sentence for sentence in refusals(outcomes))
        with app.app_context(), committed():
            for each in session_ids:
                service.cancel_session(training_session_id=each, reason="Next round", user_id=None)


def test_booking_giving_up_and_cancelling_at_once_leaves_the_count_right(app: Flask, apps: list[Flask]):
    school_id, people = make_school(app, 12)
    for _ in range(5):
        session_id = make_session(app, school_id, capacity=6)
        held = all_at_once(apps, [booker(session_id, school_id, people[:6])])[0]

        acts = [giver_up(booking_id) for booking_id in held[:3] * 2]
        acts += [booker(session_id, school_id, [person]) for person in people[6:]]
        outcomes = all_at_once(apps, acts)
        assert set(refusals(outcomes)) <= {"This session is full."}
        booked, confirmed = counts(app, session_id)
        assert booked == confirmed == 3 + sum(isinstance(outcome, list) for outcome in outcomes)
        acts = [canceller(session_id)] * 2 + [giver_up(booking_id) for booking_id in held[3:]]
        assert refusals(all_at_once(apps, acts)) == []
        assert counts(app, session_id) == (0, 0)


@pytest.mark.parametrize("shared", ["trainer", "venue"])
def test_one_trainer_or_venue_taken_by_many_at_once_is_taken_once(app: Flask, apps: list[Flask], shared: str):
    with app.app_context(), committed():
        authority = make_authority()
        course_id = make_training_session(authority).course_id
        authority_id = authority.id
        venues = [make_venue(authority).id for _ in range(8)]
        trainers = [make_person(authority).id for _ in range(8)]
    if shared == "trainer":
        trainers = trainers[:1] * 8
    else:
        venues = venues[:1] * 8

    def scheduler(venue_id: int, person_id: int) -> Callable[[], int]:
        return lambda: (
            sessions.schedule_session(
                authority_id=authority_id,
                course_id=course_id,
                starts_at=in_days(20),
                ends_at=in_days(20, hour=12),
                mode=SessionMode.IN_PERSON,
                venue_id=venue_id,
                join_link=None,
                capacity=10,
                trainer_person_ids=[person_id],
            ).id
        )

    acts = [scheduler(*pair) for pair in zip(venues, trainers, strict=True)]
    outcomes = all_at_once(apps, acts)
    said = "already trains then" if shared == "trainer" else "is taken then"
    assert len(refusals(outcomes)) == 7
    assert all(said in sentence for sentence in refusals(outcomes))
    with app.app_context():
        dates = db.session.scalars(
            select(SessionDate).where(func.lower(SessionDate.during) == in_days(20))
        ).all()
        assert len(dates) == 1
