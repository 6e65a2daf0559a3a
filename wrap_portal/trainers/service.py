"""Verbs of the trainers room: propose, confirm, decline, give and withdraw accreditations."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range, insert

from wrap_portal import clock
from wrap_portal.audit.service import record_event
from wrap_portal.courses.models import Course
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.people.models import Person
from wrap_portal.people.queries import is_member_on
from wrap_portal.trainers import rules
from wrap_portal.trainers.models import (
    Accreditation,
    AccreditationScope,
    AccreditationState,
    TrainerAccount,
)
from wrap_portal.wording import date_text

register_refusals(
    {
        "ex_accreditations_confirmed_twice": (
            "This person was given an accreditation for the same course and days a moment ago.",
            "starts_on",
        ),
        "uq_trainer_accounts_person_id": (
            "This person was linked to another account a moment ago.",
            "user_id",
        ),
        "pk_trainer_accounts": ("This account was linked to another person a moment ago.", "user_id"),
    }
)


def propose_accreditation(
    *,
    person_id: int,
    course_id: int,
    authority_id: int,
    scope: AccreditationScope,
    organisation_id: int | None,
    starts_on: date,
    training_record_id: int,
) -> Accreditation:
    """Propose that a person may deliver a course, because they attended train-the-trainer (domain.md 4.1).

    Arguments: `course_id` is the course to deliver, not the one attended; `organisation_id` is needed with
    the scope of the own organisation and None with the area. A person waits once for each course and place:
    proposing again returns the proposal that is there. Nothing may be delivered until a manager confirms it.
    """
    # Two registers may be marked at once: the second insert does nothing and finds the first one's row.
    db.session.execute(
        insert(Accreditation)
        .values(
            authority_id=authority_id,
            person_id=person_id,
            course_id=course_id,
            scope=scope,
            organisation_id=organisation_id,
            during=_period(starts_on, rules.default_last_day(starts_on)),
            state=AccreditationState.PROPOSED,
            training_record_id=training_record_id,
        )
        .on_conflict_do_nothing()
    )
    return db.session.scalars(
        select(Accreditation).where(
            Accreditation.person_id == person_id,
            Accreditation.course_id == course_id,
            Accreditation.organisation_id.is_not_distinct_from(organisation_id),
            Accreditation.state == AccreditationState.PROPOSED,
        )
    ).one()


def drop_proposal(*, training_record_id: int, reason: str, user_id: int | None) -> None:
    """Decline the proposal that stands on a training record, because the record was a mistake.

    What a manager has already decided stays: that is theirs to withdraw.
    """
    waiting = db.session.scalars(
        select(Accreditation)
        .where(
            Accreditation.training_record_id == training_record_id,
            Accreditation.state == AccreditationState.PROPOSED,
        )
        .with_for_update()
    )
    for proposal in waiting:
        _decide(proposal, AccreditationState.DECLINED, user_id=user_id, reason=reason)


def confirm_accreditation(
    *,
    accreditation_id: int,
    starts_on: date,
    ends_on: date,
    user_id: int | None,
    scope: AccreditationScope | None = None,
) -> Accreditation:
    """Confirm a proposal: the person may deliver from the first to the last day, both included.

    Arguments: `scope` widens a proposal for the own organisation to the area; None leaves it as proposed.
    Raises DomainError where it was already decided, the days are in the wrong order, or the person is already
    accredited for the same course and place on one of them.
    """
    accreditation = _proposal(accreditation_id)
    place = None if scope is AccreditationScope.AREA else accreditation.organisation_id
    _check_days(accreditation.person_id, accreditation.course_id, place, starts_on, ends_on)
    if place is None:
        accreditation.scope, accreditation.organisation_id = AccreditationScope.AREA, None
    accreditation.during = _period(starts_on, ends_on)
    _decide(accreditation, AccreditationState.CONFIRMED, user_id=user_id, reason=None)
    return accreditation


def decline_accreditation(*, accreditation_id: int, reason: str, user_id: int | None) -> Accreditation:
    """Decline a proposal, with the reason kept.

    Raises DomainError where it was already decided or no reason is given.
    """
    accreditation = _proposal(accreditation_id)
    _decide(accreditation, AccreditationState.DECLINED, user_id=user_id, reason=_reason(reason))
    return accreditation


def withdraw_accreditation(
    *, accreditation_id: int, on: date, reason: str, user_id: int | None
) -> Accreditation:
    """Withdraw an accreditation from a day on; what was delivered before stays valid (domain.md 4.2).

    Arguments: `on` is the first day on which the person may no longer deliver.
    Raises DomainError where it is not in force, has ended before that day, or no reason is given.
    """
    accreditation = _locked(accreditation_id)
    if accreditation.state is not AccreditationState.CONFIRMED or accreditation.starts_on is None:
        raise DomainError("This accreditation is not in force, so there is nothing to withdraw.")
    if accreditation.ends_on is not None and accreditation.ends_on < on:
        raise DomainError(f"It ends on {date_text(accreditation.ends_on)} anyway.", field="on")
    left = rules.days_left(accreditation.starts_on, accreditation.ends_on, on)
    accreditation.during = Range(empty=True) if left is None else _period(*left)
    _decide(accreditation, AccreditationState.WITHDRAWN, user_id=user_id, reason=_reason(reason))
    return accreditation


def accredit(
    *,
    person_id: int,
    course_id: int,
    authority_id: int,
    scope: AccreditationScope,
    starts_on: date,
    ends_on: date,
    user_id: int | None,
    organisation_id: int | None = None,
) -> Accreditation:
    """Accredit a person for a course directly, without train-the-trainer attendance.

    Arguments: first and last valid day, both included; `organisation_id` only with that scope.
    Raises DomainError where the person is not on that organisation's staff list on the first day, the days
    are in the wrong order, or the person is already accredited for the same course and place on one of them.
    """
    if scope is AccreditationScope.AREA:
        organisation_id = None
    elif organisation_id is None:
        raise DomainError("Choose the organisation that they may train.", field="organisation_id")
    elif not is_member_on(person_id=person_id, organisation_id=organisation_id, on=starts_on):
        name = db.session.get_one(Person, person_id).name
        raise DomainError(
            f"{name} is not on the staff list of this organisation on {date_text(starts_on)}.",
            field="organisation_id",
        )
    _check_days(person_id, course_id, organisation_id, starts_on, ends_on)
    accreditation = Accreditation(
        authority_id=authority_id,
        person_id=person_id,
        course_id=course_id,
        scope=scope,
        organisation_id=organisation_id,
        during=_period(starts_on, ends_on),
    )
    _decide(accreditation, AccreditationState.CONFIRMED, user_id=user_id, reason=None)
    return accreditation


def link_trainer_account(*, user_id: int, person_id: int, actor_id: int | None = None) -> TrainerAccount:
    """Say that a user is this person when they train, and no longer whoever they were before.

    Raises DomainError where the person already signs in as somebody else.
    """
    taken = db.session.scalars(
        select(TrainerAccount).where(TrainerAccount.person_id == person_id, TrainerAccount.user_id != user_id)
    ).one_or_none()
    if taken is not None:
        raise DomainError("This person is linked to another account. Remove that first.", field="user_id")
    account = db.session.get(TrainerAccount, user_id)
    if account is None:
        account = TrainerAccount(user_id=user_id, person_id=person_id)
        db.session.add(account)
    account.person_id = person_id
    db.session.flush()
    _audit_account("link_trainer_account", person_id, user_id, actor_id)
    return account


def unlink_trainer_account(*, person_id: int, actor_id: int | None = None) -> None:
    """Take away a person's account as a trainer; nothing happens where there is none."""
    account = db.session.scalars(
        select(TrainerAccount).where(TrainerAccount.person_id == person_id)
    ).one_or_none()
    if account is not None:
        db.session.delete(account)
        _audit_account("unlink_trainer_account", person_id, account.user_id, actor_id)


