"""One council's invented training sessions since July 2015, and who came to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy.dialects.postgresql import Range

from wrap_portal.attendance.models import Attendance, AttendanceOutcome
from wrap_portal.bookings.models import Booking
from wrap_portal.clock import from_london
from wrap_portal.demonstration.sheet import Sheet
from wrap_portal.records.models import RecordSource, TrainingRecord
from wrap_portal.sessions.models import (
    SessionDate,
    SessionMode,
    SessionState,
    SessionTrainer,
    TrainingSession,
)

HISTORY_STARTS = date(2015, 7, 1)
STARTS_AT = (time(9, 30), time(13, 15), time(15, 45))
SCHOOLS_A_MONTHLY_SESSION = 90
LEFT_EARLY_SHARE = 0.15


@dataclass
class Slot:
    """A session while the history is being made: one date, so many places."""

    session_id: int
    date_id: int
    trainer_row_id: int
    course: str
    day: date
    starts_at: datetime
    capacity: int
    people: set[int] = field(default_factory=set)

    @property
    def has_room(self) -> bool:
        """Whether a place is left."""
        return len(self.people) < self.capacity


@dataclass(frozen=True)
class Member:
    """Somebody who belonged to an organisation, from the first day to the day before `ended_on`."""

    person_id: int
    organisation_id: int
    started_on: date
    ended_on: date | None = None

    def was_there(self, day: date) -> bool:
        """Whether the person belonged to the organisation on a day."""
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)


class Diary:
    """The sessions of one council. Everything random comes from the `random` it is given."""

    def __init__(
        self,
        *,
        sheet: Sheet,
        random: Random,
        authority_id: int,
        courses: dict[str, int],
        minutes: dict[str, int],
        trainer_ids: list[int],
        venue_ids: list[int],
        today: date,
    ) -> None:
        self.sheet = sheet
        self.random = random
        self.authority_id = authority_id
        self.courses = courses
        self._minutes = minutes
        self._trainer_ids = trainer_ids
        self._venue_ids = venue_ids
        self._begins = from_london(datetime.combine(today, time()))
        self._slots: dict[str, list[Slot]] = {}
        self._days: set[date] = set()

    def keep_free(self, days: Iterable[date]) -> None:
        """Leave days to the sessions that must be on them: one trainer team holds one session a day."""
        self._days.update(days)

    def fill(self, *, until: date, schools: int) -> None:
        """Schedule past sessions month by month, except in August: enough for so many schools."""
        a_month = max(1, round(schools / SCHOOLS_A_MONTHLY_SESSION))
        month = HISTORY_STARTS
        while month < until:
            following = (month + timedelta(days=32)).replace(day=1)
            if month.month != 8:
                for course in ("t3", "wrap", "wrap_refresher"):
                    for _ in range(a_month):
                        day = self.free_weekday(month, min(following, until) - timedelta(days=1))
                        if day is not None:
                            self.schedule(
                                course=course,
                                day=day,
                                capacity=self.random.choice((24, 30, 36)),
                            )
            month = following

    def free_weekday(self, earliest: date, latest: date) -> date | None:
        """Return a working day without a session between two dates (both included), or None."""
        days = [earliest + timedelta(days=offset) for offset in range((latest - earliest).days + 1)]
        free = [day for day in days if day.weekday() < 5 and day not in self._days and not at_christmas(day)]
        return self.random.choice(free) if free else None

    def schedule(
        self,
        *,
        course: str,
        day: date,
        capacity: int,
        at: time | None = None,
        link: str | None = None,
        by_first: bool = False,
    ) -> Slot:
        """Put a session in the diary; a link makes it online. Trainers take turns, or it is `by_first`."""
        starts_at = from_london(datetime.combine(day, at or self._usual_time(course)))
        during = Range(starts_at, starts_at + timedelta(minutes=self._minutes[course]), bounds="[)")
        venue_id = None if link else self.random.choice(self._venue_ids)
        session_id = self.sheet.add(
            TrainingSession,
            authority_id=self.authority_id,
            course_id=self.courses[course],
            mode=SessionMode.ONLINE if link else SessionMode.IN_PERSON,
            venue_id=venue_id,
            join_link=link,
            capacity=capacity,
            booked=0,
        )
        date_id = self.sheet.add(
            SessionDate,
            training_session_id=session_id,
            during=during,
            venue_id=venue_id,
            live=True,
        )
        trainer_row_id = self.sheet.add(
            SessionTrainer,
            session_date_id=date_id,
            person_id=self._trainer_ids[0 if by_first else len(self._days) % len(self._trainer_ids)],
            during=during,
            live=True,
        )
        slot = Slot(session_id, date_id, trainer_row_id, course, day, starts_at, capacity)
        self._slots.setdefault(course, []).append(slot)
        self._days.add(day)
        return slot

    def attend(
        self,
        person_id: int,
        organisation_id: int,
        course: str,
        earliest: date,
        latest: date,
    ) -> tuple[date, int] | None:
        """Let a person attend a course between two dates, both included.

        Returns the day and the id of the training record, or None where no session in that time has room.
        """
        open_slots = [
            slot
            for slot in self._slots.get(course, ())
            if earliest <= slot.day <= latest and slot.has_room and person_id not in slot.people
        ]
        if not open_slots:
            return None
        slot = self.random.choice(open_slots)
        return slot.day, self.mark_attended(slot, person_id, organisation_id)

    def book(
        self,
        slot: Slot,
        person_id: int,
        organisation_id: int,
        user_id: int | None = None,
    ) -> None:
        """Give a person a place on a session."""
        slot.people.add(person_id)
        self.sheet.add(
            Booking,
            training_session_id=slot.session_id,
            person_id=person_id,
            organisation_id=organisation_id,
            # Nobody has booked tomorrow: places on a session to come were taken before today.
            booked_at=min(slot.starts_at, self._begins)
            - timedelta(days=self.random.randint(5, 40), minutes=self.random.randint(0, 400)),
            booked_by_user_id=user_id,
        )
        self.sheet.change(TrainingSession, slot.session_id, booked=len(slot.people))

    def mark_attended(self, slot: Slot, person_id: int, organisation_id: int) -> int:
        """Book a person and mark them attended; return the id of the record that this makes."""
        self.book(slot, person_id, organisation_id)
        record_id = self.sheet.add(
            TrainingRecord,
            person_id=person_id,
            course_id=self.courses[slot.course],
            completed_on=slot.day,
            organisation_id=organisation_id,
            source=RecordSource.SESSION,
            recorded_at=slot.starts_at + timedelta(hours=4),
        )
        self._mark(slot, person_id, organisation_id, AttendanceOutcome.ATTENDED, record_id)
        return record_id

    def close_the_past(self, members: list[Member]) -> None:
        """Cancel the past sessions that nobody booked; give the others a few absences."""
        for slots in self._slots.values():
            for slot in slots:
                if not slot.people:
                    self._cancel(slot)
                    continue
                for member in self.random.sample(members, k=2):
                    if slot.has_room and member.person_id not in slot.people and member.was_there(slot.day):
                        self.book(slot, member.person_id, member.organisation_id)
                        left = self.random.random() < LEFT_EARLY_SHARE
                        outcome = AttendanceOutcome.LEFT_EARLY if left else AttendanceOutcome.DID_NOT_ATTEND
                        self._mark(slot, member.person_id, member.organisation_id, outcome, None)

    def _cancel(self, slot: Slot) -> None:
        self.sheet.change(
            TrainingSession,
            slot.session_id,
            state=SessionState.CANCELLED,
            cancelled_at=slot.starts_at - timedelta(days=4),
            cancel_reason="Nobody had booked a place.",
        )
        self.sheet.change(SessionDate, slot.date_id, live=False)
        self.sheet.change(SessionTrainer, slot.trainer_row_id, live=False)

    def _usual_time(self, course: str) -> time:
        # Train-the-trainer takes half a day and starts in the morning.
        return STARTS_AT[0] if course == "t3" else self.random.choice(STARTS_AT)

    def _mark(
        self,
        slot: Slot,
        person_id: int,
        organisation_id: int,
        outcome: AttendanceOutcome,
        record_id: int | None,
    ) -> None:
        self.sheet.add(
            Attendance,
            session_date_id=slot.date_id,
            person_id=person_id,
            organisation_id=organisation_id,
            outcome=outcome,
            training_record_id=record_id,
            marked_at=slot.starts_at + timedelta(hours=4),
        )


def at_christmas(day: date) -> bool:
    """Whether a day is in the weeks in which schools are closed round Christmas."""
    return (day.month, day.day) >= (12, 19) or (day.month, day.day) <= (1, 4)
