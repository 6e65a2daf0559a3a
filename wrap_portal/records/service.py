"""Writing the ledger. Nothing in it is ever deleted: a mistake is voided, with the reason and by whom."""

from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from wrap_portal import clock
from wrap_portal.audit.service import record_event
from wrap_portal.courses.models import Course
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.people.queries import is_member_on
from wrap_portal.records import rules
from wrap_portal.records.models import HeadcountReturn, RecordSource, RecordState, TrainingRecord
from wrap_portal.wording import date_text

register_refusals(
    {
        "uq_training_records_one_a_day": (
            "This person already has a record of the course on that date. Nothing was added.",
            "completed_on",
        ),
    }
)


def record_training(
    *,
    person_id: int,
    course_id: int,
    completed_on: date,
    source: RecordSource,
    organisation_id: int | None = None,
    provider: str | None = None,
    recorded_by_user_id: int | None = None,
    once_a_day: bool = True,
) -> TrainingRecord:
    """Add accepted evidence that a person completed a course.

    Arguments: `completed_on`, a London date; `organisation_id`, where the person belonged on that date, None
    where they belonged nowhere that is known; `source`, anything but a claim (`file_claim`); `once_a_day`,
    False for a register, which keeps its own count: two dates of a session on one day are two attendances.
    Raises DomainError for a date in the future or before 2015, a course withdrawn by then or of another
    authority, a person who was not a member of the organisation on the date, and the same person, course and
    date a second time.
    """
    if source is RecordSource.CLAIM:
        raise ValueError("A claim waits for a decision: use file_claim")
    person = db.session.get_one(Person, person_id)
    course = db.session.get_one(Course, course_id)
    organisation = None if organisation_id is None else db.session.get_one(Organisation, organisation_id)
    _check_day(completed_on, field="completed_on")
    _check_course(course, (organisation or person).authority_id, completed_on)
    if organisation is not None:
        _check_member(person, organisation, completed_on)
    if once_a_day:
        _check_first(person, course, completed_on)
    record = TrainingRecord(
        person_id=person_id,
        course_id=course_id,
        completed_on=completed_on,
        organisation_id=organisation_id,
        source=source,
        state=RecordState.ACCEPTED,
        provider=provider,
        recorded_at=clock.now(),
        recorded_by_user_id=recorded_by_user_id,
    )
    db.session.add(record)
    db.session.flush()
    return record


def void_record(*, record_id: int, reason: str, user_id: int | None) -> TrainingRecord:
    """Take a record out of every figure; it stays in the ledger with the reason. Voided already: no change.

    Raises DomainError without a reason, and for a rejected claim, which never counted.
    """
    reason = _worded(reason, "Say why the record is voided.", field="reason")
    record = _locked(record_id)
    if record.state is RecordState.VOIDED:
        return record
    if record.state is RecordState.REJECTED:
        raise DomainError("This claim was rejected: it counts nowhere and there is nothing to void.")
    before = record.state
    _decide(record, RecordState.VOIDED, user_id, reason)
    _audit("void_record", record, user_id, before)
    return record


def record_headcount(
    *, organisation_id: int, course_id: int, held_on: date, headcount: int, user_id: int | None
) -> HeadcountReturn:
    """Add that so many unnamed people of an organisation were trained on a date.

    Raises DomainError for an impossible number or date, an organisation that was not open, a course withdrawn
    by then or of another authority.
    """
    organisation = db.session.get_one(Organisation, organisation_id)
    course = db.session.get_one(Course, course_id)
    _refuse(rules.headcount_problem(headcount), field="headcount")
    _check_day(held_on, field="held_on")
    _check_course(course, organisation.authority_id, held_on)
    problem = rules.open_problem(
        organisation.name, organisation.opened_on, organisation.closed_on, day=held_on
    )
    _refuse(problem, field="held_on")
    headcount_return = HeadcountReturn(
        organisation_id=organisation_id,
        course_id=course_id,
        held_on=held_on,
        headcount=headcount,
        recorded_at=clock.now(),
        recorded_by_user_id=user_id,
    )
    db.session.add(headcount_return)
    db.session.flush()
    return headcount_return


