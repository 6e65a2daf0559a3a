"""Writing the ledger: what is refused, what is kept, and what happens when two people decide at once."""

from datetime import date
from threading import Thread

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import make_user
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import A_DAY, make_claim, make_headcount, make_record
from tests.support.databases import OwnDatabase
from wrap_portal.audit.models import AuditEvent
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.records import service
from wrap_portal.records.models import RecordSource, RecordState, TrainingRecord
from wrap_portal.transaction import committed

TODAY = time_machine.travel("2026-11-23 12:00", tick=False)


@pytest.fixture(autouse=True)
def _today(db_session):
    with TODAY:
        yield


def record(membership, course=None, **values):
    """Record training of a member, on 16 March 2026 unless the test says otherwise."""
    given = {
        "person_id": membership.person_id,
        "organisation_id": membership.organisation_id,
        "course_id": (course or make_course()).id,
        "completed_on": A_DAY,
        "source": RecordSource.E_LEARNING,
    }
    return service.record_training(**(given | values))


def claim(membership, course=None, **values):
    """File a claim of a member, of training on 16 March 2026 unless the test says otherwise."""
    given = {
        "person_id": membership.person_id,
        "organisation_id": membership.organisation_id,
        "course_id": (course or make_course()).id,
        "completed_on": A_DAY,
        "provider": "Elsewhere Council",
        "proof": "Certificate 17",
        "user_id": make_user().id,
    }
    return service.file_claim(**(given | values))


def test_record_training_adds_accepted_evidence() -> None:
    membership, user = make_membership(), make_user()
    made = record(membership, recorded_by_user_id=user.id)
    assert made.state is RecordState.ACCEPTED
    assert (made.person_id, made.organisation_id, made.completed_on) == (
        membership.person_id,
        membership.organisation_id,
        A_DAY,
    )
    assert made.recorded_by_user_id == user.id


@pytest.mark.parametrize(
    ("day", "said"),
    [(date(2026, 11, 24), "has not come yet"), (date(2014, 12, 31), "1 January 2015 or later")],
)
def test_record_training_refuses_days_that_cannot_be(day: date, said: str) -> None:
    with pytest.raises(DomainError, match=said) as refusal:
        record(make_membership(started_on=date(2010, 1, 1)), completed_on=day)
    assert refusal.value.field == "completed_on"


def test_record_training_takes_today() -> None:
    assert record(make_membership(), completed_on=date(2026, 11, 23)).id


def test_record_training_refuses_a_withdrawn_course() -> None:
    course = make_course(name="Old WRAP", withdrawn_on=A_DAY)
    with pytest.raises(DomainError, match="Old WRAP was withdrawn on 16 March 2026") as refusal:
        record(make_membership(), course)
    assert refusal.value.field == "course_id"
    assert record(make_membership(), course, completed_on=date(2026, 3, 15)).id


def test_record_training_refuses_a_course_of_another_authority() -> None:
    own = make_authority()
    with pytest.raises(DomainError, match="another authority"):
        record(make_membership(), make_course(authority_id=own.id))
    assert record(make_membership(make_organisation(own)), make_course(authority_id=own.id)).id


@pytest.mark.parametrize(
    ("day", "member"),
    [
        (date(2026, 3, 1), True),
        (date(2026, 2, 28), False),
        (date(2026, 3, 31), True),
        (date(2026, 4, 1), False),
    ],
)
def test_record_training_asks_for_a_member_of_the_organisation_on_the_day(day: date, member: bool) -> None:
    membership = make_membership(started_on=date(2026, 3, 1), ended_on=date(2026, 4, 1))
    if member:
        assert record(membership, completed_on=day).id
    else:
        with pytest.raises(DomainError, match="is not on the staff list of") as refusal:
            record(membership, completed_on=day)
        assert refusal.value.field == "person_id"


def test_record_training_takes_somebody_who_belongs_nowhere() -> None:
    person = make_person()
    made = service.record_training(
        person_id=person.id,
        course_id=make_course().id,
        completed_on=A_DAY,
        source=RecordSource.SESSION,
    )
    assert made.organisation_id is None


@pytest.mark.parametrize("state", [RecordState.ACCEPTED, RecordState.UNVERIFIED])
def test_record_training_refuses_the_same_person_course_and_day_twice(state: RecordState) -> None:
    membership, course = make_membership(), make_course(name="WRAP")
    make_claim(membership.person, course, membership.organisation, state=state)
    with pytest.raises(DomainError, match="already has a record of WRAP on 16 March 2026"):
        record(membership, course)
    assert record(membership, course, completed_on=date(2026, 3, 17)).id
    assert record(membership, make_course()).id


@pytest.mark.parametrize("state", [RecordState.REJECTED, RecordState.VOIDED])
def test_record_training_takes_again_what_counts_no_more(state: RecordState) -> None:
    membership, course = make_membership(), make_course()
    make_claim(membership.person, course, membership.organisation, state=state)
    assert record(membership, course).state is RecordState.ACCEPTED


