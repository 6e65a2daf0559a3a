"""What lies ahead and what waits: coming sessions, a register to take, proposals, and the accounts."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from sqlalchemy.dialects.postgresql import Range

from wrap_portal.accounts.models import Grant, User
from wrap_portal.demonstration.councils import Council
from wrap_portal.demonstration.diary import Diary, Slot
from wrap_portal.demonstration.roll import Roll
from wrap_portal.demonstration.schools import TWO_YEARS, School, at_noon
from wrap_portal.demonstration.sheet import Sheet
from wrap_portal.organisations.models import Organisation, Sector
from wrap_portal.people.models import MemberRole, Person
from wrap_portal.sessions.models import Venue
from wrap_portal.trainers.models import (
    Accreditation,
    AccreditationScope,
    AccreditationState,
    TrainerAccount,
)
from wrap_portal.web.access import Role


@dataclass(frozen=True)
class PreventTeam:
    """The council's own team: its trainers (people) and where they train."""

    organisation_id: int
    trainer_ids: list[int]
    venue_ids: list[int]


def add_prevent_team(
    *,
    sheet: Sheet,
    roll: Roll,
    council: Council,
    authority_id: int,
    courses: dict[str, int],
) -> PreventTeam:
    """Write the team that delivers the training, accredited for the whole area, and its venues."""
    organisation_id = sheet.add(
        Organisation,
        authority_id=authority_id,
        local_code=f"DEMO{council.code}-000",
        name=f"{council.name} Prevent team",
        sector=Sector.COUNCIL,
        category="Prevent team",
        counts=False,
        not_counted_reason="It delivers the training; it is not asked to book it.",
        town=council.name,
    )
    trainer_ids = []
    for _ in range(3):
        person_id = roll.add_person(reachable=True)
        roll.join(person_id, organisation_id, MemberRole.STAFF, date(2015, 1, 5))
        trainer_ids.append(person_id)
        for course in ("wrap", "t3", "wrap_refresher", "members_briefing"):
            sheet.add(
                Accreditation,
                authority_id=authority_id,
                person_id=person_id,
                course_id=courses[course],
                scope=AccreditationScope.AREA,
                during=Range(date(2015, 6, 1), None, bounds="[)"),
                state=AccreditationState.CONFIRMED,
                proposed_at=at_noon(date(2015, 6, 1)),
                decided_at=at_noon(date(2015, 6, 1)),
            )
    venue_ids = [
        sheet.add(
            Venue,
            authority_id=authority_id,
            name=name,
            address=f"{number} Market Square, {council.name}, {council.postcode_area}1 1AA",
            capacity=120,
            access_notes="Step-free entrance; hearing loop; two disabled parking bays.",
        )
        for number, name in (
            (2, "Civic Centre, Committee Room 1"),
            (14, "Central Library, Learning Room"),
            (31, "Old Mill Hall"),
        )
    ]
    return PreventTeam(organisation_id, trainer_ids, venue_ids)


def working_day_before(today: date, days: int) -> date:
    """Return the last working day at least so many days before today."""
    day = today - timedelta(days=days)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return day


def days_with_a_part(today: date) -> list[date]:
    """Return the days on which `Present` puts a session whatever else is in the diary."""
    return [today, working_day_before(today, 2), working_day_before(today, 7)]


