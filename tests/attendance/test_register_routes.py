"""The register and the door, as the browser sees them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.dialects.postgresql import Range

from tests.factories.accounts import make_manager, make_trainer
from tests.factories.attendance import make_attendance
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import add_session_date, make_training_session, make_venue
from tests.factories.trainers import make_trainer_account
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.accounts.models import User
from wrap_portal.attendance.models import Attendance, AttendanceOutcome
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.extensions import db
from wrap_portal.people.models import Person
from wrap_portal.records.models import RecordState, TrainingRecord
from wrap_portal.sessions.models import SessionState, TrainingSession

STARTS = datetime(2026, 11, 23, 10, tzinfo=UTC)
ATTENDED, LEFT_EARLY = AttendanceOutcome.ATTENDED, AttendanceOutcome.LEFT_EARLY


@pytest.fixture(autouse=True)
def _during_the_session(db_session) -> Iterator[None]:
    with time_machine.travel("2026-11-23 11:00", tick=False):
        yield


@pytest.fixture
def trainer(db_session) -> Person:
    """Whoever trains at the session."""
    return make_person(name="Tom Trainer")


@pytest.fixture
def session(trainer: Person) -> TrainingSession:
    """A session in Hill Hall that is going on, of a course called WRAP."""
    authority = make_authority()
    return make_training_session(
        authority,
        starts_at=STARTS,
        trainers=[trainer],
        course_id=make_course(name="WRAP").id,
        venue_id=make_venue(authority, name="Hill Hall").id,
    )


@pytest.fixture
def user(session: TrainingSession, trainer: Person) -> User:
    """Whom the session's trainer signs in as."""
    user = make_trainer(session.authority)
    make_trainer_account(user.id, trainer)
    return user


@pytest.fixture
def caller(client: FlaskClient, user: User) -> FlaskClient:
    """Signed in as the session's trainer."""
    return sign_in(client, user)


def put_off(session: TrainingSession) -> None:
    """Let the session start in an hour."""
    session.dates[0].during = Range(STARTS.replace(hour=12), STARTS.replace(hour=14), bounds="[)")


def address(session: TrainingSession, day: int = 0, end: str = "") -> str:
    return f"/sessions/{session.id}/register{end}?date={session.dates[day].id}"


def place(session: TrainingSession, name: str, school_name: str = "Hill School") -> Booking:
    school = make_organisation(authority_id=session.authority_id, name=school_name)
    person = make_person(authority_id=session.authority_id, name=name)
    return make_booking(session, make_membership(school, person).person, school)


def mark(booking: Booking, outcome: str, shown: str = "") -> dict[str, str]:
    return {f"mark-{booking.person_id}": outcome, f"shown-{booking.person_id}": shown}


def outcomes() -> dict[int, AttendanceOutcome]:
    return {row.person_id: row.outcome for row in db.session.query(Attendance)}


def checked(page: str) -> dict[str, str]:
    """Return what is ticked on a page, by name."""
    ticked = html.document_fromstring(page).xpath("//input[@type='radio'][@checked]")
    return {box.get("name"): box.get("value") for box in ticked}


def test_register_lists_who_has_a_place(caller: FlaskClient, session: TrainingSession) -> None:
    booked = place(session, "Ann Lee")
    walked_in = make_attendance(session.dates[0], walk_in=True)
    page = caller.get(f"/sessions/{session.id}/register").text
    for words in (
        "WRAP, Hill Hall",
        "Monday 23 November 2026, 10am to midday",
        "Ann Lee",
        "Hill School",
        "walk-in",
        "So far: 1 attended, 1 not yet marked.",
    ):
        assert words in page
    assert checked(page) == {f"mark-{walked_in.person_id}": "attended"}
    assert f'name="mark-{booked.person_id}"' in page


