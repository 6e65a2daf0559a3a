"""In-house sessions, as the browser sees them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import time_machine
from flask.testing import FlaskClient
from lxml import html

from tests.factories.accounts import make_lead
from tests.factories.attendance import make_attendance, make_in_house_session
from tests.factories.courses import make_course
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import make_training_session
from tests.factories.trainers import make_accreditation
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.attendance.models import InHouseSession
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.records.models import HeadcountReturn, RecordState, TrainingRecord
from wrap_portal.trainers.models import Accreditation


@pytest.fixture(autouse=True)
def _today(db_session) -> Iterator[None]:
    with time_machine.travel("2027-06-01 12:00", tick=False):
        yield


@pytest.fixture
def school(db_session) -> Organisation:
    return make_organisation(name="Hill School")


@pytest.fixture
def lead(client: FlaskClient, school: Organisation) -> FlaskClient:
    """Signed in as the school's lead."""
    return sign_in(client, make_lead(school, name="Lee Lead"))


def member(school: Organisation, name: str = "Bo Yu", **values) -> Person:
    person = make_person(authority_id=school.authority_id, name=name)
    return make_membership(school, person, **values).person


@pytest.fixture
def accreditation(school: Organisation) -> Accreditation:
    """Amira Khan may deliver WRAP at the school from 1 April 2025 to 31 March 2027; Tom trained her."""
    amira = member(school, "Amira Khan")
    trainer = make_person(name="Tom Trainer")
    t3 = make_training_session(
        school.authority, starts_at=datetime(2025, 3, 17, 10, tzinfo=UTC), trainers=[trainer]
    )
    return make_accreditation(
        amira,
        make_course(name="WRAP", version="3"),
        school,
        starts_on=date(2025, 4, 1),
        ends_on=date(2027, 3, 31),
        training_record_id=make_attendance(t3.dates[0], amira, school).training_record_id,
    )


def form_of(accreditation: Accreditation, day: int = 31, month: int = 3, **values) -> dict:
    return {
        "delivered_by": str(accreditation.id),
        "held_on-day": str(day),
        "held_on-month": str(month),
        "held_on-year": "2027",
        "submission_key": str(uuid4()),
    } | values


