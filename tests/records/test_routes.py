"""Claims and their decisions, and one person's training, as the browser sees them."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.factories.accounts import make_lead, make_manager
from tests.factories.attendance import make_attendance
from tests.factories.courses import make_course
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import make_claim, make_record
from tests.factories.sessions import make_training_session
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.records.models import RecordSource, RecordState, TrainingRecord


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-23 12:00", tick=False):
        yield


@pytest.fixture
def school(db_session) -> Organisation:
    return make_organisation(name="Hill School")


@pytest.fixture
def manager(client: FlaskClient, school: Organisation) -> FlaskClient:
    """Signed in as a manager of the school's authority."""
    return sign_in(client, make_manager(school.authority, name="Mo Manager"))


@pytest.fixture
def lead(client: FlaskClient, school: Organisation) -> FlaskClient:
    """Signed in as the school's lead."""
    return sign_in(client, make_lead(school, name="Lee Lead"))


def member(school: Organisation, name: str = "Ann Lee", **values):
    person = make_person(authority_id=school.authority_id, name=name)
    return make_membership(school, person, **values).person


def only_record() -> TrainingRecord:
    return db.session.query(TrainingRecord).one()


def test_claims_shows_what_waits_and_what_was_decided(manager: FlaskClient, school: Organisation) -> None:
    make_claim(member(school, "Ann Lee"), make_course(name="WRAP"), school, provider="Elsewhere Council")
    make_claim(member(school, "Bo Yu"), None, school, state=RecordState.REJECTED)
    make_claim(member(make_organisation(), "Cy Fox"))
    page = manager.get("/claims").text
    for words in (
        "1 claim awaiting your decision",
        "Ann Lee",
        "Hill School",
        "Elsewhere Council",
        "16 Mar 2026",
    ):
        assert words in page
    assert "Bo Yu" in page.partition("Decided, latest first")[2]
    assert "Cy Fox" not in page


def test_claims_says_when_nothing_waits(manager: FlaskClient) -> None:
    assert "No claim is waiting for your decision" in manager.get("/claims").text


def test_claims_asks_as_often_for_thirty_as_for_one(manager: FlaskClient, school: Organisation) -> None:
    counts = []
    for more in (1, 29):
        for _ in range(more):
            make_claim(None, None, school)
        with counted_queries() as asked:
            manager.get("/claims")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_decide_claim_shows_the_proof(manager: FlaskClient, school: Organisation) -> None:
    claim = make_claim(member(school), None, school, proof="Certificate 17")
    page = manager.get(f"/claims/{claim.id}").text
    assert "Certificate 17" in page
    assert "Save decision" in page
    assert "A register shows" not in page
    make_record(claim.person, claim.course)
    assert "A register shows this course" in manager.get(f"/claims/{claim.id}").text


def test_decide_claim_accepts(manager: FlaskClient, school: Organisation) -> None:
    claim = make_claim(member(school), None, school)
    answer = manager.post(f"/claims/{claim.id}", data={"decision": "accept"})
    assert (answer.status_code, answer.location) == (303, "/claims")
    assert claim.state is RecordState.ACCEPTED
    assert "accepted: it counts now" in manager.get("/claims").text
    page = manager.get(f"/claims/{claim.id}").text
    assert "by Mo Manager" in page
    assert "Save decision" not in page