class Present:
    """Writes one council's next weeks."""

    def __init__(
        self,
        *,
        sheet: Sheet,
        random: Random,
        authority_id: int,
        diary: Diary,
        schools: list[School],
        today: date,
    ) -> None:
        self.sheet = sheet
        self.random = random
        self.authority_id = authority_id
        self.diary = diary
        self.today = today
        self._booked: set[int] = set()
        self._leads = [
            (school.lead_id, school.organisation_id) for school in schools if school.lead_id is not None
        ]
        self._due = [
            (school.lead_id, school.organisation_id)
            for school in schools
            if school.lead_id is not None and school.story in {"due", "lapsed", "untrained"}
        ]

    def write(self) -> None:
        """Schedule the next two months, leave one register untaken, and propose two accreditations."""
        self._untaken_register()
        self._today()
        self._weeks_ahead()
        self._proposals()

    def _untaken_register(self) -> None:
        slot = self.diary.schedule(
            course="wrap",
            day=working_day_before(self.today, 2),
            capacity=24,
            at=time(13, 15),
            by_first=True,
        )
        self._book_some(slot, self._leads, 14)

    def _today(self) -> None:
        slot = self.diary.schedule(course="wrap", day=self.today, capacity=24, at=time(9, 30), by_first=True)
        self._book_some(slot, self._leads, 18)

    def _weeks_ahead(self) -> None:
        courses = (
            "wrap_refresher",
            "wrap",
            "t3",
            "wrap_refresher",
            "wrap",
            "wrap_refresher",
            "t3",
            "wrap",
        )
        for number, course in enumerate(courses):
            day = self.diary.free_weekday(
                self.today + timedelta(days=4 + 7 * number),
                self.today + timedelta(days=9 + 7 * number),
            )
            if day is not None:
                online = course == "wrap_refresher"
                link = f"https://meet.example/wrap-{number}" if online else None
                slot = self.diary.schedule(
                    course=course,
                    day=day,
                    capacity=16 if number == 1 else 30,
                    link=link,
                )
                people = self._due if course == "wrap_refresher" else self._leads
                self._book_some(slot, people, 16 if number == 1 else self.random.randint(4, 15))

    def _book_some(self, slot: Slot, people: list[tuple[int, int]], places: int) -> None:
        # A lead is booked on one coming session only, and nobody goes twice on a day.
        free = [pair for pair in people if pair[0] not in self._booked]
        for person_id, organisation_id in self.random.sample(free, k=min(places, len(free))):
            self._booked.add(person_id)
            self.diary.book(slot, person_id, organisation_id)

    def _proposals(self) -> None:
        """Let two leads have attended train-the-trainer last week: the manager has to decide."""
        slot = self.diary.schedule(course="t3", day=working_day_before(self.today, 7), capacity=20)
        for person_id, organisation_id in self.random.sample(self._leads, k=2):
            record_id = self.diary.mark_attended(slot, person_id, organisation_id)
            self.sheet.add(
                Accreditation,
                authority_id=self.authority_id,
                person_id=person_id,
                course_id=self.diary.courses["wrap"],
                scope=AccreditationScope.OWN_ORGANISATION,
                organisation_id=organisation_id,
                during=Range(slot.day, slot.day + TWO_YEARS, bounds="[)"),
                state=AccreditationState.PROPOSED,
                training_record_id=record_id,
                proposed_at=at_noon(slot.day),
            )


def add_accounts(
    *,
    sheet: Sheet,
    council: Council,
    authority_id: int,
    team: PreventTeam,
    lead_school: School,
    with_all_roles: bool,
) -> None:
    """Give the council a manager; the first one also a trainer, a lead, a viewer and the administrator."""
    slug = council.name.lower().replace(" ", "-")
    _account(
        sheet,
        f"manager.{slug}",
        f"Prevent manager, {council.name}",
        Role.MANAGER,
        authority_id=authority_id,
    )
    if not with_all_roles:
        return
    trainer = _account(
        sheet,
        f"trainer.{slug}",
        f"Trainer, {council.name}",
        Role.TRAINER,
        authority_id=authority_id,
    )
    sheet.add(TrainerAccount, user_id=trainer, person_id=team.trainer_ids[0])
    lead = _account(
        sheet,
        "lead.school",
        f"Safeguarding lead, {lead_school.name}",
        Role.LEAD,
        organisation_id=lead_school.organisation_id,
    )
    if lead_school.lead_id is not None:
        sheet.add(TrainerAccount, user_id=lead, person_id=lead_school.lead_id)
        sheet.change(Person, lead_school.lead_id, email="lead.school@demonstration.example")
    _account(
        sheet,
        f"viewer.{slug}",
        f"Director (reads only), {council.name}",
        Role.VIEWER,
        authority_id=authority_id,
    )
    _account(sheet, "administrator", "Portal administrator", Role.ADMINISTRATOR)


def _account(sheet: Sheet, mailbox: str, name: str, role: Role, **reach: int) -> int:
    user_id = sheet.add(User, email=f"{mailbox}@demonstration.example", name=name, demonstration=True)
    sheet.add(Grant, user_id=user_id, role=role, **reach)
    return user_id
