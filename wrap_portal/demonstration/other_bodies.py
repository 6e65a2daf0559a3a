"""The invented bodies beside schools: councillors, health, colleges, early years, departments and others."""

from datetime import date, timedelta
from random import Random

from wrap_portal.coverage.models import Measure, Requirement, requirement_courses
from wrap_portal.demonstration.councils import MEMBERS_DAY, MEMBERS_TRAINED, Council
from wrap_portal.demonstration.diary import Diary
from wrap_portal.demonstration.names import PARTIES, place_name
from wrap_portal.demonstration.roll import Roll
from wrap_portal.demonstration.schools import at_noon
from wrap_portal.demonstration.sheet import Sheet
from wrap_portal.organisations.models import Organisation, Sector
from wrap_portal.people.models import DeclaredHeadcount, MemberRole
from wrap_portal.records.models import RecordSource, TrainingRecord

BRIEFING_DAYS = (
    date(2019, 6, 18),
    date(2021, 6, 22),
    date(2023, 6, 13),
    date(2024, 6, 18),
    date(2025, 6, 17),
)
PRACTICE_ENDINGS = ("Surgery", "Medical Centre", "Health Centre")
ELECTION_YEARS = (2018, 2019, 2021, 2022, 2023, 2024, 2026)


class OtherBodies:
    """Writes the bodies of one council that are not schools, with their people and evidence."""

    def __init__(
        self,
        *,
        sheet: Sheet,
        random: Random,
        council: Council,
        authority_id: int,
        ward_codes: list[str],
        diary: Diary,
        roll: Roll,
        today: date,
    ) -> None:
        self.sheet = sheet
        self.random = random
        self.council = council
        self.authority_id = authority_id
        self.ward_codes = ward_codes
        self.diary = diary
        self.roll = roll
        self.today = today
        self._local_number = 0

    def write(self) -> None:
        """Write them all."""
        self._elected_members()
        self._health()
        for number in range(2):
            self._staffed(
                Sector.FURTHER_EDUCATION,
                "College",
                f"{place_name(self.random)} College",
                14,
                0.95 - number / 4,
            )
        for _ in range(6):
            name = f"{place_name(self.random)} Day Nursery"
            self._staffed(
                Sector.EARLY_YEARS,
                "Nursery setting",
                name,
                4,
                0.85,
                lead=MemberRole.DSL,
            )
        for department in (
            "Children's Services",
            "Adult Social Care",
            "Housing",
            "Libraries and Community Centres",
        ):
            self._staffed(
                Sector.COUNCIL,
                "Department",
                f"{self.council.name} {department}",
                18,
                0.9,
            )
        for _ in range(2):
            name = f"{place_name(self.random)} Facilities Ltd"
            self._staffed(
                Sector.CONTRACTOR,
                "Contractor",
                name,
                8,
                0.7,
                role=MemberRole.CONTRACTOR,
            )

    def _organisation(self, sector: Sector, category: str, name: str, *, ods_code: str | None = None) -> int:
        self._local_number += 1
        return self.sheet.add(
            Organisation,
            authority_id=self.authority_id,
            ods_code=ods_code,
            local_code=None if ods_code else f"DEMO{self.council.code}-{self._local_number:03d}",
            name=name,
            sector=sector,
            category=category,
            counts=True,
            town=self.council.name,
        )

    def _staffed(
        self,
        sector: Sector,
        category: str,
        name: str,
        staff: int,
        trained: float,
        *,
        role: MemberRole = MemberRole.STAFF,
        lead: MemberRole | None = None,
    ) -> int:
        organisation_id = self._organisation(sector, category, name)
        for number in range(staff):
            member_role = lead if lead and number == 0 else role
            began = date(
                self.random.randint(2015, self.today.year - 1),
                self.random.randint(1, 12),
                1,
            )
            person_id = self.roll.add_member(organisation_id, member_role, began)
            if self.random.random() < trained:
                self._learn(person_id, organisation_id, "awareness", 22)
        return organisation_id

    def _learn(self, person_id: int, organisation_id: int, course: str, months: int) -> None:
        """Let somebody have completed e-learning within so many months."""
        day = self.today - timedelta(days=self.random.randint(10, months * 30))
        while day > date(2016, 1, 1):
            self._record(person_id, organisation_id, course, day, RecordSource.E_LEARNING)
            day -= timedelta(days=self.random.randint(660, 760))

    def _record(
        self,
        person_id: int,
        organisation_id: int,
        course: str,
        day: date,
        source: RecordSource,
    ) -> None:
        self.sheet.add(
            TrainingRecord,
            person_id=person_id,
            course_id=self.diary.courses[course],
            completed_on=day,
            organisation_id=organisation_id,
            source=source,
            recorded_at=at_noon(day),
        )

    # Health: a trust and GP practices, measured by the share of people in date.

    def _health(self) -> None:
        trust = self._organisation(
            Sector.HEALTH,
            "NHS trust",
            f"{place_name(self.random)} NHS Foundation Trust",
            ods_code=f"Z{self.council.code}",
        )
        self._lead(trust)
        for number in range(60):
            role = MemberRole.CLINICAL if number % 3 else MemberRole.NON_CLINICAL
            person_id = self.roll.add_member(trust, role, date(self.random.randint(2014, 2024), 4, 1))
            if self.random.random() < 0.88:
                self._learn(
                    person_id,
                    trust,
                    "wrap" if role is MemberRole.CLINICAL else "staff_briefing",
                    34,
                )
                self._learn(person_id, trust, "awareness", 34)
        for number in range(self.council.practices):
            name = f"{place_name(self.random)} {self.random.choice(PRACTICE_ENDINGS)}"
            code = f"Z{self.council.code}{number:02d}"
            practice = self._organisation(Sector.HEALTH, "GP practice", name, ods_code=code)
            self._lead(practice)
            share = self.random.choice((1.0, 1.0, 0.9, 0.9, 0.75))
            for place in range(self.random.randint(5, 11)):
                role = MemberRole.CLINICAL if place % 2 else MemberRole.NON_CLINICAL
                person_id = self.roll.add_member(practice, role, date(self.random.randint(2014, 2024), 4, 1))
                if self.random.random() < share:
                    self._learn(person_id, practice, "awareness", 34)
            if number == 0:
                self.sheet.add(
                    DeclaredHeadcount,
                    organisation_id=practice,
                    declared_on=date(self.today.year, 1, 5),
                    headcount=14,
                )

    def _lead(self, organisation_id: int) -> None:
        person_id = self.roll.add_person(reachable=True)
        self.roll.join(person_id, organisation_id, MemberRole.PREVENT_LEAD, date(2019, 4, 1))
        self._learn(person_id, organisation_id, "wrap", 20)
        self._learn(person_id, organisation_id, "awareness", 20)

    # Councillors: seats by ward, elections that change a third of them, a briefing in most years.

    def _elected_members(self) -> None:
        members = self._organisation(
            Sector.ELECTED_MEMBERS,
            "Council members",
            f"Elected members of {self.council.name}",
        )
        seats = [self._seat(members, number) for number in range(self.council.seats)]
        self._briefing(members, seats, MEMBERS_DAY, MEMBERS_TRAINED)
        for day in BRIEFING_DAYS:
            self._briefing(
                members,
                seats,
                day,
                round(self.council.seats * self.random.uniform(0.55, 0.8)),
            )
        if self.council.members_months is not None:
            recent = self.diary.free_weekday(self.today - timedelta(days=80), self.today - timedelta(days=50))
            if recent is not None:
                self._briefing(members, seats, recent, round(self.council.seats * 0.7))
            self._own_requirement(self.council.members_months)

    def _seat(self, organisation_id: int, number: int) -> list[tuple[int, date, date | None]]:
        """Fill one seat through the elections; returns who held it: (person, from, until)."""
        ward_code = self.ward_codes[number % len(self.ward_codes)]
        holders: list[tuple[int, date, date | None]] = []
        began = date(2014, 5, 26)
        person_id = self.roll.add_person(reachable=True)
        for year in (*ELECTION_YEARS, None):
            if year is not None and date(year, 5, 8) > self.today:
                continue
            if year is None or self.random.random() < 1 / 3:
                ended_on = None if year is None else date(year, 5, 8)
                self.roll.join(
                    person_id,
                    organisation_id,
                    MemberRole.ELECTED_MEMBER,
                    began,
                    ended_on,
                    ward_code=ward_code,
                    political_group=self.random.choices(PARTIES, weights=(4, 4, 2, 1))[0],
                )
                holders.append((person_id, began, ended_on))
                if ended_on is not None:
                    began, person_id = ended_on, self.roll.add_person(reachable=True)
        return holders

    def _briefing(
        self,
        organisation_id: int,
        seats: list[list[tuple[int, date, date | None]]],
        day: date,
        come: int,
    ) -> None:
        there = [
            person_id
            for seat in seats
            for person_id, began, ended_on in seat
            if began <= day and (ended_on is None or day < ended_on)
        ]
        slot = self.diary.schedule(course="members_briefing", day=day, capacity=len(there))
        for person_id in self.random.sample(there, k=min(come, len(there))):
            self.diary.mark_attended(slot, person_id, organisation_id)

    def _own_requirement(self, months: int) -> None:
        """Give the council its own rule for members, in the place of the default one."""
        requirement_id = self.sheet.add(
            Requirement,
            authority_id=self.authority_id,
            code="elected_members",
            name="Elected members, yearly",
            measure=Measure.SHARE,
            months=months,
            target_percent=100,
            near_percent=75,
            threshold_percent=85,
            sectors=[Sector.ELECTED_MEMBERS.value],
            categories=None,
            roles=[MemberRole.ELECTED_MEMBER.value],
            source=f"{self.council.name} council minutes: members are trained annually",
        )
        for code in ("members_briefing", "wrap"):
            self.sheet.link(
                requirement_courses,
                requirement_id=requirement_id,
                course_id=self.diary.courses[code],
            )
