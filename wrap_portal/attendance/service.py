"""Writing down what truly happened: registers and in-house sessions, each with its entries in the ledger."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ScalarResult, func, select
from sqlalchemy.dialects.postgresql import Range, insert

from wrap_portal import clock
from wrap_portal.attendance import register_service, rules
from wrap_portal.attendance.models import Attendance, AttendanceOutcome, InHouseAttendee, InHouseSession
from wrap_portal.attendance.register_service import Register
from wrap_portal.attendance.rules import Tally
from wrap_portal.audit.service import record_event
from wrap_portal.courses.models import Course
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import MemberRole, Membership, Person
from wrap_portal.people.queries import is_member_on
from wrap_portal.people.service import add_staff
from wrap_portal.records.models import RecordSource, RecordState, TrainingRecord
from wrap_portal.records.service import record_headcount, record_training, void_headcount, void_record
from wrap_portal.trainers.models import Accreditation, AccreditationState
from wrap_portal.trainers.queries import accreditation_on
from wrap_portal.wording import date_text


@dataclass(frozen=True)
class WalkIn:
    """Who came to the door and what the portal knew: `known`, an entry in the register of people; `booked`, a
    place.
    """

    attendance: Attendance
    name: str
    known: bool
    booked: bool


def mark_attendance(
    *, session_date_id: int, marks: Mapping[int, AttendanceOutcome | None], user_id: int | None
) -> Tally:
    """Save what became of people on one date of a session, and return how the whole register stands then.

    Arguments: `marks` by person; None is no change. What is marked already as said stays as it is, so saving
    the same register twice changes nothing. `attended` makes a training record of the London date on which
    the session started, and where the course accredits for another, proposes that accreditation. A correction
    voids the record or makes another, and takes back a proposal that nobody has decided about (domain.md 4.1,
    4.7, 4.8).
    Raises DomainError before the start, for a cancelled session, and for somebody who is not on the register.
    """
    register = register_service.hold(session_date_id, user_id)
    for person_id, outcome in sorted(marks.items()):
        if outcome is not None:
            if person_id not in register.everybody:
                # No name: whoever sends any number must not learn whose it is.
                raise DomainError(
                    "Somebody on the page is not on this register any more: their place was cancelled. "
                    "Nothing was saved. If they came, add them as a walk-in."
                )
            register_service.mark(register, person_id, outcome, register.booked.get(person_id))
    _audit("mark_attendance", register)
    return rules.tally(
        register.attendances[person_id].outcome if person_id in register.attendances else None
        for person_id in register.everybody
    )


def add_walk_in(
    *,
    session_date_id: int,
    organisation_id: int,
    user_id: int | None,
    name: str = "",
    email: str | None = None,
    person_id: int | None = None,
) -> WalkIn:
    """Mark somebody as attended who came without a place, knowing them again where that is possible.

    Arguments: who it is, as `person_id` of the organisation's staff or by `name` and maybe `email`. Somebody
    whom the organisation's staff list has not goes onto it as staff from that date: a new person, unless the
    authority knows somebody of the same name and address elsewhere. Capacity is about places that are booked,
    so a walk-in counts against none [house].
    Raises DomainError before the start, for a cancelled session, an organisation of another authority or one
    that is closed, a blank name, and where several people of the organisation have that name.
    """
    register = register_service.hold(session_date_id, user_id)
    organisation = db.session.get_one(Organisation, organisation_id)
    _check_organisation(organisation, register)
    known = True
    if person_id is None:
        person_id = _matched_person(register, organisation, name, email)
    elif not is_member_on(person_id=person_id, organisation_id=organisation_id, on=register.day):
        raise DomainError(f"This person is not on the staff list of {organisation.name}.", field="name")
    if person_id is None:
        known = False
        person_id = add_staff(
            organisation_id=organisation_id,
            name=name,
            email=email,
            role=MemberRole.STAFF,
            started_on=register.day,
            same_person=False,
            actor_id=user_id,
        ).person_id
    booked = person_id in register.booked
    attendance = register_service.mark(
        register, person_id, AttendanceOutcome.ATTENDED, register.booked.get(person_id, organisation_id)
    )
    _audit("add_walk_in", register)
    name = db.session.get_one(Person, person_id).name
    return WalkIn(attendance=attendance, name=name, known=known, booked=booked)


def log_in_house_session(
    *,
    organisation_id: int,
    course_id: int,
    accreditation_id: int,
    held_on: date,
    person_ids: Collection[int],
    headcount: int | None,
    user_id: int | None,
    course_version: str | None = None,
    submission_key: UUID | None = None,
) -> InHouseSession:
    """Log training that an accredited person gave in the own organisation: the cascade (domain.md 4.2).

    Arguments: `accreditation_id` says who delivered; `person_ids`, who came by name, each gets a record;
    `headcount`, how many more came; `course_version`, the course's own where it is left out;
    `submission_key`, of the form: sent twice, the second finds the session that the first has logged and
    changes nothing.
    Raises DomainError where nobody came, the accreditation does not cover the day or is another
    organisation's, the one who delivered did not belong to it, and what the ledger refuses for the attendees
    and the headcount.
    """
    logged = _logged_with(submission_key, organisation_id).one_or_none()
    if logged is not None:
        return logged
    organisation = db.session.get_one(Organisation, organisation_id)
    course = db.session.get_one(Course, course_id)
    attendees = sorted(set(person_ids))
    accreditation = _delivering(accreditation_id, course, organisation, held_on)
    _check_attendees(attendees, headcount, accreditation, course, held_on)
    # Two clicks at once: the second waits here for the first and then finds its row.
    new_id = db.session.scalar(
        insert(InHouseSession)
        .values(
            organisation_id=organisation_id,
            course_id=course_id,
            accreditation_id=accreditation.id,
            held_on=held_on,
            course_version=(course_version or "").strip() or course.version,
            logged_at=clock.now(),
            logged_by_user_id=user_id,
            submission_key=submission_key,
        )
        .on_conflict_do_nothing(index_elements=["submission_key"])
        .returning(InHouseSession.id)
    )
    if new_id is None:
        return _logged_with(submission_key, organisation_id).one()
    in_house = db.session.get_one(InHouseSession, new_id)
    for person_id in attendees:
        record = record_training(
            person_id=person_id,
            course_id=course_id,
            completed_on=held_on,
            source=RecordSource.CASCADE,
            organisation_id=organisation_id,
            recorded_by_user_id=user_id,
        )
        db.session.add(
            InHouseAttendee(in_house_session_id=new_id, person_id=person_id, training_record_id=record.id)
        )
    if headcount:
        in_house.headcount_return_id = record_headcount(
            organisation_id=organisation_id,
            course_id=course_id,
            held_on=held_on,
            headcount=headcount,
            user_id=user_id,
        ).id
    db.session.flush()
    _audit_in_house("log_in_house_session", in_house, user_id)
    return in_house


def void_in_house_session(*, in_house_session_id: int, reason: str, user_id: int | None) -> InHouseSession:
    """Take back an in-house session that was logged by mistake: its records and headcount are voided with it.

    Voided already: no change. Raises DomainError without a reason.
    """
    if not reason.strip():
        raise DomainError("Say why the session is taken back.", field="reason")
    in_house = db.session.get_one(
        InHouseSession, in_house_session_id, with_for_update=True, populate_existing=True
    )
    if in_house.voided_at is not None:
        return in_house
    for attendee in in_house.attendees:
        void_record(record_id=attendee.training_record_id, reason=reason, user_id=user_id)
    if in_house.headcount_return_id is not None:
        void_headcount(headcount_return_id=in_house.headcount_return_id, reason=reason, user_id=user_id)
    in_house.voided_at = clock.now()
    in_house.voided_by_user_id = user_id
    in_house.void_reason = reason.strip()
    db.session.flush()
    _audit_in_house("void_in_house_session", in_house, user_id)
    return in_house


def _check_organisation(organisation: Organisation, register: Register) -> None:
    if organisation.authority_id != register.authority_id:
        raise DomainError(f"{organisation.name} belongs to another authority.", field="organisation_id")
    if organisation.closed_on is not None and organisation.closed_on <= register.day:
        raise DomainError(
            f"{organisation.name} closed on {date_text(organisation.closed_on)}.", field="organisation_id"
        )


def _matched_person(
    register: Register, organisation: Organisation, name: str, email: str | None
) -> int | None:
    staff = db.session.execute(
        select(Person.id, Person.name, Person.email)
        .where(
            Person.id.in_(
                select(Membership.person_id).where(
                    Membership.organisation_id == organisation.id,
                    # Who begins next week may come today.
                    Membership.during.overlaps(Range(register.day, None, bounds="[)")),
                )
            )
        )
        .order_by(Person.id)
    )
    candidates = [rules.Candidate(*row, marked=row.id in register.attendances) for row in staff]
    matches = rules.match_walk_in(candidates, name=name, email=email)
    if len(matches) > 1:
        raise DomainError(
            f"{len(matches)} people called {matches[0].name} are on the staff list of {organisation.name}. "
            "Enter the email address to say which of them this is.",
            field="email",
        )
    return matches[0].person_id if matches else None


def _logged_with(submission_key: UUID | None, organisation_id: int) -> ScalarResult[InHouseSession]:
    """Return what the form with this key has logged, if anything; nothing for no key."""
    return db.session.scalars(
        select(InHouseSession).where(
            InHouseSession.submission_key == submission_key,
            InHouseSession.submission_key.is_not(None),
            InHouseSession.organisation_id == organisation_id,
        )
    )


def _delivering(
    accreditation_id: int, course: Course, organisation: Organisation, held_on: date
) -> Accreditation:
    """Return the accreditation that covers the day: the chosen one, or another of the same person."""
    chosen = db.session.get_one(Accreditation, accreditation_id)
    person = db.session.get_one(Person, chosen.person_id)
    covering = accreditation_on(
        person_id=person.id,
        course_id=course.id,
        day=held_on,
        organisation_id=organisation.id,
        authority_id=organisation.authority_id,
    )
    if covering is None:
        raise DomainError(_not_covered(chosen, person, course, held_on), field="held_on")
    if not is_member_on(person_id=person.id, organisation_id=organisation.id, on=held_on):
        raise DomainError(
            f"{person.name} is not on the staff list of {organisation.name} for {date_text(held_on)}, "
            "so the session was not in-house.",
            field="delivered_by",
        )
    return covering


def _not_covered(chosen: Accreditation, person: Person, course: Course, held_on: date) -> str:
    problem = None
    held = chosen.state in (AccreditationState.CONFIRMED, AccreditationState.WITHDRAWN)
    if held and chosen.course_id == course.id and chosen.starts_on is not None:
        problem = rules.delivery_problem(
            name=person.name,
            course=course.name,
            starts_on=chosen.starts_on,
            ends_on=chosen.ends_on,
            held_on=held_on,
        )
    return (
        problem or f"{person.name} is not accredited to deliver {course.name} here on {date_text(held_on)}."
    )


def _check_attendees(
    person_ids: list[int], headcount: int | None, accreditation: Accreditation, course: Course, held_on: date
) -> None:
    if not person_ids and not headcount:
        raise DomainError("Choose who came, or enter how many people came.", field="person_ids")
    if accreditation.person_id in person_ids:
        name = db.session.get_one(Person, accreditation.person_id).name
        raise DomainError(
            f"{name} delivered the session and cannot be recorded as trained by it.", field="person_ids"
        )
    known = db.session.scalars(
        select(Person.name)
        .where(
            Person.id.in_(
                select(TrainingRecord.person_id).where(
                    TrainingRecord.person_id.in_(person_ids),
                    TrainingRecord.course_id == course.id,
                    TrainingRecord.completed_on == held_on,
                    TrainingRecord.state.in_((RecordState.ACCEPTED, RecordState.UNVERIFIED)),
                )
            )
        )
        .order_by(func.lower(Person.name))
    ).all()
    if known:
        have = "already has" if len(known) == 1 else "already have"
        raise DomainError(
            f"{rules.names_text(known)} {have} a record of {course.name} on {date_text(held_on)}. "
            "Leave them out.",
            field="person_ids",
        )


def _audit(action: str, register: Register) -> None:
    if register.changes:
        record_event(
            action=action,
            actor_id=register.user_id,
            subject_type="session_date",
            subject_id=register.session_date.id,
            authority_id=register.authority_id,
            details={"marks": register.changes},
        )


def _audit_in_house(action: str, in_house: InHouseSession, user_id: int | None) -> None:
    record_event(
        action=action,
        actor_id=user_id,
        subject_type="in_house_session",
        subject_id=in_house.id,
        authority_id=in_house.organisation.authority_id,
    )