def test_register_saves_and_says_what_was_saved(caller: FlaskClient, session: TrainingSession) -> None:
    first, second, third = (place(session, name) for name in ("Ann Lee", "Bo Yu", "Cy Fox"))
    data = mark(first, "attended") | mark(second, "left_early") | mark(third, "")
    answer = caller.post(address(session), data=data)
    assert (answer.status_code, answer.location) == (303, address(session))
    assert outcomes() == {first.person_id: ATTENDED, second.person_id: LEFT_EARLY}
    page = caller.get(answer.location).text
    assert "Saved: 1 attended, 1 left early, 1 not yet marked." in page
    assert checked(page) == {f"mark-{first.person_id}": "attended", f"mark-{second.person_id}": "left_early"}


def test_register_sent_twice_is_saved_once(caller: FlaskClient, session: TrainingSession) -> None:
    data = mark(place(session, "Ann Lee"), "attended")
    for _ in range(2):
        assert caller.post(address(session), data=data).status_code == 303
    assert db.session.query(TrainingRecord).count() == 1


def test_register_of_an_old_page_does_not_undo_what_was_saved_meanwhile(
    caller: FlaskClient, session: TrainingSession
) -> None:
    first, second = place(session, "Ann Lee"), place(session, "Bo Yu")
    caller.post(address(session), data=mark(first, "attended"))
    caller.post(address(session), data=mark(first, "left_early", shown="attended"))
    # A page that still shows the first as attended is sent with a mark for the second.
    caller.post(address(session), data=mark(first, "attended", "attended") | mark(second, "attended"))
    assert outcomes() == {first.person_id: LEFT_EARLY, second.person_id: ATTENDED}


def test_register_marks_everybody_else_on_demand(caller: FlaskClient, session: TrainingSession) -> None:
    first, second, third = (place(session, name) for name in ("Ann Lee", "Bo Yu", "Cy Fox"))
    caller.post(address(session), data=mark(first, "did_not_attend"))
    data = mark(first, "did_not_attend", "did_not_attend") | mark(second, "left_early") | mark(third, "")
    answer = caller.post(address(session), data=data | {"everybody_else": "attended"})
    page = caller.get(answer.location).text
    assert "Saved: 1 attended, 1 left early, 1 did not attend." in page
    assert outcomes()[third.person_id] is ATTENDED


def test_register_left_blank_cancels_nobody(caller: FlaskClient, session: TrainingSession) -> None:
    booking = place(session, "Ann Lee")
    answer = caller.post(address(session), data={})
    assert "Saved: 1 not yet marked." in caller.get(answer.location).text
    assert booking.state is BookingState.CONFIRMED
    assert outcomes() == {}


def test_register_waits_for_the_start(caller: FlaskClient, session: TrainingSession) -> None:
    booking = place(session, "Ann Lee")
    put_off(session)
    page = caller.get(address(session)).text
    assert "The register opens when the session starts, on Monday 23 November 2026 at midday" in page
    assert "mark-" not in page
    answer = caller.post(address(session), data=mark(booking, "attended"))
    assert answer.status_code == 422
    assert "not before it starts" in answer.text
    assert outcomes() == {}


def test_register_of_a_cancelled_session_is_shut(caller: FlaskClient, session: TrainingSession) -> None:
    session.state, session.cancelled_at, session.cancel_reason = SessionState.CANCELLED, STARTS, "Snow"
    booking = place(session, "Ann Lee")
    assert "This session was cancelled" in caller.get(address(session)).text
    assert caller.post(address(session), data=mark(booking, "attended")).status_code == 422


def test_register_refuses_what_is_no_mark(caller: FlaskClient, session: TrainingSession) -> None:
    first, second = place(session, "Ann Lee"), place(session, "Bo Yu")
    answer = caller.post(address(session), data=mark(first, "asleep") | mark(second, "attended"))
    assert answer.status_code == 422
    assert "Ann Lee must be one of the list" in answer.text
    assert checked(answer.text) == {f"mark-{second.person_id}": "attended"}
    assert outcomes() == {}


