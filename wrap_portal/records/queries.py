"""What the ledger shows: claims and their decisions, and all that is known about one person's training."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from wrap_portal.accounts.models import User
from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Membership, Person
from wrap_portal.records.models import RecordSource, RecordState, TrainingRecord
from wrap_portal.web.access import Scope


@dataclass(frozen=True)
class ClaimRow:
    """A claim of previous training, with what a manager needs to decide about it.

    `shown_by_register`: an accepted record of the same person, course and date is there already.
    """

    record_id: int
    person_id: int
    person_name: str
    organisation_id: int
    organisation_name: str
    authority_id: int
    course_name: str
    completed_on: date
    provider: str
    proof: str | None
    filed_at: datetime
    filed_by: str | None
    state: RecordState
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str | None
    shown_by_register: bool


@dataclass(frozen=True)
class RecordRow:
    """One entry of a person's training, whatever became of it."""

    record_id: int
    course_name: str
    completed_on: date
    organisation_name: str | None
    source: RecordSource
    state: RecordState
    provider: str | None
    decision_reason: str | None
    recorded_at: datetime


def claims(
    scope: Scope, *, states: Collection[RecordState], limit: int | None = None, offset: int = 0
) -> list[ClaimRow]:
    """Return the claims in these states within reach: waiting ones oldest first, others latest first."""
    decided_first = TrainingRecord.decided_at.desc().nulls_first()
    statement = _claims(scope).where(TrainingRecord.state.in_(states))
    statement = statement.order_by(decided_first, TrainingRecord.recorded_at, TrainingRecord.id)
    return [ClaimRow(*row) for row in db.session.execute(statement.limit(limit).offset(offset))]


def count_claims(scope: Scope, *, states: Collection[RecordState]) -> int:
    """Return how many claims in these states are within reach."""
    statement = (
        select(func.count())
        .select_from(TrainingRecord)
        .join(Organisation, TrainingRecord.organisation_id == Organisation.id)
        .where(_is_claim_within(scope), TrainingRecord.state.in_(states))
    )
    return db.session.scalar(statement) or 0


def get_claim(record_id: int, scope: Scope) -> ClaimRow | None:
    """Return a claim, or None where there is none within reach."""
    row = db.session.execute(_claims(scope).where(TrainingRecord.id == record_id)).one_or_none()
    return None if row is None else ClaimRow(*row)


def get_record(record_id: int, scope: Scope) -> TrainingRecord | None:
    """Return an entry of a person whose authority is within reach, or None."""
    return db.session.scalars(
        select(TrainingRecord)
        .join(TrainingRecord.person)
        .where(TrainingRecord.id == record_id, Person.authority_id.in_(scope.authority_ids))
    ).one_or_none()


def person_within(person_id: int, scope: Scope, as_at: date) -> Person | None:
    """Return a person whose training the caller may read, or None.

    An authority reads of those whom it keeps or whose organisation is its own; an organisation of its own
    staff on that date only: whoever has left has taken their training along.
    """
    belongs = (
        select(Membership.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.person_id == Person.id,
            Membership.during.contains(as_at),
            or_(
                Organisation.id.in_(scope.organisation_ids),
                Organisation.authority_id.in_(scope.authority_ids),
            ),
        )
    )
    kept = Person.authority_id.in_(scope.authority_ids)
    return db.session.scalars(
        select(Person).where(Person.id == person_id, or_(kept, belongs.exists()))
    ).one_or_none()


def records_of_person(person_id: int) -> list[RecordRow]:
    """Return everything in the ledger about a person, latest training first."""
    statement = (
        select(
            TrainingRecord.id,
            Course.name,
            TrainingRecord.completed_on,
            Organisation.name,
            TrainingRecord.source,
            TrainingRecord.state,
            TrainingRecord.provider,
            TrainingRecord.decision_reason,
            TrainingRecord.recorded_at,
        )
        .join(Course, TrainingRecord.course_id == Course.id)
        .outerjoin(Organisation, TrainingRecord.organisation_id == Organisation.id)
        .where(TrainingRecord.person_id == person_id)
        .order_by(TrainingRecord.completed_on.desc(), TrainingRecord.id.desc())
    )
    return [RecordRow(*row) for row in db.session.execute(statement)]


def _claims(scope: Scope) -> Select[*tuple[Any, ...]]:
    filer, decider, twin = aliased(User), aliased(User), aliased(TrainingRecord)
    shown_by_register = exists().where(
        twin.person_id == TrainingRecord.person_id,
        twin.course_id == TrainingRecord.course_id,
        twin.completed_on == TrainingRecord.completed_on,
        twin.id != TrainingRecord.id,
        twin.state == RecordState.ACCEPTED,
    )
    return (
        select(
            TrainingRecord.id,
            Person.id,
            Person.name,
            Organisation.id,
            Organisation.name,
            Organisation.authority_id,
            Course.name,
            TrainingRecord.completed_on,
            TrainingRecord.provider,
            TrainingRecord.proof,
            TrainingRecord.recorded_at,
            filer.name,
            TrainingRecord.state,
            TrainingRecord.decided_at,
            decider.name,
            TrainingRecord.decision_reason,
            shown_by_register,
        )
        .join(Person, TrainingRecord.person_id == Person.id)
        .join(Organisation, TrainingRecord.organisation_id == Organisation.id)
        .join(Course, TrainingRecord.course_id == Course.id)
        .outerjoin(filer, TrainingRecord.recorded_by_user_id == filer.id)
        .outerjoin(decider, TrainingRecord.decided_by_user_id == decider.id)
        .where(_is_claim_within(scope))
    )


def _is_claim_within(scope: Scope) -> ColumnElement[bool]:
    return (TrainingRecord.source == RecordSource.CLAIM) & or_(
        Organisation.authority_id.in_(scope.authority_ids), Organisation.id.in_(scope.organisation_ids)
    )
