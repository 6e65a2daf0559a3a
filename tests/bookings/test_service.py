"""Places are booked all together or not at all, and given up until the session begins."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import make_lead
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import in_days, make_training_session
from wrap_portal import clock
from wrap_portal.bookings import queries, service
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.bookings.service import NewColleague
from wrap_portal.errors import DomainError, refusal_for
from wrap_portal.people.models import MemberRole, Membership, Person
from wrap_portal.sessions.models import SessionState
from wrap_portal.sessions.service import schedule_session

pytestmark = pytest.mark.usefixtures("db_session")


def staff(school, number, **values):
    return [make_membership(school, **values).person for _ in range(number)]


def book(session, school, people, **values):
    return service.book_places(
        **{
            "training_session_id": session.id,
            "organisation_id": school.id,
            "person_ids": [person.id for person in people],
            "user_id": None,
        }
        | values
    )


def place_count(session) -> int:
    return len(queries.bookings_of_session(session.id))


@pytest.fixture
def school():
    return make_organisation()


@pytest.fixture
def session(school):
    return make_training_session(authority_id=school.authority_id, capacity=3)


def test_book_places_books_several_at_once(school, session):
    lead = make_lead(school)
    people = staff(school, 2)
    bookings = book(session, school, people, user_id=lead.id)
    assert {booking.person_id for booking in bookings} == {person.id for person in people}
    assert session.booked == place_count(session) == 2
    assert {booking.booked_by_user_id for booking in bookings} == {lead.id}


def test_book_places_takes_a_new_colleague_along(school, session):
    colleague = NewColleague(name="Mary Somerville", email=None, role=MemberRole.TEACHING_STAFF)
    book(session, school, staff(school, 1), new_colleagues=[colleague])
    assert [row.person_name for row in queries.bookings_of_session(session.id)][0] == "Mary Somerville"
    membership = school_member(school, "Mary Somerville")
    assert membership.role is MemberRole.TEACHING_STAFF
    assert membership.during.lower == clock.today()


def school_member(school, name) -> Membership:
    return (
        Membership.query.join(Person).filter(Membership.organisation_id == school.id, Person.name == name)
    ).one()


def test_book_places_refuses_a_full_session_with_the_places_left(school, session):
    book(session, school, staff(school, 1))
    with pytest.raises(DomainError, match=r"Only 2 places are left, and you chose 3 people\.") as refused:
        book(session, school, staff(school, 3))
    assert refused.value.field == "people"
    book(session, school, staff(school, 2))
    with pytest.raises(DomainError, match=r"This session is full\."):
        book(session, school, staff(school, 1))
    assert session.booked == place_count(session) == 3


def test_book_places_refuses_all_where_one_is_of_another_school(school, session):
    mine, theirs = staff(school, 1), staff(make_organisation(authority_id=school.authority_id), 1)
    with pytest.raises(DomainError, match="not on this organisation's staff list") as refused:
        book(session, school, mine + theirs)
    assert theirs[0].name not in refused.value.sentence
    assert session.booked == place_count(session) == 0


def test_book_places_asks_who_belongs_on_the_day_of_the_session(school, session):
    day = clock.london_date(in_days(14))
    leaver = make_membership(school, ended_on=day).person
    stays_that_day = make_membership(school, ended_on=day + timedelta(days=1)).person
    joiner = make_membership(school, started_on=day).person
    with pytest.raises(DomainError, match="staff list"):
        book(session, school, [leaver])
    assert len(book(session, school, [stays_that_day, joiner])) == 2


def test_book_places_refuses_a_double_booking_by_name(school, session):
    person = make_membership(school, make_person(school.authority, name="Ada Byron")).person
    book(session, school, [person])
    with pytest.raises(DomainError, match=r"Already booked on this session: Ada Byron\."):
        book(session, school, [person, *staff(school, 1)])
    assert session.booked == place_count(session) == 1


def test_book_places_refuses_another_session_at_the_same_time(school, session):
    person = make_membership(school, make_person(school.authority, name="Ada Byron")).person
    other = make_training_session(
        authority_id=school.authority_id,
        course_id=make_course(name="Refresher").id,
        starts_at=in_days(14, hour=11),
    )
    book(other, school, [person])
    with pytest.raises(
        DomainError, match="Ada Byron has a place at the same time: Refresher, .* 11am to 1pm"
    ):
        book(session, school, [person])
    assert session.booked == place_count(session) == 0


def test_book_places_allows_the_next_session_at_the_minute_one_ends(school, session):
    person = staff(school, 1)
    after = make_training_session(authority_id=school.authority_id, starts_at=in_days(14, hour=12))
    book(session, school, person)
    assert len(book(after, school, person)) == 1


def test_book_places_refuses_what_has_begun(school):
    begun = make_training_session(
        authority_id=school.authority_id, starts_at=clock.now(), ends_at=clock.now() + timedelta(hours=2)
    )
    with pytest.raises(DomainError, match="began on"):
        book(begun, school, staff(school, 1))


def test_book_places_refuses_a_cancelled_session(school):
    cancelled = make_training_session(authority_id=school.authority_id, state=SessionState.CANCELLED)
    with pytest.raises(DomainError, match="cancelled"):
        book(cancelled, school, staff(school, 1))


def test_book_places_refuses_the_session_of_another_organisation_or_council(school):
    theirs = make_training_session(
        authority_id=school.authority_id,
        organisation_id=make_organisation(authority_id=school.authority_id).id,
    )
    elsewhere = make_training_session()
    people = staff(school, 1)
    with pytest.raises(DomainError, match="one organisation only"):
        book(theirs, school, people)
    with pytest.raises(DomainError, match="another council"):
        book(elsewhere, school, people)


def test_book_places_for_the_own_organisation_only(school):
    own = make_training_session(authority_id=school.authority_id, organisation_id=school.id)
    assert len(book(own, school, staff(school, 1))) == 1


def test_book_places_wants_somebody(school, session):
    with pytest.raises(DomainError) as refused:
        book(session, school, [])
    assert refused.value.field == "people"


def test_book_places_twice_with_the_same_key_books_once(school, session):
    key = uuid4()
    colleague = NewColleague(name="Mary Somerville", email=None, role=MemberRole.TEACHING_STAFF)
    people = staff(school, 1)
    first = book(session, school, people, new_colleagues=[colleague], submission_key=key)
    second = book(session, school, people, new_colleagues=[colleague], submission_key=key)
    assert [booking.id for booking in first] == [booking.id for booking in second]
    assert session.booked == place_count(session) == 2


def test_book_places_with_the_key_of_another_school_is_another_form(school, session):
    key = uuid4()
    other = make_organisation(authority_id=school.authority_id)
    book(session, school, staff(school, 1), submission_key=key)
    book(session, other, staff(other, 1), submission_key=key)
    assert session.booked == 2


def test_book_places_refuses_a_colleague_who_is_ticked_as_well(school, session):
    person = make_membership(
        school, make_person(school.authority, name="Ada Byron", email="ada@school.example")
    ).person
    again = NewColleague(name="Ada Byron", email="ada@school.example", role=MemberRole.GOVERNOR)
    with pytest.raises(DomainError) as refused:
        book(session, school, [person], new_colleagues=[again])
    assert refused.value.field == "name"
    assert session.booked == place_count(session) == 0


def test_two_live_places_of_one_person_are_refused_by_the_database(session):
    booking = make_booking(session)
    with pytest.raises(IntegrityError) as broken:
        make_booking(session, booking.person, booking.organisation)
    assert refusal_for(broken.value.orig.diag.constraint_name).field == "people"


def test_cancel_booking_frees_the_place_and_keeps_who_and_why(school, session):
    lead = make_lead(school)
    (booking,) = book(session, school, staff(school, 1))
    service.cancel_booking(booking_id=booking.id, reason="Ill", user_id=lead.id)
    assert (booking.state, booking.cancel_reason) == (BookingState.CANCELLED, "Ill")
    assert booking.cancelled_by_user_id == lead.id
    assert session.booked == place_count(session) == 0


def test_cancel_booking_twice_frees_one_place(school, session):
    first, _ = book(session, school, staff(school, 2))
    for _ in range(2):
        service.cancel_booking(booking_id=first.id, reason="", user_id=None)
    assert session.booked == place_count(session) == 1


def test_cancel_booking_then_book_again_raises_the_sequence(school, session):
    people = staff(school, 1)
    (booking,) = book(session, school, people)
    before = session.sequence
    service.cancel_booking(booking_id=booking.id, reason="", user_id=None)
    (again,) = book(session, school, people)
    assert again.id != booking.id
    assert session.sequence > before


def test_cancel_booking_refuses_once_the_session_has_begun(school, session):
    (booking,) = book(session, school, staff(school, 1))
    with pytest.raises(DomainError, match="begun"):
        service.cancel_booking(booking_id=booking.id, reason="", user_id=None, cancelled_at=in_days(14))
    service.cancel_booking(
        booking_id=booking.id, reason="", user_id=None, cancelled_at=in_days(14) - timedelta(seconds=1)
    )
    assert booking.state is BookingState.CANCELLED


def test_cancel_session_cancels_every_booking_and_frees_trainer_and_venue(school):
    trainer = make_person(school.authority)
    session = make_training_session(authority_id=school.authority_id, trainers=[trainer])
    book(session, school, staff(school, 3))
    given_up = make_booking(session, organisation=school, state=BookingState.CANCELLED)
    told = service.cancel_session(training_session_id=session.id, reason="Snow", user_id=None)
    assert len(told) == 3
    assert given_up.id not in {booking.id for booking in told}
    assert {booking.state for booking in told} == {BookingState.CANCELLED}
    assert (session.state, session.booked, session.cancel_reason) == (SessionState.CANCELLED, 0, "Snow")
    again = schedule_session(
        authority_id=school.authority_id,
        course_id=session.course_id,
        starts_at=in_days(14),
        ends_at=in_days(14, hour=12),
        mode=session.mode,
        venue_id=session.venue_id,
        join_link=None,
        capacity=10,
        trainer_person_ids=[trainer.id],
    )
    assert again.id != session.id


def test_cancel_session_twice_tells_nobody_again(school, session):
    book(session, school, staff(school, 1))
    service.cancel_session(training_session_id=session.id, reason="Snow", user_id=None)
    assert service.cancel_session(training_session_id=session.id, reason="Snow", user_id=None) == []


@pytest.mark.parametrize("reason", ["", "   "])
def test_cancel_session_needs_a_reason(school, session, reason):
    (booking,) = book(session, school, staff(school, 1))
    with pytest.raises(DomainError) as refused:
        service.cancel_session(training_session_id=session.id, reason=reason, user_id=None)
    assert refused.value.field == "reason"
    assert booking.state is BookingState.CONFIRMED


def test_cancel_session_refuses_what_has_begun(school, session):
    with pytest.raises(DomainError, match="begun"):
        service.cancel_session(
            training_session_id=session.id, reason="Snow", user_id=None, cancelled_at=in_days(14)
        )


def test_bookings_never_differ_from_the_count(db_session, school, session):
    book(session, school, staff(school, 3))
    first = queries.bookings_of_session(session.id)[0]
    service.cancel_booking(booking_id=first.booking_id, reason="", user_id=None)
    confirmed = db_session.scalar(
        select(func.count())
        .select_from(Booking)
        .where(Booking.training_session_id == session.id, Booking.state == BookingState.CONFIRMED)
    )
    assert confirmed == session.booked == 2


def test_coming_and_earlier_bookings_are_told_apart(school, session):
    coming, given_up = book(session, school, staff(school, 2))
    service.cancel_booking(booking_id=given_up.id, reason="Ill", user_id=None)
    past = make_training_session(authority_id=make_authority().id, starts_at=in_days(-3))
    attended = make_booking(past, organisation=school)
    now = clock.now()
    ids = [row.booking_id for row in queries.coming_bookings(organisation_id=school.id, now=now)]
    earlier = queries.earlier_bookings(organisation_id=school.id, now=now, limit=10)
    assert ids == [coming.id]
    assert [row.booking_id for row in earlier] == [given_up.id, attended.id]
    assert queries.earlier_booking_count(organisation_id=school.id, now=now) == 2
