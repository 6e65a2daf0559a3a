"""Booking places in the browser: several at once, refused beside the field, once however often it is sent."""

from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories.accounts import make_grant, make_lead, make_manager, make_trainer
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import in_days, make_training_session
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.mail.models import Message
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import Person
from wrap_portal.sessions.models import SessionState, TrainingSession
from wrap_portal.web.access import Role


@pytest.fixture
def authority(db_session) -> Authority:
    return make_authority()


@pytest.fixture
def school(authority: Authority) -> Organisation:
    return make_organisation(authority, name="Hill School")


@pytest.fixture
def session(authority: Authority) -> TrainingSession:
    return make_training_session(authority, capacity=3, course_id=make_course(name="WRAP").id)


@pytest.fixture
def lead(app, school: Organisation) -> FlaskClient:
    return sign_in(app.test_client(), make_lead(school, email="lena@school.example"))


@pytest.fixture
def manager(app, authority: Authority) -> FlaskClient:
    return sign_in(app.test_client(), make_manager(authority))


def staff(school: Organisation, *names: str) -> list[Person]:
    return [make_membership(school, make_person(school.authority, name=name)).person for name in names]


def book(client: FlaskClient, session: TrainingSession, people=(), query: str = "", **answers):
    data = {"key": str(uuid4()), "people": [person.id for person in people]} | answers
    return client.post(f"/sessions/{session.id}/book{query}", data=data)


def confirmed(db_session) -> int:
    statement = select(func.count()).select_from(Booking).where(Booking.state == BookingState.CONFIRMED)
    return db_session.scalar(statement)


def test_book_offers_the_staff_list_without_those_who_are_booked(lead, school, session):
    ada, mary = staff(school, "Ada Byron", "Mary Somerville")
    make_booking(session, ada, school)
    make_membership(make_organisation(school.authority), make_person(name="Of another school"))
    page = lead.get(f"/sessions/{session.id}/book").text
    assert f'name="people" type="checkbox" value="{mary.id}"' in page
    assert f'name="people" type="checkbox" value="{ada.id}"' not in page
    assert "Already booked: Ada Byron." in page
    assert "2 places are left." in page
    assert "Of another school" not in page


def test_book_books_several_at_once_and_tells_them(db_session, lead, school, session):
    people = staff(school, "Ada Byron", "Mary Somerville")
    people[0].email = "ada@school.example"
    answer = book(lead, session, people)
    assert (answer.status_code, answer.location) == (303, f"/sessions/{session.id}")
    assert session.booked == confirmed(db_session) == 2
    page = lead.get(answer.location).text
    assert "2 places booked on WRAP for Hill School." in page
    assert "Mary Somerville" in page
    told = db_session.execute(select(Message.kind, Message.recipient).order_by(Message.kind)).all()
    assert [tuple(row) for row in told] == [
        ("booking_confirmation", "ada@school.example"),
        ("booking_confirmation_for_others", "lena@school.example"),
    ]


def test_book_takes_a_new_colleague_along(db_session, lead, school, session):
    answer = book(
        lead,
        session,
        staff(school, "Ada Byron"),
        name="Mary Somerville",
        email="mary@school.example",
        role="teaching_staff",
    )
    assert answer.status_code == 303
    assert confirmed(db_session) == 2
    person = db_session.scalars(select(Person).where(Person.name == "Mary Somerville")).one()
    assert person.email == "mary@school.example"


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "people"),
        ({"name": "Mary Somerville"}, "role"),
        ({"email": "mary@school.example", "role": "teaching_staff"}, "name"),
        ({"name": "Mary Somerville", "role": "teaching_staff", "email": "mary@"}, "email"),
        ({"name": "Mary Somerville", "role": "clinical"}, "role"),
    ],
)
def test_book_refuses_beside_the_field_and_does_nothing(db_session, lead, school, session, answers, field):
    staff(school, "Ada Byron")
    answer = book(lead, session, **answers)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert session.booked == confirmed(db_session) == 0


def test_book_asks_whether_an_address_belongs_to_the_same_person(db_session, lead, school, session):
    make_person(school.authority, name="M. Somerville", email="mary@school.example")
    colleague = {"name": "Mary Somerville", "email": "mary@school.example", "role": "teaching_staff"}
    asked = book(lead, session, **colleague)
    assert asked.status_code == 422
    assert "Is it the same person?" in asked.text
    assert confirmed(db_session) == 0
    assert book(lead, session, **colleague, same_person="yes").status_code == 303
    assert db_session.scalar(select(func.count()).where(Person.email == "mary@school.example")) == 1