def test_decide_claim_rejects_with_a_reason(manager: FlaskClient, school: Organisation) -> None:
    claim = make_claim(member(school), None, school)
    answer = manager.post(f"/claims/{claim.id}", data={"decision": "reject", "reason": "No date on it"})
    assert answer.status_code == 303
    assert (claim.state, claim.decision_reason) == (RecordState.REJECTED, "No date on it")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Select whether you accept the claim"),
        ({"decision": "reject"}, "Say why the claim is rejected"),
        ({"decision": "maybe"}, "must be one of the list"),
    ],
)
def test_decide_claim_says_what_is_missing(
    manager: FlaskClient, school: Organisation, data: dict, said: str
) -> None:
    claim = make_claim(member(school), None, school)
    answer = manager.post(f"/claims/{claim.id}", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert claim.state is RecordState.UNVERIFIED


def test_decide_claim_refuses_to_turn_a_decision_round(manager: FlaskClient, school: Organisation) -> None:
    claim = make_claim(member(school), None, school, state=RecordState.REJECTED)
    answer = manager.post(f"/claims/{claim.id}", data={"decision": "accept"})
    assert answer.status_code == 422
    assert "rejected already" in answer.text


def test_organisation_claims_shows_the_own_with_reasons(lead: FlaskClient, school: Organisation) -> None:
    person, left = member(school), member(school, "Di Left", ended_on=date(2026, 11, 1))
    make_claim(person, None, school, state=RecordState.REJECTED, decision_reason="No date on it")
    make_claim(left, None, school)
    make_claim(member(make_organisation(), "Cy Fox"))
    page = lead.get(f"/organisations/{school.id}/claims").text
    for words in ("Ann Lee", "Rejected", "No date on it", "Di Left", "Awaiting verification"):
        assert words in page
    assert "Cy Fox" not in page
    assert f"/people/{person.id}/records" in page
    assert f"/people/{left.id}/records" not in page


def test_organisation_claims_says_when_there_are_none(lead: FlaskClient, school: Organisation) -> None:
    assert "No claim has been filed yet" in lead.get(f"/organisations/{school.id}/claims").text


def form_of(person, course, **values) -> dict:
    return {
        "person_id": person.id,
        "course_id": course.id,
        "completed_on-day": "16",
        "completed_on-month": "3",
        "completed_on-year": "2025",
        "provider": "Elsewhere Council",
        "proof": "Certificate 17",
    } | values


def test_file_claim_offers_the_own_staff_and_courses(lead: FlaskClient, school: Organisation) -> None:
    member(school)
    member(school, "Di Left", ended_on=date(2026, 11, 1))
    make_course(name="Old WRAP", withdrawn_on=date(2026, 1, 1))
    page = lead.get(f"/organisations/{school.id}/claims/new").text
    assert "Ann Lee" in page
    assert "Di Left" not in page
    assert "Old WRAP" not in page


def test_file_claim_files_it_once(lead: FlaskClient, school: Organisation) -> None:
    person, course = member(school), make_course()
    for _ in range(2):
        answer = lead.post(f"/organisations/{school.id}/claims/new", data=form_of(person, course))
        assert (answer.status_code, answer.location) == (303, f"/organisations/{school.id}/claims")
    claim = only_record()
    assert (claim.person_id, claim.state, claim.completed_on) == (
        person.id,
        RecordState.UNVERIFIED,
        date(2025, 3, 16),
    )
    assert "It counts once your Prevent team" in lead.get(answer.location).text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"person_id": ""}, "Select the person"),
        ({"course_id": ""}, "Select the course"),
        ({"completed_on-month": "13"}, "The date must be a real date"),
        ({"completed_on-year": "2014"}, "The date must be on or after 1 January 2015"),
        ({"completed_on-year": "2027"}, "The date must be on or before 23 November 2026"),
        ({"provider": ""}, "Enter who gave the training"),
        ({"proof": " "}, "Enter what proves it"),
    ],
)
def test_file_claim_says_what_is_wrong(
    lead: FlaskClient, school: Organisation, values: dict, said: str
) -> None:
    answer = lead.post(
        f"/organisations/{school.id}/claims/new", data=form_of(member(school), make_course(), **values)
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.query(TrainingRecord).count() == 0


def test_file_claim_refuses_what_is_on_record(lead: FlaskClient, school: Organisation) -> None:
    person, course = member(school), make_course(name="WRAP")
    make_record(person, course, completed_on=date(2025, 3, 16))
    answer = lead.post(f"/organisations/{school.id}/claims/new", data=form_of(person, course))
    assert answer.status_code == 422
    assert "Ann Lee already has a record of WRAP on 16 March 2025" in answer.text
    assert "Elsewhere Council" in answer.text


def test_file_claim_is_for_nobody_of_another_school(lead: FlaskClient, school: Organisation) -> None:
    stranger = make_membership().person
    answer = lead.post(f"/organisations/{school.id}/claims/new", data=form_of(stranger, make_course()))
    assert answer.status_code == 422
    assert db.session.query(TrainingRecord).count() == 0


def test_file_claim_says_when_there_is_nobody(lead: FlaskClient, school: Organisation) -> None:
    assert "Nobody is on your staff list yet" in lead.get(f"/organisations/{school.id}/claims/new").text


def test_person_records_shows_a_lead_the_own_staff(lead: FlaskClient, school: Organisation) -> None:
    person = member(school)
    make_record(person, make_course(name="WRAP"), organisation_id=school.id)
    make_record(
        person, make_course(name="Awareness"), source=RecordSource.E_LEARNING, state=RecordState.VOIDED
    )
    page = lead.get(f"/people/{person.id}/records").text
    for words in ("Training of Ann Lee", "WRAP", "Counts", "Awareness", "E-learning", "Voided", "A slip"):
        assert words in page
    assert "/void" not in page


def test_person_records_is_closed_to_the_school_that_somebody_left(
    lead: FlaskClient, school: Organisation
) -> None:
    left = member(school, ended_on=date(2026, 11, 23))
    assert lead.get(f"/people/{left.id}/records").status_code == 404


def test_person_records_leads_a_manager_to_the_register_or_to_voiding(
    manager: FlaskClient, school: Organisation
) -> None:
    person = member(school)
    session = make_training_session(school.authority, starts_at=datetime(2026, 11, 20, 10, tzinfo=UTC))
    attendance = make_attendance(session.dates[0], person, school)
    typed = make_record(person, source=RecordSource.E_LEARNING)
    page = manager.get(f"/people/{person.id}/records").text
    assert f"/sessions/{session.id}/register?date={session.dates[0].id}" in page
    assert f"/records/{typed.id}/void" in page
    assert f"/records/{attendance.training_record_id}/void" not in page


def test_person_records_says_when_there_are_none(manager: FlaskClient, school: Organisation) -> None:
    page = manager.get(f"/people/{member(school).id}/records").text
    assert "No training of this person is on record" in page


def test_void_record_asks_for_a_reason_and_keeps_it(manager: FlaskClient, school: Organisation) -> None:
    record = make_record(member(school), source=RecordSource.E_LEARNING)
    address = f"/records/{record.id}/void"
    assert "cannot be brought back" in manager.get(address).text
    answer = manager.post(address, data={"reason": ""})
    assert (answer.status_code, record.state) == (422, RecordState.ACCEPTED)
    assert "Enter the reason" in answer.text
    answer = manager.post(address, data={"reason": "Another Ann Lee"})
    assert (answer.status_code, answer.location) == (303, f"/people/{record.person_id}/records")
    assert (record.state, record.decision_reason) == (RecordState.VOIDED, "Another Ann Lee")
    assert "Another Ann Lee" in manager.get(answer.location).text


def test_void_record_is_not_for_what_a_register_made_or_what_counts_no_more(
    manager: FlaskClient, school: Organisation
) -> None:
    person = member(school)
    session = make_training_session(school.authority, starts_at=datetime(2026, 11, 20, 10, tzinfo=UTC))
    attendance = make_attendance(session.dates[0], person, school)
    voided = make_record(person, state=RecordState.VOIDED)
    for record_id in (attendance.training_record_id, voided.id):
        assert manager.get(f"/records/{record_id}/void").status_code == 404
        assert manager.post(f"/records/{record_id}/void", data={"reason": "A reason"}).status_code == 404
    assert db.session.get_one(TrainingRecord, attendance.training_record_id).state is RecordState.ACCEPTED