def test_log_in_house_session_offers_the_own_accredited_and_staff(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    member(school)
    member(school, "Di Left", ended_on=date(2027, 5, 1))
    page = lead.get(f"/organisations/{school.id}/in-house/log").text
    for words in ("Amira Khan: WRAP", "Accredited from 1 April 2025 to 31 March 2027", "Bo Yu"):
        assert words in page
    assert "Di Left" not in page


def test_log_in_house_session_logs_names_and_headcount_once(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    people = [member(school, name) for name in ("Bo Yu", "Cy Fox")]
    data = form_of(accreditation, person_ids=[str(person.id) for person in people], headcount="1,020")
    answers = [lead.post(f"/organisations/{school.id}/in-house/log", data=data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    page = lead.get(answers[0].location).text
    for words in ("has been logged and counts", "2 by name, 1,020 more by headcount", "Bo Yu", "Lee Lead"):
        assert words in page
    assert db.session.query(TrainingRecord).filter_by(completed_on=date(2027, 3, 31)).count() == 2
    assert [row.headcount for row in db.session.query(HeadcountReturn)] == [1020]
    assert db.session.query(InHouseSession).one().course_version == "3"


def test_log_in_house_session_gives_each_form_its_own_key(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    keys = set()
    for _ in range(2):
        page = html.document_fromstring(lead.get(f"/organisations/{school.id}/in-house/log").text)
        keys.update(page.xpath("//input[@name='submission_key']/@value"))
    assert len(keys) == 2


def test_f18_log_in_house_session_refuses_the_day_after_the_accreditation(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    person = member(school)
    data = form_of(accreditation, 1, 4, person_ids=[str(person.id)], course_version="2027")
    answer = lead.post(f"/organisations/{school.id}/in-house/log", data=data)
    assert answer.status_code == 422
    assert "accreditation for WRAP ended on 31 March 2027" in answer.text
    ticked = html.document_fromstring(answer.text).xpath("//input[@checked]/@value")
    assert ticked == [str(accreditation.id), str(person.id)]
    assert db.session.query(InHouseSession).count() == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Choose who came, or enter how many people came"),
        ({"delivered_by": "", "headcount": "5"}, "Select who delivered which course"),
        ({"delivered_by": "2000000000", "headcount": "5"}, "must be one of the list"),
        ({"held_on-day": "", "headcount": "5"}, "The date must include a day"),
        ({"held_on-month": "7", "headcount": "5"}, "The date must be on or before 1 June 2027"),
        ({"headcount": "many"}, "The number of people must be a whole number"),
        ({"headcount": "50,001"}, "The number of people must be 50,000 or fewer"),
        ({"person_ids": ["2000000000"]}, "Everybody who came must be one of the list"),
    ],
)
def test_log_in_house_session_says_what_is_wrong(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation, values: dict, said: str
) -> None:
    answer = lead.post(f"/organisations/{school.id}/in-house/log", data=form_of(accreditation, **values))
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.query(InHouseSession).count() == 0


def test_log_in_house_session_works_with_a_spoilt_key(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    data = form_of(accreditation, headcount="5", submission_key="spoilt")
    assert lead.post(f"/organisations/{school.id}/in-house/log", data=data).status_code == 303


def test_log_in_house_session_says_when_nobody_is_accredited(lead: FlaskClient, school: Organisation) -> None:
    page = lead.get(f"/organisations/{school.id}/in-house/log").text
    assert "Nobody here is accredited to deliver a course" in page


def test_in_house_sessions_show_the_chain(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    make_in_house_session(
        accreditation, held_on=date(2026, 10, 12), attendees=(member(school),), headcount=20
    )
    page = lead.get(f"/organisations/{school.id}/in-house").text
    for words in ("12 Oct 2026", "WRAP", "Tom Trainer, 17 Mar 2025", "Amira Khan", "1 by name, 20 more"):
        assert words in page


def test_in_house_sessions_says_when_there_are_none(lead: FlaskClient, school: Organisation) -> None:
    assert "No in-house session has been logged yet" in lead.get(f"/organisations/{school.id}/in-house").text


def test_in_house_sessions_asks_as_often_for_thirty_as_for_one(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    counts = []
    for more in (1, 29):
        for _ in range(more):
            make_in_house_session(accreditation, headcount=5)
        with counted_queries() as asked:
            lead.get(f"/organisations/{school.id}/in-house")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_in_house_session_shows_the_chain_and_who_came(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    here, left = member(school), member(school, "Di Left", ended_on=date(2027, 5, 1))
    logged = make_in_house_session(accreditation, held_on=date(2026, 10, 12), attendees=(here, left))
    page = lead.get(f"/organisations/{school.id}/in-house/{logged.id}").text
    for words in (
        "Tom Trainer, 17 Mar 2025",
        "Amira Khan",
        "1 April 2025 to 31 March 2027",
        "Bo Yu",
        "Di Left",
    ):
        assert words in page
    assert f"/people/{here.id}/records" in page
    assert f"/people/{left.id}/records" not in page


def test_in_house_session_is_the_organisations_own(lead: FlaskClient, school: Organisation) -> None:
    other = make_in_house_session(headcount=5)
    assert lead.get(f"/organisations/{school.id}/in-house/{other.id}").status_code == 404
    address = f"/organisations/{school.id}/in-house/{other.id}/take-back"
    assert lead.post(address, data={"reason": "A reason"}).status_code == 404
    assert other.voided_at is None


def test_take_back_in_house_session_asks_for_a_reason_and_voids_all_of_it(
    lead: FlaskClient, school: Organisation, accreditation: Accreditation
) -> None:
    logged = make_in_house_session(accreditation, attendees=(member(school),), headcount=20)
    address = f"/organisations/{school.id}/in-house/{logged.id}/take-back"
    assert "count nowhere from now on" in lead.get(address).text
    assert lead.post(address, data={"reason": " "}).status_code == 422
    answer = lead.post(address, data={"reason": "Wrong day"})
    assert (answer.status_code, answer.location) == (303, f"/organisations/{school.id}/in-house")
    assert "Taken back" in lead.get(answer.location).text
    page = lead.get(f"/organisations/{school.id}/in-house/{logged.id}").text
    assert "Taken back on 1 June 2027: Wrong day" in page
    assert "/take-back" not in page
    voided = db.session.query(TrainingRecord).filter_by(state=RecordState.VOIDED)
    assert voided.count() == 1
    assert db.session.query(HeadcountReturn).one().void_reason == "Wrong day"