def test_book_says_that_somebody_sent_is_not_in_the_list(lead, school, session):
    stranger = make_membership(make_organisation(school.authority)).person
    answer = book(lead, session, [*staff(school, "Ada Byron"), stranger])
    assert answer.status_code == 422
    assert "Everybody who is coming must be one of the list" in answer.text
    assert stranger.name not in answer.text


def test_book_refuses_a_full_session_and_keeps_the_ticks(db_session, lead, school, session):
    people = staff(school, "Ada Byron", "Mary Somerville", "Emmy Noether", "Sofia Kovalevskaya")
    answer = book(lead, session, people)
    assert answer.status_code == 422
    assert "Only 3 places are left, and you chose 4 people." in answer.text
    assert answer.text.count("checked") == 4
    assert session.booked == confirmed(db_session) == 0
    book(lead, session, people[:3])
    assert "This session is full." in book(lead, session, people[3:]).text
    assert ">See other sessions</a>" in lead.get(f"/sessions/{session.id}/book").text
    assert confirmed(db_session) == 3


def test_book_refuses_a_person_of_another_school_without_naming_them(db_session, lead, school, session):
    theirs = staff(make_organisation(school.authority), "Secret Agent")
    answer = book(lead, session, staff(school, "Ada Byron") + theirs)
    assert answer.status_code == 422
    assert 'href="#people"' in answer.text
    assert "Secret Agent" not in answer.text
    assert session.booked == confirmed(db_session) == 0


def test_book_refuses_a_double_booking(db_session, lead, school, session):
    people = staff(school, "Ada Byron", "Mary Somerville")
    book(lead, session, people[:1])
    answer = book(lead, session, people)
    assert answer.status_code == 422
    assert "Already booked on this session: Ada Byron." in answer.text
    assert confirmed(db_session) == 1


def test_book_refuses_a_session_at_the_same_time(lead, school, session, authority):
    people = staff(school, "Ada Byron")
    other = make_training_session(authority, course_id=make_course(name="Refresher").id)
    book(lead, other, people)
    answer = book(lead, session, people)
    assert answer.status_code == 422
    assert "Ada Byron has a place at the same time: Refresher, " in answer.text


@pytest.mark.parametrize("over", ["begun", "cancelled"])
def test_book_refuses_what_takes_no_bookings(db_session, lead, school, authority, over):
    values = {"starts_at": in_days(-1)} if over == "begun" else {"state": SessionState.CANCELLED}
    session = make_training_session(authority, **values)
    people = staff(school, "Ada Byron")
    page = lead.get(f"/sessions/{session.id}/book").text
    assert f"This session {'has begun' if over == 'begun' else 'is cancelled'}" in page
    assert "Ada Byron" not in page
    assert book(lead, session, people).status_code == 422
    assert confirmed(db_session) == 0


def test_book_twice_with_the_same_form_gives_the_same_page_and_one_booking(db_session, lead, school, session):
    form = {"key": str(uuid4()), "name": "Mary Somerville", "role": "teaching_staff"}
    people = staff(school, "Ada Byron")
    answers = [book(lead, session, people, **form) for _ in range(10)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"/sessions/{session.id}")}
    assert session.booked == confirmed(db_session) == 2
    assert db_session.scalar(select(func.count()).where(Person.name == "Mary Somerville")) == 1
    assert db_session.scalar(select(func.count()).select_from(Message)) == 1


def test_book_from_the_same_page_with_other_people_books_them_too(db_session, lead, school, session):
    ada, mary = staff(school, "Ada Byron", "Mary Somerville")
    key = str(uuid4())
    book(lead, session, [ada], key=key)
    book(lead, session, [mary], key=key)
    assert confirmed(db_session) == 2


def test_book_again_from_the_same_page_after_the_place_was_given_up(db_session, lead, school, session):
    people = staff(school, "Ada Byron")
    key = str(uuid4())
    book(lead, session, people, key=key)
    (booking,) = db_session.scalars(select(Booking))
    lead.post(f"/bookings/{booking.id}/cancel", data={})
    book(lead, session, people, key=key)
    assert confirmed(db_session) == 1


def test_book_is_not_there_for_sessions_of_others(lead, authority):
    for session in (
        make_training_session(),
        make_training_session(authority, organisation_id=make_organisation(authority).id),
    ):
        assert lead.get(f"/sessions/{session.id}/book").status_code == 404
        assert book(lead, session).status_code == 404