def test_record_training_leaves_claims_to_file_claim() -> None:
    with pytest.raises(ValueError, match="file_claim"):
        record(make_membership(), source=RecordSource.CLAIM)


def test_void_record_keeps_it_with_the_reason() -> None:
    made, user = make_record(), make_user()
    service.void_record(record_id=made.id, reason=" Another Ann Lee ", user_id=user.id)
    assert made.state is RecordState.VOIDED
    assert (made.decision_reason, made.decided_by_user_id) == ("Another Ann Lee", user.id)
    assert made.decided_at is not None
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor_id, event.subject_id) == ("void_record", user.id, made.id)
    assert event.authority_id == made.person.authority_id
    assert event.details == {"before": "accepted", "after": "voided"}


def test_void_record_twice_changes_nothing() -> None:
    made = make_record()
    service.void_record(record_id=made.id, reason="The first reason", user_id=None)
    service.void_record(record_id=made.id, reason="The second reason", user_id=None)
    assert made.decision_reason == "The first reason"
    assert len(db.session.scalars(select(AuditEvent)).all()) == 1


def test_void_record_asks_for_a_reason() -> None:
    made = make_record()
    with pytest.raises(DomainError) as refusal:
        service.void_record(record_id=made.id, reason="  ", user_id=None)
    assert refusal.value.field == "reason"
    assert made.state is RecordState.ACCEPTED


def test_void_record_refuses_a_rejected_claim() -> None:
    with pytest.raises(DomainError, match="nothing to void"):
        service.void_record(
            record_id=make_claim(state=RecordState.REJECTED).id, reason="A reason", user_id=None
        )


def headcount(organisation, course=None, **values):
    """Record a headcount of 20 on 16 March 2026 unless the test says otherwise."""
    given = {
        "organisation_id": organisation.id,
        "course_id": (course or make_course()).id,
        "held_on": A_DAY,
        "headcount": 20,
        "user_id": None,
    }
    return service.record_headcount(**(given | values))


def test_record_headcount_adds_it() -> None:
    organisation = make_organisation()
    made = headcount(organisation)
    assert (made.organisation_id, made.held_on, made.headcount, made.voided_at) == (
        organisation.id,
        A_DAY,
        20,
        None,
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"headcount": 0}, "headcount"),
        ({"headcount": 50_001}, "headcount"),
        ({"held_on": date(2026, 11, 24)}, "held_on"),
        ({"held_on": date(2014, 12, 31)}, "held_on"),
        ({"held_on": date(2025, 8, 31)}, "held_on"),
        ({"held_on": date(2026, 9, 1)}, "held_on"),
    ],
)
def test_record_headcount_refuses_what_cannot_be(values: dict, field: str) -> None:
    organisation = make_organisation(opened_on=date(2025, 9, 1), closed_on=date(2026, 9, 1))
    with pytest.raises(DomainError) as refusal:
        headcount(organisation, **values)
    assert refusal.value.field == field


def test_record_headcount_refuses_a_withdrawn_course() -> None:
    with pytest.raises(DomainError, match="withdrawn"):
        headcount(make_organisation(), make_course(withdrawn_on=date(2026, 1, 1)))


def test_void_headcount_keeps_it_with_the_reason() -> None:
    made = make_headcount()
    service.void_headcount(headcount_return_id=made.id, reason="Counted twice", user_id=None)
    voided_at = made.voided_at
    assert (made.void_reason, voided_at is not None) == ("Counted twice", True)
    service.void_headcount(headcount_return_id=made.id, reason="Again", user_id=None)
    assert (made.void_reason, made.voided_at) == ("Counted twice", voided_at)
    assert [event.action for event in db.session.scalars(select(AuditEvent))] == ["void_headcount"]


def test_void_headcount_asks_for_a_reason() -> None:
    with pytest.raises(DomainError) as refusal:
        service.void_headcount(headcount_return_id=make_headcount().id, reason="", user_id=None)
    assert refusal.value.field == "reason"


def test_file_claim_waits_for_a_manager() -> None:
    membership = make_membership()
    made = claim(membership, provider=" Elsewhere ", proof=" Certificate 17 ")
    assert made.state is RecordState.UNVERIFIED
    assert (made.provider, made.proof, made.organisation_id) == (
        "Elsewhere",
        "Certificate 17",
        membership.organisation_id,
    )
    assert [event.action for event in db.session.scalars(select(AuditEvent))] == ["file_claim"]