@pytest.mark.parametrize("who", ["cancelled", "elsewhere", "nobody", "thousands of digits"])
def test_register_says_when_somebody_is_not_on_it(
    caller: FlaskClient, session: TrainingSession, who: str
) -> None:
    here = place(session, "Ann Lee")
    strangers = {
        "cancelled": lambda: make_booking(session, state=BookingState.CANCELLED).person_id,
        "elsewhere": lambda: make_person(name="Stranger").id,
        "nobody": lambda: 10**30,
        "thousands of digits": lambda: "9" * 5000,
    }
    number = strangers[who]()
    answer = caller.post(address(session), data=mark(here, "attended") | {f"mark-{number}": "attended"})
    assert answer.status_code == 422
    assert "Somebody on the page is not on this register any more" in answer.text
    assert "Stranger" not in answer.text
    assert checked(answer.text) == {f"mark-{here.person_id}": "attended"}
    assert outcomes() == {}


def test_register_of_several_dates_opens_the_one_that_began_last(
    caller: FlaskClient, session: TrainingSession, trainer: Person, user: User
) -> None:
    for day in (24, 25):
        add_session_date(session, STARTS.replace(day=day), STARTS.replace(day=day, hour=12), [trainer])
    db.session.refresh(session)
    booking = place(session, "Ann Lee")
    with time_machine.travel("2026-11-24 10:30", tick=False):
        sign_in(caller, user)
        page = caller.get(f"/sessions/{session.id}/register").text
        assert "Tuesday 24 November 2026, 10am to midday (this one)" in page
        assert "So far" in page
        for day in (0, 1):
            assert caller.post(address(session, day), data=mark(booking, "attended")).status_code == 303
        assert "The register opens" in caller.get(address(session, 2)).text
    assert sorted(record.completed_on.day for record in db.session.query(TrainingRecord)) == [23, 24]


def test_register_has_no_date_of_another_session(caller: FlaskClient, session: TrainingSession) -> None:
    other = make_training_session(starts_at=STARTS)
    assert caller.get(f"/sessions/{session.id}/register?date={other.dates[0].id}").status_code == 404
    for nonsense in ("0", "2000000000"):
        assert caller.get(f"/sessions/{session.id}/register?date={nonsense}").status_code == 404
    assert caller.get(f"/sessions/{session.id}/register?date=x").status_code == 200


def test_register_is_not_for_a_trainer_of_another_session(
    app, session: TrainingSession, caller: FlaskClient
) -> None:
    booking = place(session, "Ann Lee")
    other = make_trainer(session.authority)
    make_trainer_account(other.id, make_person())
    unlinked = make_trainer(session.authority)
    for user in (other, unlinked, make_manager()):
        client = sign_in(app.test_client(), user)
        assert client.get(address(session)).status_code == 404
        assert client.post(address(session), data=mark(booking, "attended")).status_code == 404
    assert outcomes() == {}


def test_register_is_shut_to_a_trainer_whose_role_has_ended(
    client: FlaskClient, session: TrainingSession, trainer: Person
) -> None:
    user = make_manager()
    make_trainer_account(user.id, trainer)
    assert sign_in(client, user).get(address(session)).status_code == 404


def test_register_is_for_the_authoritys_managers(client: FlaskClient, session: TrainingSession) -> None:
    booking = place(session, "Ann Lee")
    manager = sign_in(client, make_manager(session.authority))
    assert manager.post(address(session), data=mark(booking, "attended")).status_code == 303
    assert outcomes() == {booking.person_id: ATTENDED}


def test_register_says_when_it_is_empty(caller: FlaskClient, session: TrainingSession) -> None:
    assert "Nobody has a place on this session" in caller.get(address(session)).text


