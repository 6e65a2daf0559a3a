"""Invented schools, the people who lead safeguarding in them, and how they were trained since 2015."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy.dialects.postgresql import Range

from wrap_portal.attendance.models import InHouseSession
from wrap_portal.clock import from_london
from wrap_portal.demonstration.councils import COMMITTEE_DAY, Council
from wrap_portal.demonstration.diary import Diary
from wrap_portal.demonstration.names import school_name
from wrap_portal.demonstration.roll import Roll
from wrap_portal.demonstration.sheet import Sheet
from wrap_portal.organisations.models import Organisation, OrganisationStatus, Sector
from wrap_portal.people.models import MemberRole
from wrap_portal.records.models import (
    HeadcountReturn,
    RecordSource,
    RecordState,
    TrainingRecord,
)
from wrap_portal.trainers.models import (
    Accreditation,
    AccreditationScope,
    AccreditationState,
)

# The schools register hands out five and six digits from 100000; nothing there starts with 9.
FIRST_URN = 900_001
TYPE_OF_CATEGORY = {
    "Primary": 1,
    "Secondary": 34,
    "All-through": 35,
    "Nursery": 15,
    "16 plus": 45,
    "Special": 7,
    "Alternative provision": 42,
    "Independent": 11,
}
NO_PHASE = {"Special", "Alternative provision", "Independent"}

# How the schools of a council stand today: the share of each story.
STORIES = {
    "covered": 0.87,
    "due": 0.045,
    "lapsed": 0.04,
    "vacant": 0.012,
    "untrained": 0.018,
    "claim": 0.015,
}
STEADY_SHARE = 0.7
TWO_YEARS = timedelta(days=730)


@dataclass
class School:
    """A school while its history is being made; a `steady` one refreshes before two years are over."""

    organisation_id: int
    name: str
    opened_on: date | None
    closed_on: date | None
    story: str
    whole_school_2018: bool
    steady: bool
    lead_id: int | None = None

    def starts(self) -> date:
        """Return the first day of its story here."""
        return self.opened_on or date(2012, 9, 1)


class SchoolHistories:
    """Writes the schools of one council and their eleven years."""

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
        first_urn: int,
    ) -> None:
        self.sheet = sheet
        self.random = random
        self.council = council
        self.authority_id = authority_id
        self.ward_codes = ward_codes
        self.diary = diary
        self.roll = roll
        self.today = today
        self.next_urn = first_urn
        self.names: set[str] = set()
        self._accreditations: dict[int, int] = {}

    def write(self) -> list[School]:
        """Write every school with its people and evidence; return those that are open today."""
        schools = list(self._schools())
        for school in schools:
            if school.story == "new":
                self._untrained_lead(school, school.starts())
            else:
                self._history(school)
            self._other_staff(school)
        return [school for school in schools if school.closed_on is None]

    def accredit_lead(self, school: School) -> None:
        """Let the school's lead deliver in the own school for two years from now on."""
        if school.lead_id is not None:
            self._accreditation(school, school.lead_id, self.today)

    def _schools(self) -> Iterator[School]:
        categories = [category for category, count in self.council.schools.items() for _ in range(count)]
        self.random.shuffle(categories)
        categories += ["Primary"] * self.council.closed_since
        since = set(range(self.council.opened_since))
        stood_in_2018 = [number for number in range(len(categories)) if number not in since]
        whole_school = set(self.random.sample(stood_in_2018, k=self.council.whole_school_2018))
        for number, category in enumerate(categories):
            closes = number >= self.council.schools_today
            opened_on = self._opening_day(number) if number in since else None
            closed_on = date(self.random.randint(2019, self.today.year - 1), 8, 31) if closes else None
            story = self._story(number, opened_on, closed_on)
            yield self._school(category, opened_on, closed_on, story, number in whole_school)

    def _opening_day(self, number: int) -> date:
        # The first of them opened this term and has not been trained yet.
        if number == 0:
            return self.today - timedelta(days=self.random.randint(30, 80))
        return date(self.random.randint(2018, self.today.year - 2), 9, 1)

    def _story(self, number: int, opened_on: date | None, closed_on: date | None) -> str:
        if closed_on is not None:
            return "covered"
        if opened_on is not None and number == 0:
            return "new"
        return self.random.choices(list(STORIES), weights=list(STORIES.values()))[0]

    def _school(
        self,
        category: str,
        opened_on: date | None,
        closed_on: date | None,
        story: str,
        whole_school: bool,
    ) -> School:
        name = school_name(self.random, category)
        while name in self.names:
            name = school_name(self.random, category)
        self.names.add(name)
        urn, self.next_urn = self.next_urn, self.next_urn + 1
        organisation_id = self.sheet.add(
            Organisation,
            authority_id=self.authority_id,
            urn=urn,
            name=name,
            sector=Sector.SCHOOL,
            category=category,
            counts=True,
            status=OrganisationStatus.CLOSED if closed_on else OrganisationStatus.OPEN,
            opened_on=opened_on,
            closed_on=closed_on,
            establishment_type_code=TYPE_OF_CATEGORY[category],
            phase="Not applicable" if category in NO_PHASE else category,
            ward_code=self.random.choice(self.ward_codes),
            street=f"{self.random.randint(1, 180)} School Lane",
            town=self.council.name,
            postcode=f"{self.council.postcode_area}{self.random.randint(1, 28)} "
            f"{self.random.randint(1, 9)}{self.random.choice('ABDEFGH')}{self.random.choice('JLNPQRS')}",
        )
        steady = self.random.random() < STEADY_SHARE
        return School(organisation_id, name, opened_on, closed_on, story, whole_school, steady)

    # The safeguarding lead: first trained as a trainer, then refreshed or replaced every two years or so.

    def _history(self, school: School) -> None:
        last_day = school.closed_on or self.today
        if school.opened_on is None:
            began, first = self._first_lead_before_committee_day(school)
        else:
            began = school.starts()
            first = self._train(school, "wrap", began, began + timedelta(days=75))
        lead_id, trained_on = first
        earliest, latest = self._final_window(school, last_day)
        while earliest - trained_on > timedelta(days=540):
            # Two years less a term, or when somebody notices that they are over.
            days = (640, 722) if school.steady else (735, 900)
            window = (trained_on + timedelta(days=days[0]), trained_on + timedelta(days=days[1]))
            if window[1] >= earliest - timedelta(days=200):
                break
            lead_id, began, trained_on = self._next_training(school, lead_id, began, *window)
            self._whole_school_training(school, lead_id, trained_on)
        earliest = max(
            earliest,
            trained_on + timedelta(days=60),
            COMMITTEE_DAY + timedelta(days=20),
        )
        if latest > earliest:
            lead_id, began, trained_on = self._next_training(school, lead_id, began, earliest, latest)
        if self.random.random() < 0.8:
            self._whole_school_training(school, lead_id, trained_on)
        self._end_of_story(school, lead_id, began, trained_on)

    def _first_lead_before_committee_day(self, school: School) -> tuple[date, tuple[int, date]]:
        """Give the school the lead who was trained when the committee asked, and its whole-school session."""
        began = date(self.random.randint(2012, 2015), 9, 1)
        lead_id, trained_on = self._train(school, "t3", date(2016, 7, 4), date(2017, 11, 15))
        if school.whole_school_2018:
            earliest = max(trained_on + timedelta(days=21), date(2016, 9, 5))
            self._in_house(school, lead_id, earliest, COMMITTEE_DAY - timedelta(days=4))
        return began, (lead_id, trained_on)

    def _train(self, school: School, course: str, earliest: date, latest: date) -> tuple[int, date]:
        """Find a new lead a place on a course; returns the person and the day."""
        person_id = self.roll.add_person(reachable=True)
        return person_id, self._attend(person_id, school, course, earliest, latest)

    def _attend(self, person_id: int, school: School, course: str, earliest: date, latest: date) -> date:
        attended = self.diary.attend(person_id, school.organisation_id, course, earliest, latest)
        if attended is None:
            # Full or none held: the trainer came to the school.
            day = earliest + timedelta(days=self.random.randint(0, max(0, (latest - earliest).days)))
            self._record(person_id, school, course, day, RecordSource.SESSION)
            return day
        return attended[0]

    def _final_window(self, school: School, last_day: date) -> tuple[date, date]:
        """Return between which days the last training falls, for the school to stand as its story says."""
        days = {
            "covered": (640, 30),
            "due": (728, 676),
            "lapsed": (900, 735),
            "vacant": (600, 200),
            "untrained": (1000, 500),
            "claim": (1100, 800),
        }[school.story]
        return last_day - timedelta(days=days[0]), last_day - timedelta(days=days[1])

    def _next_training(
        self, school: School, lead_id: int, began: date, earliest: date, latest: date
    ) -> tuple[int, date, date]:
        """Refresh the lead, or hand over to somebody who is trained soon after: (lead, began, day)."""
        if self.random.random() < 0.3:
            person_id = self.roll.add_person(reachable=True)
            trained_on = self._attend(person_id, school, "wrap", earliest, latest)
            handover = max(
                began + timedelta(days=30),
                trained_on - timedelta(days=self.random.randint(3, 45)),
            )
            self._end_of_role(school, lead_id, began, handover)
            return person_id, handover, max(trained_on, handover)
        return (
            lead_id,
            began,
            self._attend(lead_id, school, "wrap_refresher", earliest, latest),
        )

    def _end_of_role(self, school: School, lead_id: int, began: date, ended_on: date | None) -> None:
        self.roll.join(lead_id, school.organisation_id, MemberRole.DSL, began, ended_on)

    def _end_of_story(self, school: School, lead_id: int, began: date, trained_on: date) -> None:
        left = self.today - timedelta(days=self.random.randint(6, 70))
        if school.closed_on is not None:
            self._end_of_role(school, lead_id, began, school.closed_on)
        elif school.story == "vacant":
            self._end_of_role(school, lead_id, began, left)
        elif school.story in {"untrained", "claim"}:
            self._end_of_role(school, lead_id, began, left)
            person_id = self._untrained_lead(school, left)
            if school.story == "claim":
                self._claim(school, person_id)
        else:
            self._end_of_role(school, lead_id, began, None)
            school.lead_id = lead_id
            self._yearly_learning(school, lead_id, max(began, trained_on))

    def _untrained_lead(self, school: School, began: date) -> int:
        person_id = self.roll.add_person(reachable=True)
        self._end_of_role(school, person_id, began, None)
        school.lead_id = person_id
        return person_id

    def _yearly_learning(self, school: School, lead_id: int, since: date) -> None:
        for course, share, months in (
            ("annual_update", 0.8, 11),
            ("referrals", 0.65, 22),
        ):
            if self.random.random() < share:
                day = self.today - timedelta(days=self.random.randint(5, months * 30))
                self._record(lead_id, school, course, max(day, since), RecordSource.E_LEARNING)

    def _claim(self, school: School, person_id: int) -> None:
        day = self.today - timedelta(days=self.random.randint(120, 500))
        self.sheet.add(
            TrainingRecord,
            person_id=person_id,
            course_id=self.diary.courses["wrap"],
            completed_on=day,
            organisation_id=school.organisation_id,
            source=RecordSource.CLAIM,
            state=RecordState.UNVERIFIED,
            provider=self.random.choice(
                (
                    "Northmoor County Council",
                    "Westvale Academies Trust",
                    "Lowfell Borough Council",
                )
            ),
            proof=f"Certificate {self.random.randint(10_000, 99_999)}",
            recorded_at=at_noon(self.today - timedelta(days=self.random.randint(1, 20))),
        )

    # Training of the whole school, by the lead, after being accredited for it.

    def _whole_school_training(self, school: School, lead_id: int, trained_on: date) -> None:
        if self.random.random() < (0.75 if school.steady else 0.2):
            latest = min(trained_on + timedelta(days=100), self.today - timedelta(days=2))
            earliest = max(trained_on + timedelta(days=20), COMMITTEE_DAY + timedelta(days=30))
            if school.closed_on is not None:
                latest = min(latest, school.closed_on - timedelta(days=1))
            if earliest <= latest:
                self._in_house(school, lead_id, earliest, latest)

    def _in_house(self, school: School, lead_id: int, earliest: date, latest: date) -> None:
        held_on = earliest + timedelta(days=self.random.randint(0, (latest - earliest).days))
        headcount = self.random.randint(12, 90)
        accreditation_id = self._accreditation(school, lead_id, held_on)
        return_id = self.sheet.add(
            HeadcountReturn,
            organisation_id=school.organisation_id,
            course_id=self.diary.courses["wrap"],
            held_on=held_on,
            headcount=headcount,
            recorded_at=at_noon(held_on),
        )
        self.sheet.add(
            InHouseSession,
            organisation_id=school.organisation_id,
            course_id=self.diary.courses["wrap"],
            accreditation_id=accreditation_id,
            held_on=held_on,
            course_version="1",
            headcount_return_id=return_id,
            logged_at=at_noon(held_on),
        )

    def _accreditation(self, school: School, lead_id: int, held_on: date) -> int:
        """Return the lead's accreditation, lengthened so that it covers the day and two years more."""
        until = held_on + TWO_YEARS
        known = self._accreditations.get(lead_id)
        if known is not None:
            row = self.sheet.row(Accreditation, known)
            lower = min(row["during"].lower, held_on - timedelta(days=10))
            row["during"] = Range(lower, max(row["during"].upper, until), bounds="[)")
            return known
        began = held_on - timedelta(days=self.random.randint(8, 14))
        number = self.sheet.add(
            Accreditation,
            authority_id=self.authority_id,
            person_id=lead_id,
            course_id=self.diary.courses["wrap"],
            scope=AccreditationScope.OWN_ORGANISATION,
            organisation_id=school.organisation_id,
            during=Range(began, until, bounds="[)"),
            state=AccreditationState.CONFIRMED,
            proposed_at=at_noon(began),
            decided_at=at_noon(began),
        )
        self._accreditations[lead_id] = number
        return number

    # Everybody else: a deputy and a handful of staff, with e-learning. Before the committee day only schools
    # that had trained their whole staff have any, so that the published figure comes out.

    def _other_staff(self, school: School) -> None:
        roles = [MemberRole.DEPUTY_DSL] if self.random.random() < 0.6 else []
        roles += self.random.choices(
            (
                MemberRole.TEACHING_STAFF,
                MemberRole.SUPPORT_STAFF,
                MemberRole.SENIOR_LEADER,
                MemberRole.GOVERNOR,
            ),
            weights=(5, 3, 1, 1),
            k=self.random.randint(3, 7),
        )
        for role in roles:
            began = max(
                school.starts(),
                date(self.random.randint(2014, self.today.year - 1), 9, 1),
            )
            ended_on = school.closed_on
            if ended_on is None and began.year < self.today.year and self.random.random() < 0.15:
                ended_on = date(self.random.randint(began.year + 1, self.today.year), 7, 20)
            if ended_on is not None and ended_on <= began:
                continue
            person_id = self.roll.add_member(school.organisation_id, role, began, ended_on)
            if school.story not in {"new", "vacant", "claim"} and self.random.random() < 0.82:
                self._staff_training(school, person_id, began, ended_on or self.today)

    def _staff_training(self, school: School, person_id: int, began: date, last_day: date) -> None:
        earliest = began if school.whole_school_2018 else max(began, COMMITTEE_DAY + timedelta(days=20))
        lapsed = school.story == "lapsed" or self.random.random() < 0.1
        day = last_day - timedelta(
            days=self.random.randint(740, 900) if lapsed else self.random.randint(20, 640)
        )
        while day > earliest:
            came = self.random.random() < 0.2 and self.diary.attend(
                person_id,
                school.organisation_id,
                "wrap",
                max(earliest, day - timedelta(days=60)),
                day,
            )
            if not came:
                self._record(person_id, school, "awareness", day, RecordSource.E_LEARNING)
            if not school.steady:
                break
            day -= timedelta(days=self.random.randint(600, 800))

    def _record(
        self,
        person_id: int,
        school: School,
        course: str,
        day: date,
        source: RecordSource,
    ) -> None:
        self.sheet.add(
            TrainingRecord,
            person_id=person_id,
            course_id=self.diary.courses[course],
            completed_on=day,
            organisation_id=school.organisation_id,
            source=source,
            recorded_at=at_noon(day),
        )


def at_noon(day: date) -> datetime:
    """Return noon in London on a day, as the moment when something was written down."""
    return from_london(datetime.combine(day, time(12, 0)))