def void_headcount(*, headcount_return_id: int, reason: str, user_id: int | None) -> HeadcountReturn:
    """Take a headcount out of every figure; it stays with the reason. Voided already: no change.

    Raises DomainError without a reason.
    """
    reason = _worded(reason, "Say why the headcount is voided.", field="reason")
    headcount_return = db.session.scalars(
        select(HeadcountReturn)
        .where(HeadcountReturn.id == headcount_return_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if headcount_return.voided_at is not None:
        return headcount_return
    headcount_return.voided_at = clock.now()
    headcount_return.void_reason = reason
    db.session.flush()
    organisation = db.session.get_one(Organisation, headcount_return.organisation_id)
    record_event(
        action="void_headcount",
        actor_id=user_id,
        subject_type="headcount_return",
        subject_id=headcount_return.id,
        authority_id=organisation.authority_id,
    )
    return headcount_return


def file_claim(
    *,
    person_id: int,
    course_id: int,
    completed_on: date,
    organisation_id: int,
    provider: str,
    proof: str,
    user_id: int | None,
) -> TrainingRecord:
    """File a claim of training that a person had elsewhere: it counts nowhere until a manager accepts it.

    The very same claim filed twice is one claim: a second click finds what the first has filed.

    Arguments: `organisation_id`, whose lead files it: the person belongs to it today, wherever the training
    was; `provider`, who gave it; `proof`, what shows it, in words.
    Raises DomainError for what `record_training` refuses, and without a provider or proof (domain.md 2.7).
    """
    # One claim about a person at a time: between looking for the same claim and checking that it is the
    # first, the second click must not see the first one's commit.
    person = db.session.get_one(Person, person_id, with_for_update={"key_share": True})
    course = db.session.get_one(Course, course_id)
    organisation = db.session.get_one(Organisation, organisation_id)
    _check_member(person, organisation, clock.today())
    _check_day(completed_on, field="completed_on")
    _check_course(course, organisation.authority_id, completed_on)
    claim = {
        "person_id": person_id,
        "course_id": course_id,
        "completed_on": completed_on,
        "organisation_id": organisation_id,
        "source": RecordSource.CLAIM,
        "state": RecordState.UNVERIFIED,
        "provider": _worded(provider, "Enter who gave the training.", field="provider"),
        "proof": _worded(proof, "Say what proves the training.", field="proof"),
        "recorded_by_user_id": user_id,
    }
    if (filed := db.session.scalars(select(TrainingRecord).filter_by(**claim)).one_or_none()) is not None:
        return filed
    _check_first(person, course, completed_on)
    new_id = db.session.scalar(
        insert(TrainingRecord)
        .values(**claim, recorded_at=clock.now())
        .on_conflict_do_nothing()
        .returning(TrainingRecord.id)
    )
    if new_id is None:
        # Somebody was quicker by a moment: the same claim, or another one that stands in its way.
        filed = db.session.scalars(select(TrainingRecord).filter_by(**claim)).one_or_none()
        if filed is None:
            raise _already_recorded(person, course, completed_on)
        return filed
    record = db.session.get_one(TrainingRecord, new_id)
    _audit("file_claim", record, user_id, None)
    return record


def accept_claim(*, record_id: int, user_id: int | None) -> TrainingRecord:
    """Accept a claim: from now on it counts from the date it names. Accepted already: no change.

    Raises DomainError when it was rejected or taken back, and when a session of that day is in the ledger
    already.
    """
    record = _locked(record_id)
    if record.source is RecordSource.CLAIM and record.state is RecordState.ACCEPTED:
        return record
    _refuse(rules.decision_problem(record.source, record.state))
    if _has_other_record(record):
        raise DomainError(
            "A register already shows this course for this person on that date. "
            "Reject the claim with that reason: nothing is lost.",
            field="decision",
        )
    _decide(record, RecordState.ACCEPTED, user_id, None)
    _audit("accept_claim", record, user_id, RecordState.UNVERIFIED)
    return record


def reject_claim(*, record_id: int, reason: str, user_id: int | None) -> TrainingRecord:
    """Reject a claim with a reason that its lead can read. Rejected already: no change.

    Raises DomainError without a reason, and when it was accepted or taken back.
    """
    reason = _worded(reason, "Say why the claim is rejected: the lead reads this.", field="reason")
    record = _locked(record_id)
    if record.state is RecordState.REJECTED:
        return record
    _refuse(rules.decision_problem(record.source, record.state))
    _decide(record, RecordState.REJECTED, user_id, reason)
    _audit("reject_claim", record, user_id, RecordState.UNVERIFIED)
    return record


def _check_day(day: date, *, field: str) -> None:
    _refuse(rules.day_problem(day, today=clock.today()), field=field)


def _check_course(course: Course, authority_id: int, day: date) -> None:
    if course.authority_id not in (None, authority_id):
        raise DomainError(f"{course.name} is a course of another authority.", field="course_id")
    _refuse(rules.course_problem(course.name, course.withdrawn_on, day=day), field="course_id")


def _check_member(person: Person, organisation: Organisation, day: date) -> None:
    if not is_member_on(person_id=person.id, organisation_id=organisation.id, on=day):
        raise DomainError(
            f"{person.name} is not on the staff list of {organisation.name} for {date_text(day)}.",
            field="person_id",
        )


def _check_first(person: Person, course: Course, day: date) -> None:
    if db.session.scalar(select(_live_records(person.id, course.id, day).exists())):
        raise _already_recorded(person, course, day)


def _already_recorded(person: Person, course: Course, day: date) -> DomainError:
    return DomainError(
        f"{person.name} already has a record of {course.name} on {date_text(day)}.", field="completed_on"
    )


def _has_other_record(record: TrainingRecord) -> bool:
    others = _live_records(record.person_id, record.course_id, record.completed_on)
    return bool(db.session.scalar(select(others.where(TrainingRecord.id != record.id).exists())))


def _live_records(person_id: int, course_id: int, day: date) -> Select[int]:
    return select(TrainingRecord.id).where(
        TrainingRecord.person_id == person_id,
        TrainingRecord.course_id == course_id,
        TrainingRecord.completed_on == day,
        TrainingRecord.state.in_((RecordState.ACCEPTED, RecordState.UNVERIFIED)),
    )


def _locked(record_id: int) -> TrainingRecord:
    # Two people who decide about one entry come one after the other: the second sees what the first did.
    return db.session.scalars(
        select(TrainingRecord)
        .where(TrainingRecord.id == record_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _decide(record: TrainingRecord, state: RecordState, user_id: int | None, reason: str | None) -> None:
    record.state = state
    record.decided_at = clock.now()
    record.decided_by_user_id = user_id
    record.decision_reason = reason
    db.session.flush()


def _audit(action: str, record: TrainingRecord, user_id: int | None, before: RecordState | None) -> None:
    # The reason stays in the ledger alone: it may name somebody, and the trail is kept after an erasure.
    record_event(
        action=action,
        actor_id=user_id,
        subject_type="training_record",
        subject_id=record.id,
        authority_id=db.session.get_one(Person, record.person_id).authority_id,
        details={"before": before and before.value, "after": record.state.value},
    )


def _worded(text: str, sentence: str, *, field: str) -> str:
    text = text.strip()
    if not text:
        raise DomainError(sentence, field=field)
    return text


def _refuse(problem: str | None, *, field: str | None = None) -> None:
    if problem is not None:
        raise DomainError(problem, field=field)