def test_register_asks_as_often_for_thirty_as_for_one(caller: FlaskClient, session: TrainingSession) -> None:
    session.capacity = 100
    counts = []
    for more in (1, 29):
        for number in range(more):
            make_attendance(session.dates[0], make_booking(session).person)
            place(session, f"Person {number}")
        with counted_queries() as asked:
            caller.get(address(session))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_correction_on_the_register_voids_the_record(caller: FlaskClient, session: TrainingSession) -> None:
    booking = place(session, "Ann Lee")
    caller.post(address(session), data=mark(booking, "attended"))
    caller.post(address(session), data=mark(booking, "did_not_attend", "attended"))
    assert [record.state for record in db.session.query(TrainingRecord)] == [RecordState.VOIDED]


def door(session: TrainingSession) -> str:
    return address(session, end="/walk-in")


def test_add_walk_in_offers_organisations_with_places_first(
    caller: FlaskClient, session: TrainingSession
) -> None:
    place(session, "Ann Lee", "Zion School")
    for name, values in (
        ("Abbey School", {"postcode": "LS1 2AB"}),
        ("Abbey School", {"town": "Leeds"}),
        ("Closed School", {"closed_on": STARTS.date()}),
    ):
        make_organisation(authority_id=session.authority_id, name=name, **values)
    make_organisation(name="Elsewhere School")
    options = html.document_fromstring(caller.get(door(session)).text).xpath("//select/option/text()")
    assert [option.strip() for option in options] == [
        "Choose an organisation",
        "Zion School",
        "Abbey School, LS1 2AB",
        "Abbey School, Leeds",
    ]


def test_add_walk_in_adds_somebody_new(caller: FlaskClient, session: TrainingSession) -> None:
    school = make_organisation(authority_id=session.authority_id)
    data = {"name": "Bo Yu", "organisation_id": str(school.id), "email": "bo@hill.example"}
    for _ in range(2):
        answer = caller.post(door(session), data=data)
        assert (answer.status_code, answer.location) == (303, address(session))
    page = caller.get(address(session)).text
    assert "Bo Yu is now on the register as attended, and new on the organisation’s staff list." in page
    assert "Bo Yu is known from the staff list" in page
    assert "So far: 1 attended." in page
    assert db.session.query(Person).filter_by(name="Bo Yu", email="bo@hill.example").count() == 1


def test_add_walk_in_says_whose_place_it_was(caller: FlaskClient, session: TrainingSession) -> None:
    booking = place(session, "Ann Lee")
    answer = caller.post(door(session), data={"name": "Ann Lee", "organisation_id": booking.organisation_id})
    assert "Ann Lee has a place on this session" in caller.get(answer.location).text
    assert outcomes() == {booking.person_id: ATTENDED}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": " "}, "Enter the name"),
        ({"organisation_id": ""}, "Select the organisation"),
        ({"organisation_id": "2000000000"}, "The organisation must be one of the list"),
        ({"email": "bo"}, "must be in the correct format"),
    ],
)
def test_add_walk_in_says_what_is_wrong(
    caller: FlaskClient, session: TrainingSession, values: dict, said: str
) -> None:
    school = make_organisation(authority_id=session.authority_id)
    data = {"name": "Bo Yu", "organisation_id": str(school.id), "email": ""} | values
    answer = caller.post(door(session), data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert outcomes() == {}


def test_add_walk_in_asks_which_of_two_of_the_name(caller: FlaskClient, session: TrainingSession) -> None:
    school = make_organisation(authority_id=session.authority_id, name="Hill School")
    for _ in range(2):
        make_membership(school, make_person(authority_id=session.authority_id, name="Bo Yu"))
    answer = caller.post(door(session), data={"name": "Bo Yu", "organisation_id": school.id})
    assert answer.status_code == 422
    assert "2 people called Bo Yu are on the staff list of Hill School" in answer.text


def test_add_walk_in_waits_for_the_start(caller: FlaskClient, session: TrainingSession) -> None:
    school = make_organisation(authority_id=session.authority_id)
    put_off(session)
    assert "The register opens when the session starts" in caller.get(door(session)).text
    data = {"name": "Bo Yu", "organisation_id": school.id}
    assert caller.post(door(session), data=data).status_code == 422
    assert outcomes() == {}