def _audit_account(action: str, person_id: int, user_id: int, actor_id: int | None) -> None:
    record_event(
        action=action,
        subject_type="user",
        subject_id=user_id,
        actor_id=actor_id,
        authority_id=db.session.get_one(Person, person_id).authority_id,
        details={"person_id": person_id},
    )


_ACTIONS = {
    AccreditationState.CONFIRMED: "confirm_accreditation",
    AccreditationState.DECLINED: "decline_accreditation",
    AccreditationState.WITHDRAWN: "withdraw_accreditation",
}


def _locked(accreditation_id: int) -> Accreditation:
    # Two managers may decide at once: the second waits here and then sees what the first decided.
    return db.session.get_one(Accreditation, accreditation_id, with_for_update=True, populate_existing=True)


def _proposal(accreditation_id: int) -> Accreditation:
    accreditation = _locked(accreditation_id)
    if accreditation.state is not AccreditationState.PROPOSED:
        raise DomainError(f"This proposal was already {accreditation.state.value}.")
    return accreditation


def _decide(
    accreditation: Accreditation, state: AccreditationState, *, user_id: int | None, reason: str | None
) -> None:
    accreditation.state = state
    accreditation.decided_at = clock.now()
    accreditation.decided_by_user_id = user_id
    accreditation.decision_reason = reason
    db.session.add(accreditation)
    db.session.flush()
    record_event(
        action=_ACTIONS[state],
        subject_type="accreditation",
        subject_id=accreditation.id,
        actor_id=user_id,
        authority_id=accreditation.authority_id,
        details={"person_id": accreditation.person_id, "course_id": accreditation.course_id},
    )


def _reason(reason: str) -> str:
    if not reason.strip():
        raise DomainError("Give the reason; it is kept with the accreditation.", field="reason")
    return reason.strip()


def _period(starts_on: date, ends_on: date) -> Range[date]:
    return Range(starts_on, ends_on + timedelta(days=1), bounds="[)")


def _check_days(
    person_id: int, course_id: int, organisation_id: int | None, starts_on: date, ends_on: date
) -> None:
    if ends_on < starts_on:
        raise DomainError("The last day must be the first day or later.", field="ends_on")
    same = db.session.scalars(
        select(Accreditation)
        .where(
            Accreditation.person_id == person_id,
            Accreditation.course_id == course_id,
            Accreditation.organisation_id.is_not_distinct_from(organisation_id),
            Accreditation.state == AccreditationState.CONFIRMED,
            Accreditation.during.overlaps(_period(starts_on, ends_on)),
        )
        .order_by(Accreditation.during)
        .limit(1)
    ).first()
    if same is not None:
        person = db.session.get_one(Person, person_id)
        course = db.session.get_one(Course, course_id)
        first, last = same.starts_on, same.ends_on
        until = f" to {date_text(last)}" if last else ""
        held = f"{person.name} is already accredited for {course.name} from {date_text(first or starts_on)}"
        raise DomainError(f"{held}{until}. Choose days outside these.", field="starts_on")
