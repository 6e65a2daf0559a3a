"""One register, held while it is marked: each mark makes, voids or leaves alone one entry in the ledger."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from wrap_portal import clock
from wrap_portal.attendance import rules
from wrap_portal.attendance.models import Attendance, AttendanceOutcome
from wrap_portal.attendance.rules import LedgerStep
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Membership
from wrap_portal.records.models import RecordSource, TrainingRecord
from wrap_portal.records.service import record_training, void_record
from wrap_portal.sessions.models import SessionDate, SessionState
from wrap_portal.trainers.models import Accreditation, AccreditationScope, AccreditationState
from wrap_portal.trainers.service import drop_proposal, propose_accreditation


@dataclass
class Register:
    """A date of a session whose register nobody else can mark until this transaction ends.

    `day`: the London date on which it started, of every record that it makes; `booked`: the organisation that
    booked each confirmed place, by person; `attendances`: the marks there are, by person; `belongs`: the
    organisations of each person on the day, read at once for all of a long register; `changes`: [before,
    after] of what this transaction marked, for the trail.
    """

    session_date: SessionDate
    day: date
    user_id: int | None
    booked: dict[int, int]
    attendances: dict[int, Attendance]
    belongs: dict[int, set[int]]
    changes: dict[int, list[str | None]] = field(default_factory=dict)

    @property
    def authority_id(self) -> int:
        """Whose session it is."""
        return self.session_date.training_session.authority_id

    @property
    def everybody(self) -> set[int]:
        """The people who have a place or a mark."""
        return self.booked.keys() | self.attendances.keys()


def hold(session_date_id: int, user_id: int | None) -> Register:
    """Take hold of the register of a session's date until the transaction ends.

    Two browsers that save at once come one after the other, and the second finds what the first has marked.
    Raises DomainError before the start and for a cancelled session.
    """
    session_date = db.session.scalars(
        select(SessionDate)
        .where(SessionDate.id == session_date_id)
        # Not the stronger FOR UPDATE: it would make everybody wait who merely refers to the date.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    starts_at = session_date.during.lower
    assert starts_at is not None  # noqa: S101 (a CHECK of the table)
    training_session = session_date.training_session
    problem = rules.register_problem(
        starts_at, now=clock.now(), cancelled=training_session.state is SessionState.CANCELLED
    )
    if problem is not None:
        raise DomainError(problem)
    places = db.session.execute(
        select(Booking.person_id, Booking.organisation_id).where(
            Booking.training_session_id == training_session.id, Booking.state == BookingState.CONFIRMED
        )
    )
    marks = db.session.scalars(
        select(Attendance)
        .where(Attendance.session_date_id == session_date_id)
        .execution_options(populate_existing=True)
    )
    booked = {person_id: organisation_id for person_id, organisation_id in places}
    attendances = {attendance.person_id: attendance for attendance in marks}
    day = clock.london_date(starts_at)
    return Register(
        session_date=session_date,
        day=day,
        user_id=user_id,
        booked=booked,
        attendances=attendances,
        belongs=_belonging(booked.keys() | attendances.keys(), day, training_session.authority_id),
    )


def mark(
    register: Register, person_id: int, outcome: AttendanceOutcome, organisation_id: int | None
) -> Attendance:
    """Mark one person and bring the ledger in line; what is marked so already stays as it is.

    Arguments: `organisation_id`, who sent them, where they have no mark yet. Raises DomainError for what the
    ledger refuses.
    """
    attendance = register.attendances.get(person_id)
    before = attendance.outcome if attendance is not None else None
    if attendance is not None and before is outcome:
        return attendance
    step = rules.ledger_step(before, outcome)
    old_record_id = attendance.training_record_id if attendance is not None else None
    sent_by = attendance.organisation_id if attendance is not None else organisation_id
    record = _record(register, person_id, sent_by) if step is LedgerStep.MAKE else None
    if attendance is None:
        attendance = Attendance(
            session_date_id=register.session_date.id,
            person_id=person_id,
            organisation_id=organisation_id,
            walk_in=person_id not in register.booked,
        )
        db.session.add(attendance)
        register.attendances[person_id] = attendance
    attendance.outcome = outcome
    attendance.training_record_id = record.id if record is not None else None
    attendance.marked_at = clock.now()
    attendance.marked_by_user_id = register.user_id
    db.session.flush()
    if step is LedgerStep.VOID and old_record_id is not None:
        _void(old_record_id, outcome, register.user_id)
    register.changes[person_id] = [before and before.value, outcome.value]
    return attendance


def _record(register: Register, person_id: int, organisation_id: int | None) -> TrainingRecord:
    course = register.session_date.training_session.course
    own = _own_organisation(register, person_id, organisation_id)
    record = record_training(
        person_id=person_id,
        course_id=course.id,
        completed_on=register.day,
        source=RecordSource.SESSION,
        organisation_id=own,
        recorded_by_user_id=register.user_id,
        once_a_day=False,
    )
    if course.accredits_course_id is not None and not _decided_before(record, course.accredits_course_id):
        # A lead delivers in the own organisation; a manager may confirm it for the whole area (domain.md
        # 4.1).
        propose_accreditation(
            person_id=person_id,
            course_id=course.accredits_course_id,
            authority_id=register.authority_id,
            scope=AccreditationScope.AREA if own is None else AccreditationScope.OWN_ORGANISATION,
            organisation_id=own,
            starts_on=register.day,
            training_record_id=record.id,
        )
    return record


def _void(record_id: int, outcome: AttendanceOutcome, user_id: int | None) -> None:
    reason = f"The register was corrected: {rules.OUTCOME_WORDS[outcome]}."
    void_record(record_id=record_id, reason=reason, user_id=user_id)
    drop_proposal(training_record_id=record_id, reason=reason, user_id=user_id)


def _own_organisation(register: Register, person_id: int, sent_by: int | None) -> int | None:
    """Return where the person belongs on the day: with who sent them, else with the only one there is
    (domain.md 6).

    Who has left the organisation that booked the place is trained all the same, but not for that
    organisation.
    """
    if person_id not in register.belongs:
        # Somebody at the door, who was nobody when the register was taken hold of.
        register.belongs |= _belonging([person_id], register.day, register.authority_id)
    belongs = register.belongs[person_id]
    if sent_by in belongs:
        return sent_by
    return next(iter(belongs)) if len(belongs) == 1 else None


def _belonging(person_ids: Collection[int], day: date, authority_id: int) -> dict[int, set[int]]:
    """Return the organisations of the authority that each of these people belongs to on the day."""
    found: dict[int, set[int]] = {person_id: set() for person_id in person_ids}
    rows = db.session.execute(
        select(Membership.person_id, Membership.organisation_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(
            Membership.person_id.in_(person_ids),
            Membership.during.contains(day),
            Organisation.authority_id == authority_id,
        )
    )
    for person_id, organisation_id in rows:
        found[person_id].add(organisation_id)
    return found


def _decided_before(record: TrainingRecord, course_id: int) -> bool:
    """True where a manager has already confirmed what this attendance proposed before it was corrected and
    back.
    """
    return bool(
        db.session.scalar(
            select(
                select(Accreditation.id)
                .join(TrainingRecord, Accreditation.training_record_id == TrainingRecord.id)
                .where(
                    Accreditation.person_id == record.person_id,
                    Accreditation.course_id == course_id,
                    Accreditation.state == AccreditationState.CONFIRMED,
                    TrainingRecord.course_id == record.course_id,
                    TrainingRecord.completed_on == record.completed_on,
                )
                .exists()
            )
        )
    )