def test_book_for_an_organisation_by_the_council(db_session, manager, school, session):
    people = staff(school, "Ada Byron")
    asked = manager.get(f"/sessions/{session.id}/book")
    assert (asked.status_code, asked.location) == (303, f"/sessions/{session.id}/book/organisation")
    query = f"?organisation={school.id}"
    assert "Ada Byron" in manager.get(f"/sessions/{session.id}/book{query}").text
    assert book(manager, session, people, query).status_code == 303
    assert confirmed(db_session) == 1
    elsewhere = make_organisation()
    assert manager.get(f"/sessions/{session.id}/book?organisation={elsewhere.id}").status_code == 404


@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "-1", "%D9%A3", "x", "9" * 5000])
def test_book_asks_for_whom_where_the_address_names_nobody(
    manager: FlaskClient, session: TrainingSession, number: str
) -> None:
    answer = manager.get(f"/sessions/{session.id}/book?organisation={number}")
    assert answer.location == f"/sessions/{session.id}/book/organisation"


def test_book_by_a_lead_cannot_be_for_another_organisation(db_session, lead, school, session):
    other = make_organisation(school.authority)
    people = staff(other, "Secret Agent")
    page = lead.get(f"/sessions/{session.id}/book?organisation={other.id}").text
    assert "Hill School" in page
    assert "Secret Agent" not in page
    assert book(lead, session, people, f"?organisation={other.id}").status_code == 422
    assert confirmed(db_session) == 0


def test_book_is_not_for_who_only_trains_at_a_school(app, school, session):
    trainer = sign_in(app.test_client(), make_trainer(organisation=school))
    assert trainer.get(f"/sessions/{session.id}/book").status_code == 404


def test_book_by_a_lead_who_trains_elsewhere_is_for_the_own_school(app, school, session):
    user = make_lead(school)
    other = make_organisation(school.authority)
    make_grant(user, role=Role.TRAINER, organisation_id=other.id)
    client = sign_in(app.test_client(), user)
    client.post("/working-on", data={"organisation_id": other.id})
    assert "Hill School" in client.get(f"/sessions/{session.id}/book").text


def test_book_asks_the_same_number_of_questions_for_1_and_30(lead, school, session):
    address = f"/sessions/{session.id}/book"

    def questions() -> int:
        with counted_queries() as asked:
            assert lead.get(address).status_code == 200
        return len(asked)

    staff(school, "Ada Byron")
    for_one = questions()
    staff(school, *(f"Colleague {number}" for number in range(29)))
    assert questions() == for_one <= 12


def test_choose_organisation_lists_the_councils_open_ones(manager, authority, school, session):
    make_organisation(name="Elsewhere")
    page = manager.get(f"/sessions/{session.id}/book/organisation").text
    assert "Hill School" in page
    assert "Elsewhere" not in page


def test_choose_organisation_is_done_where_the_session_is_for_one(manager, authority, school):
    session = make_training_session(authority, organisation_id=school.id)
    answer = manager.get(f"/sessions/{session.id}/book/organisation")
    assert answer.location == f"/sessions/{session.id}/book?organisation={school.id}"


def test_booked_lists_coming_earlier_and_given_up(lead, school, session, authority):
    people = staff(school, "Ada Byron", "Mary Somerville")
    coming = make_booking(session, people[0], school)
    make_booking(session, people[1], school, state=BookingState.CANCELLED, cancel_reason="Ill")
    past = make_training_session(authority, starts_at=in_days(-3))
    make_booking(past, people[0], school)
    other = make_booking(session)
    page = lead.get("/bookings").text
    assert f"/bookings/{coming.id}/cancel" in page
    assert "Given up: Ill" in page
    assert "Had a place" in page
    assert other.person.name not in page


def test_booked_says_when_there_is_nothing(lead):
    assert "Nobody of your organisation has a place" in lead.get("/bookings").text


def test_booked_asks_the_same_number_of_questions_for_1_and_30(lead, school, authority):
    session = make_training_session(authority, capacity=50)

    def questions() -> int:
        with counted_queries() as asked:
            assert lead.get("/bookings").status_code == 200
        return len(asked)

    make_booking(session, organisation=school)
    for_one = questions()
    for _ in range(29):
        make_booking(session, organisation=school)
    assert questions() == for_one <= 12
