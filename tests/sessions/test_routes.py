"""The diary, the list of sessions and the page of one: who sees what of it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.factories.accounts import make_grant, make_lead, make_manager, make_trainer, make_viewer
from tests.factories.attendance import make_attendance
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import in_days, make_training_session, make_venue
from tests.factories.trainers import make_trainer_account
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal import clock
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import Person
from wrap_portal.sessions.models import SessionMode, SessionState
from wrap_portal.web.access import Role


@pytest.fixture
def authority(db_session) -> Authority:
    return make_authority()


@pytest.fixture
def school(authority: Authority) -> Organisation:
    return make_organisation(authority)


@pytest.fixture
def manager(app, authority: Authority) -> FlaskClient:
    return sign_in(app.test_client(), make_manager(authority))


@pytest.fixture
def lead(app, school: Organisation) -> FlaskClient:
    return sign_in(app.test_client(), make_lead(school))


@pytest.fixture
def trainer(authority: Authority) -> Person:
    return make_person(authority, name="Tess Trainer")


@pytest.fixture
def at_work(app, authority: Authority, trainer: Person) -> FlaskClient:
    """The trainer, signed in."""
    user = make_trainer(authority)
    make_trainer_account(user.id, trainer)
    return sign_in(app.test_client(), user)


def make_named_session(authority: Authority, name: str, **values):
    return make_training_session(authority, course_id=make_course(name=name).id, **values)


def test_diary_shows_today_then_what_comes_then_waiting_registers(at_work, authority, trainer):
    now = clock.now()
    today = make_named_session(
        authority, "Of today", starts_at=now, ends_at=now + timedelta(minutes=1), trainers=[trainer]
    )
    make_named_session(authority, "To come", trainers=[trainer])
    waiting = make_named_session(authority, "Waiting", starts_at=in_days(-7), trainers=[trainer])
    done = make_named_session(authority, "Done", starts_at=in_days(-8), trainers=[trainer])
    make_attendance(done.dates[0])
    make_named_session(authority, "Of somebody else", trainers=[make_person(authority)])
    make_named_session(
        authority, "Called off", trainers=[trainer], state=SessionState.CANCELLED, starts_at=in_days(3)
    )
    page = at_work.get("/sessions/diary").text
    order = [page.index(words) for words in ("Of today", "Waiting", "To come")]
    assert order == sorted(order)
    assert f"/sessions/{today.id}/register" in page
    assert f"/sessions/{waiting.id}/register" in page
    assert not any(words in page for words in ("Done", "Of somebody else", "Called off"))


def test_diary_says_when_there_is_nothing(at_work):
    page = at_work.get("/sessions/diary").text
    assert "You have no session today." in page
    assert "Registers that wait" not in page


def test_diary_says_when_nobody_knows_which_trainer_this_is(app, authority):
    page = sign_in(app.test_client(), make_trainer(authority)).get("/sessions/diary").text
    assert "Nobody has said yet which trainer you are" in page


def test_sessions_shows_venue_and_trainers_to_staff(manager, authority, trainer):
    venue = make_venue(authority, name="Town Hall")
    make_named_session(authority, "WRAP", venue_id=venue.id, trainers=[trainer])
    elsewhere = make_training_session()
    page = manager.get("/sessions").text
    assert all(words in page for words in ("WRAP", "Town Hall", "Tess Trainer", "20 of 20 left"))
    assert f"/sessions/{elsewhere.id}" not in page
    assert "Schedule a session" in page


def test_sessions_hides_venue_and_trainers_from_a_viewer(app, authority, trainer):
    venue = make_venue(authority, name="Town Hall")
    make_named_session(authority, "WRAP", venue_id=venue.id, trainers=[trainer])
    page = sign_in(app.test_client(), make_viewer(authority)).get("/sessions").text
    assert "WRAP" in page
    assert "Town Hall" not in page
    assert "Tess Trainer" not in page
    assert "Schedule a session" not in page


def test_sessions_can_be_narrowed(manager, authority):
    coming = make_named_session(authority, "To come")
    make_named_session(authority, "Gone by", starts_at=in_days(-3))
    make_named_session(authority, "Called off", state=SessionState.CANCELLED)

    def listed(query: str) -> list[str]:
        table = manager.get(f"/sessions?{query}").text.partition("</form>")[2].partition("<table")[2]
        return [name for name in ("To come", "Gone by", "Called off") if name in table]

    assert listed("") == ["To come"]
    assert listed("show=past") == ["Gone by"]
    assert listed("show=cancelled") == ["Called off"]
    assert listed(f"course={coming.course_id}") == ["To come"]
    assert listed(f"course={make_course().id}") == []
    assert listed("show=never&course=x") == ["To come"]


def test_sessions_that_are_over_say_how_many_places_were_booked(manager, authority):
    past = make_training_session(authority, starts_at=in_days(-3), capacity=10)
    make_booking(past)
    assert "1 of 10 booked" in manager.get("/sessions?show=past").text
    assert "1 of 10 booked" in manager.get(f"/sessions/{past.id}").text


def test_sessions_shows_an_organisation_what_is_open_to_it(lead, authority, school):
    for_all = make_named_session(authority, "For all", capacity=1)
    make_booking(for_all, organisation=school)
    make_named_session(authority, "For it", organisation_id=school.id)
    make_named_session(authority, "For another", organisation_id=make_organisation(authority).id)
    make_named_session(authority, "Gone by", starts_at=in_days(-3))
    page = lead.get("/sessions").text
    assert "For all" in page
    assert "Full (1)" in page
    assert "Your organisation only" in page
    assert "For another" not in page
    assert "Gone by" not in page


def test_sessions_shows_an_organisation_venues_where_it_has_a_place(lead, authority, school, trainer):
    with_place, without = (make_venue(authority, name=name) for name in ("Town Hall", "Library"))
    booked = make_training_session(authority, venue_id=with_place.id, trainers=[trainer])
    make_booking(booked, organisation=school)
    make_training_session(authority, venue_id=without.id)
    page = lead.get("/sessions").text
    assert "Town Hall" in page
    assert "Library" not in page
    assert "Tess Trainer" not in page


def test_sessions_of_a_school_are_there_for_who_trains_at_it(app, authority, school):
    session = make_training_session(authority)
    page = sign_in(app.test_client(), make_trainer(organisation=school)).get("/sessions").text
    assert f"/sessions/{session.id}" in page
    assert 'href="/bookings"' not in page


def test_sessions_says_when_nothing_is_open(lead):
    assert "No session is open to your organisation at present." in lead.get("/sessions").text


def test_sessions_asks_the_same_number_of_questions_for_1_and_30(manager, lead, authority, trainer):
    def questions(client: FlaskClient) -> int:
        with counted_queries() as asked:
            assert client.get("/sessions").status_code == 200
        return len(asked)

    make_training_session(authority, starts_at=in_days(1), trainers=[trainer])
    for_one = [questions(manager), questions(lead)]
    for number in range(29):
        make_training_session(authority, starts_at=in_days(2 + number), trainers=[trainer])
    assert [questions(manager), questions(lead)] == for_one
    assert max(for_one) <= 12


def test_training_session_shows_staff_everything(manager, authority, trainer):
    venue = make_venue(authority, name="Town Hall", address="1 High Street", access_notes="Ring twice")
    session = make_named_session(authority, "WRAP", venue_id=venue.id, trainers=[trainer], note="Bring a pen")
    booking = make_booking(session)
    page = manager.get(f"/sessions/{session.id}").text
    shown = ("Town Hall", "1 High Street", "Ring twice", "Tess Trainer", "Bring a pen", "19 of 20 left")
    assert all(words in page for words in shown)
    assert booking.person.name in page
    assert booking.organisation.name in page
    assert f"/bookings/{booking.id}/cancel" in page
    assert f"/sessions/{session.id}/cancel" in page
    assert f"/sessions/{session.id}/register" not in page


def test_training_session_shows_an_organisation_its_own_people_only(lead, authority, school):
    session = make_training_session(authority)
    own = make_booking(session, organisation=school)
    other = make_booking(session)
    page = lead.get(f"/sessions/{session.id}").text
    assert own.person.name in page
    assert other.person.name not in page
    assert other.organisation.name not in page


@pytest.mark.parametrize("online", [False, True])
def test_training_session_tells_the_place_to_those_who_have_one(lead, authority, school, trainer, online):
    values = (
        {"mode": SessionMode.ONLINE, "join_link": "https://meet.example/secret"}
        if online
        else {"venue_id": make_venue(authority, name="Secret Hall").id}
    )
    session = make_training_session(authority, trainers=[trainer], **values)
    address = f"/sessions/{session.id}"
    make_booking(session)
    before = lead.get(address).text
    assert "ecret" not in before
    assert "Tess Trainer" not in before
    make_booking(session, organisation=school)
    after = lead.get(address).text
    assert ("https://meet.example/secret" if online else "Secret Hall") in after
    assert "Tess Trainer" in after


def test_training_session_hides_the_place_from_a_viewer(app, authority, trainer):
    session = make_training_session(
        authority, trainers=[trainer], venue_id=make_venue(authority, name="Secret Hall").id
    )
    booking = make_booking(session)
    viewer = sign_in(app.test_client(), make_viewer(authority))
    page = viewer.get(f"/sessions/{session.id}").text
    assert not any(words in page for words in ("Secret Hall", "Tess Trainer", booking.person.name))
    assert f"/sessions/{session.id}/book" not in page


def test_training_session_of_another_organisation_or_council_is_not_there(lead, manager, authority):
    foreign = make_training_session()
    for_another = make_training_session(authority, organisation_id=make_organisation(authority).id)
    assert lead.get(f"/sessions/{foreign.id}").status_code == 404
    assert manager.get(f"/sessions/{foreign.id}").status_code == 404
    assert lead.get(f"/sessions/{for_another.id}").status_code == 404


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        ({}, {"book"}),
        ({"capacity": 1, "booked": 1}, set()),
        ({"starts_at": -1}, set()),
        ({"state": SessionState.CANCELLED}, set()),
    ],
)
def test_training_session_offers_a_lead_to_book(lead, authority, values, offered):
    if "starts_at" in values:
        values = {"starts_at": in_days(-1)}
    session = make_training_session(authority, **values)
    page = lead.get(f"/sessions/{session.id}").text
    links = {verb for verb in ("book", "cancel", "register") if f"/sessions/{session.id}/{verb}" in page}
    assert links == offered


def test_training_session_offers_the_register_once_it_has_begun(at_work, manager, authority, trainer):
    own = make_training_session(authority, starts_at=in_days(-1), trainers=[trainer])
    other = make_training_session(authority, starts_at=in_days(-1))
    assert f"/sessions/{own.id}/register" in at_work.get(f"/sessions/{own.id}").text
    assert f"/sessions/{other.id}/register" not in at_work.get(f"/sessions/{other.id}").text
    assert f"/sessions/{other.id}/register" in manager.get(f"/sessions/{other.id}").text


def test_training_session_is_whole_for_its_trainer_whoever_else_they_are(app, authority, school, trainer):
    user = make_trainer(organisation=school)
    make_trainer_account(user.id, trainer)
    client = sign_in(app.test_client(), user)
    elsewhere = make_organisation(authority)
    values = {"organisation_id": elsewhere.id, "venue_id": make_venue(authority, name="Town Hall").id}
    own = make_training_session(authority, trainers=[trainer], **values)
    booking = make_booking(own, organisation=elsewhere)
    page = client.get(f"/sessions/{own.id}").text
    assert "Town Hall" in page
    assert booking.person.name in page
    # It is the council's to book, to give places up and to cancel.
    assert f"/sessions/{own.id}/book" not in page
    assert f"/bookings/{booking.id}/cancel" not in page
    other = make_training_session(authority, organisation_id=elsewhere.id)
    assert client.get(f"/sessions/{other.id}").status_code == 404


def test_training_session_lists_many_places_in_pages(manager, authority):
    session = make_training_session(authority, capacity=60)
    for _ in range(51):
        make_booking(session)
    first, second = (manager.get(f"/sessions/{session.id}?page={number}").text for number in (1, 2))
    assert "Showing 1 to 50 of 51 bookings" in first
    assert "Showing 51 to 51 of 51 bookings" in second


def test_training_session_says_why_it_is_cancelled(lead, authority):
    session = make_training_session(authority, state=SessionState.CANCELLED)
    assert "This session is cancelled: The trainer is ill" in lead.get(f"/sessions/{session.id}").text


def test_sessions_of_somebody_with_two_roles_are_those_of_the_place_they_work_on(app, authority, school):
    user = make_manager()
    make_grant(user, role=Role.LEAD, organisation_id=school.id)
    session = make_training_session(authority)
    client = sign_in(app.test_client(), user)
    assert f"/sessions/{session.id}" not in client.get("/sessions").text
    client.post("/working-on", data={"organisation_id": school.id})
    page = client.get("/sessions").text
    assert f"/sessions/{session.id}" in page
    assert "Schedule a session" not in page


def test_training_session_questions_do_not_grow_with_the_places(manager, authority, school):
    session = make_training_session(authority, capacity=40)
    address = f"/sessions/{session.id}"

    def questions() -> int:
        with counted_queries() as asked:
            assert manager.get(address).status_code == 200
        return len(asked)

    make_booking(session, make_membership(school).person, school)
    for_one = questions()
    for _ in range(29):
        make_booking(session)
    assert questions() == for_one <= 12