def test_file_claim_takes_training_from_before_the_person_came() -> None:
    membership = make_membership(started_on=date(2026, 9, 1))
    assert claim(membership, completed_on=A_DAY).state is RecordState.UNVERIFIED


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"provider": " "}, "provider"),
        ({"proof": ""}, "proof"),
        ({"completed_on": date(2026, 11, 24)}, "completed_on"),
        ({"completed_on": date(2014, 12, 31)}, "completed_on"),
    ],
)
def test_file_claim_refuses_what_says_too_little(values: dict, field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        claim(make_membership(), **values)
    assert refusal.value.field == field


def test_file_claim_is_for_the_own_staff_of_today() -> None:
    with pytest.raises(DomainError, match="is not on the staff list"):
        claim(make_membership(ended_on=date(2026, 11, 23)))
    membership, other = make_membership(), make_organisation()
    with pytest.raises(DomainError, match="is not on the staff list"):
        claim(membership, organisation_id=other.id)


def test_file_claim_refuses_another_one_of_the_same_day() -> None:
    membership, course = make_membership(), make_course()
    claim(membership, course)
    with pytest.raises(DomainError, match="already has a record"):
        claim(membership, course, proof="Another certificate")


def test_file_claim_twice_is_one_claim() -> None:
    membership, course, user = make_membership(), make_course(), make_user()
    first = claim(membership, course, user_id=user.id)
    assert claim(membership, course, user_id=user.id).id == first.id
    assert len(db.session.scalars(select(AuditEvent)).all()) == 1


def test_accept_claim_makes_it_count() -> None:
    waiting, user = make_claim(), make_user()
    service.accept_claim(record_id=waiting.id, user_id=user.id)
    assert (waiting.state, waiting.decided_by_user_id) == (RecordState.ACCEPTED, user.id)
    service.accept_claim(record_id=waiting.id, user_id=make_user().id)
    assert waiting.decided_by_user_id == user.id
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.details) == ("accept_claim", {"before": "unverified", "after": "accepted"})


def test_accept_claim_refuses_what_a_register_shows_already() -> None:
    waiting = make_claim()
    make_record(waiting.person, waiting.course)
    with pytest.raises(DomainError, match="A register already shows"):
        service.accept_claim(record_id=waiting.id, user_id=None)
    assert waiting.state is RecordState.UNVERIFIED


def test_accept_claim_takes_what_only_a_voided_register_showed() -> None:
    waiting = make_claim()
    make_record(waiting.person, waiting.course, state=RecordState.VOIDED)
    assert service.accept_claim(record_id=waiting.id, user_id=None).state is RecordState.ACCEPTED


def test_reject_claim_keeps_the_reason() -> None:
    waiting, user = make_claim(), make_user()
    service.reject_claim(record_id=waiting.id, reason=" No date on it ", user_id=user.id)
    assert (waiting.state, waiting.decision_reason) == (RecordState.REJECTED, "No date on it")
    service.reject_claim(record_id=waiting.id, reason="Again", user_id=user.id)
    assert waiting.decision_reason == "No date on it"
    assert [event.action for event in db.session.scalars(select(AuditEvent))] == ["reject_claim"]


def test_reject_claim_asks_for_a_reason() -> None:
    waiting = make_claim()
    with pytest.raises(DomainError) as refusal:
        service.reject_claim(record_id=waiting.id, reason="\n", user_id=None)
    assert refusal.value.field == "reason"
    assert waiting.state is RecordState.UNVERIFIED


def test_a_decision_is_not_turned_round() -> None:
    with pytest.raises(DomainError, match="rejected already"):
        service.accept_claim(record_id=make_claim(state=RecordState.REJECTED).id, user_id=None)
    with pytest.raises(DomainError, match="accepted already"):
        service.reject_claim(
            record_id=make_claim(state=RecordState.ACCEPTED).id, reason="A reason", user_id=None
        )
    with pytest.raises(DomainError, match="Only claims"):
        service.accept_claim(record_id=make_record().id, user_id=None)


@pytest.mark.parametrize("same", [True, False], ids=["the same claim", "claims that differ"])
def test_claims_filed_at_once_become_one(own_database: OwnDatabase, same: bool) -> None:
    with own_database.app.app_context():
        membership, course = make_membership(), make_course()
        person_id, organisation_id, course_id = membership.person_id, membership.organisation_id, course.id
        db.session.commit()
    outcomes: list[str] = []

    def file(number: int) -> None:
        with own_database.app.app_context():
            try:
                with committed():
                    service.file_claim(
                        person_id=person_id,
                        course_id=course_id,
                        completed_on=A_DAY,
                        organisation_id=organisation_id,
                        provider="Elsewhere",
                        proof="Certificate" if same else f"Certificate {number}",
                        user_id=None,
                    )
                outcomes.append("filed")
            except DomainError as refusal:
                outcomes.append(refusal.sentence)

    threads = [Thread(target=file, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("filed") == (6 if same else 1)
    assert all("already has a record" in outcome for outcome in outcomes if outcome != "filed")
    with own_database.app.app_context():
        assert len(db.session.scalars(select(TrainingRecord)).all()) == 1


def test_no_claim_is_kept_without_proof(db_session):
    with pytest.raises(IntegrityError, match="ck_training_records_claim_has_proof"):
        make_claim(proof=None)
