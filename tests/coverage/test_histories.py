"""Whatever happens, in whatever order: the spans are what the evidence says, and the figures are right.

Each history is a list of random changes to a small world. Every change goes to the database and to a plain
model of it (tests/coverage/plain.py), and the spans are refreshed after each, as a commit would. At the end
the stored spans must be what a rebuild makes, and every figure what the plain model counts.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.coverage.plain import (
    PlainMembership,
    PlainOrganisation,
    PlainRecord,
    PlainRequirement,
    PlainReturn,
    PlainWorld,
)
from wrap_portal.coverage import queries, service
from wrap_portal.extensions import db

HISTORIES, STEPS = 200, 30

ROLES = ["dsl", "deputy_dsl", "teaching_staff"]
SECTORS = ["school", "council"]
CATEGORIES = ["Primary", "Secondary"]
# Few and awkward days, so that changes meet: ends of months, the leap day, ends of academic years, and
# neighbours.
DAYS = [
    date(year, month, day)
    for year in (2023, 2024, 2025)
    for month, day in [
        (1, 31),
        (2, 28),
        (3, 1),
        (5, 31),
        (6, 30),
        (8, 30),
        (8, 31),
        (9, 1),
        (11, 30),
        (12, 31),
    ]
] + [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 1)]
DAYS.sort()
LAST = len(DAYS) - 1
THRESHOLDS = [33, 50, 67, 85, 100]


class History:
    """One world twice: in the database and in plain Python. Every step takes numbers and makes of them what
    it can."""

    def __init__(self, start: "Start") -> None:
        self.people, self.courses, self.authorities = start.people, start.courses, start.authorities
        self.world = PlainWorld()
        for number, organisation in start.organisations.items():
            self.world.organisations[number] = PlainOrganisation(**organisation)
        for number, requirement in start.requirements.items():
            self.world.requirements[number] = PlainRequirement(**deepcopy(requirement))

    def run(self, steps: list[tuple[int, int, int, int, int]]) -> None:
        for kind, *numbers in steps:
            STEPS_BY_NUMBER[kind](self, *numbers)
            if numbers[3] % 3:  # some commits hold more than one change
                service.refresh_stale()
        service.refresh_stale()

    # who works where

    def join(self, a: int, b: int, c: int, d: int) -> None:
        person, organisation, role = _pick(self.people, a), self._organisation(b), _pick(ROLES, a + b)
        started_on = DAYS[c]
        ended_on = None if d % 3 == 0 else DAYS[min(c + 1 + d, LAST)]
        if ended_on == started_on or self._overlaps(person, organisation, role, started_on, ended_on):
            return
        number = _insert(
            "INSERT INTO memberships (person_id, organisation_id, role, during)"
            " VALUES (:person, :organisation, :role, daterange(:started, :ended)) RETURNING id",
            person=person,
            organisation=organisation,
            role=role,
            started=started_on,
            ended=ended_on,
        )
        self.world.memberships[number] = PlainMembership(person, organisation, role, started_on, ended_on)

    def _overlaps(self, person: int, organisation: int, role: str, start: date, end: date | None) -> bool:
        return any(
            (m.person, m.organisation, m.role) == (person, organisation, role)
            and (end is None or m.started_on < end)
            and (m.ended_on is None or start < m.ended_on)
            for m in self.world.memberships.values()
        )

    def leave(self, a: int, b: int, c: int, d: int) -> None:
        for number, membership in self._some(self.world.memberships, a):
            ended_on = DAYS[c]
            if ended_on <= membership.started_on or (membership.ended_on and membership.ended_on < ended_on):
                return
            _execute(
                "UPDATE memberships SET during = daterange(lower(during), :ended) WHERE id = :number",
                ended=ended_on,
                number=number,
            )
            membership.ended_on = ended_on

    def never_was_there(self, a: int, b: int, c: int, d: int) -> None:
        for number, _ in self._some(self.world.memberships, a):
            _execute("DELETE FROM memberships WHERE id = :number", number=number)
            del self.world.memberships[number]

    def worked_elsewhere(self, a: int, b: int, c: int, d: int) -> None:
        for number, m in self._some(self.world.memberships, a):
            organisation = self._organisation(b)
            if self._overlaps(m.person, organisation, m.role, m.started_on, m.ended_on):
                return
            _execute(
                "UPDATE memberships SET organisation_id = :organisation WHERE id = :number",
                organisation=organisation,
                number=number,
            )
            m.organisation = organisation

    # who is trained

    def train(self, a: int, b: int, c: int, d: int) -> None:
        self._record(a, b, c, "session", "accepted")

    def claim(self, a: int, b: int, c: int, d: int) -> None:
        person, course, completed_on = _pick(self.people, a), _pick(self.courses, b), DAYS[c]
        same = (person, course, completed_on)
        if all((r.person, r.course, r.completed_on) != same for r in self.world.records.values()):
            self._record(a, b, c, "claim", "unverified")

    def _record(self, a: int, b: int, c: int, source: str, state: str) -> None:
        person, course, completed_on = _pick(self.people, a), _pick(self.courses, b), DAYS[c]
        number = _insert(
            "INSERT INTO training_records"
            " (person_id, course_id, completed_on, source, state, provider, proof)"
            " VALUES (:person, :course, :completed, :source, :state, 'Elsewhere', 'Seen') RETURNING id",
            person=person,
            course=course,
            completed=completed_on,
            source=source,
            state=state,
        )
        self.world.records[number] = PlainRecord(person, course, completed_on, state)

    def accept(self, a: int, b: int, c: int, d: int) -> None:
        self._decide(a, "unverified", "accepted")

    def reject(self, a: int, b: int, c: int, d: int) -> None:
        self._decide(a, "unverified", "rejected")

    def void(self, a: int, b: int, c: int, d: int) -> None:
        self._decide(a, "accepted", "voided")

    def _decide(self, a: int, before: str, after: str) -> None:
        waiting = {n: r for n, r in self.world.records.items() if r.state == before}
        for number, record in self._some(waiting, a):
            _execute(
                "UPDATE training_records SET state = :state, decided_at = now(), decision_reason = 'Seen'"
                " WHERE id = :number",
                state=after,
                number=number,
            )
            record.state = after

    def was_someone_else(self, a: int, b: int, c: int, d: int) -> None:
        sessions = {n: r for n, r in self.world.records.items() if r.state in {"accepted", "voided"}}
        for number, record in self._some(sessions, a):
            person = _pick(self.people, b)
            same = (person, record.course, record.completed_on)
            if any((r.person, r.course, r.completed_on) == same for r in self.world.records.values()):
                return
            _execute(
                "UPDATE training_records SET person_id = :person WHERE id = :number",
                person=person,
                number=number,
            )
            record.person = person

    def train_unnamed(self, a: int, b: int, c: int, d: int) -> None:
        organisation, course = self._organisation(a), _pick(self.courses, b)
        number = _insert(
            "INSERT INTO headcount_returns (organisation_id, course_id, held_on, headcount)"
            " VALUES (:organisation, :course, :held, 7) RETURNING id",
            organisation=organisation,
            course=course,
            held=DAYS[c],
        )
        self.world.returns[number] = PlainReturn(organisation, course, DAYS[c])

    def void_unnamed(self, a: int, b: int, c: int, d: int) -> None:
        for number, held in self._some({n: h for n, h in self.world.returns.items() if not h.voided}, a):
            _execute(
                "UPDATE headcount_returns SET voided_at = now(), void_reason = 'Slip' WHERE id = :number",
                number=number,
            )
            held.voided = True

    def declare(self, a: int, b: int, c: int, d: int) -> None:
        organisation, headcount = self._organisation(a), b % 5
        _execute(
            "INSERT INTO declared_headcounts (organisation_id, declared_on, headcount)"
            " VALUES (:organisation, :declared, :headcount)"
            " ON CONFLICT (organisation_id, declared_on) DO UPDATE SET headcount = excluded.headcount",
            organisation=organisation,
            declared=DAYS[c],
            headcount=headcount,
        )
        self.world.headcounts[organisation, DAYS[c]] = headcount

    # what counts

    def close(self, a: int, b: int, c: int, d: int) -> None:
        number = self._organisation(a)
        organisation = self.world.organisations[number]
        organisation.closed_on = None if d % 3 == 0 else DAYS[max(c, 6)]
        if (
            organisation.opened_on
            and organisation.closed_on
            and organisation.opened_on > organisation.closed_on
        ):
            organisation.opened_on = organisation.closed_on
        self._update_organisation(number)

    def open(self, a: int, b: int, c: int, d: int) -> None:
        number = self._organisation(a)
        organisation = self.world.organisations[number]
        organisation.opened_on = None if d % 3 == 0 else DAYS[min(c, 20)]
        if (
            organisation.opened_on
            and organisation.closed_on
            and organisation.opened_on > organisation.closed_on
        ):
            organisation.closed_on = None
        self._update_organisation(number)

    def reclassify(self, a: int, b: int, c: int, d: int) -> None:
        number = self._organisation(a)
        organisation = self.world.organisations[number]
        organisation.category = _pick(CATEGORIES, b)
        organisation.sector = _pick(SECTORS, c)
        organisation.counts = d % 5 != 0
        organisation.status = "proposed_to_open" if d % 7 == 0 else "open"
        self._update_organisation(number)

    def _update_organisation(self, number: int) -> None:
        o = self.world.organisations[number]
        _execute(
            "UPDATE organisations SET sector = :sector, category = :category, counts = :counts,"
            " status = :status, not_counted_reason = 'Left out', opened_on = :opened, closed_on = :closed"
            " WHERE id = :number",
            sector=o.sector,
            category=o.category,
            counts=o.counts,
            status=o.status,
            opened=o.opened_on,
            closed=o.closed_on,
            number=number,
        )

    # what is asked

    def require(self, a: int, b: int, c: int, d: int) -> None:
        authority = [None, *self.authorities][a % (len(self.authorities) + 1)]
        code = f"rule_{b % 4}"
        if any((r.authority, r.code) == (authority, code) for r in self.world.requirements.values()):
            return
        requirement = PlainRequirement(
            authority=authority,
            code=code,
            measure=_pick(["lead", "any", "share"], c),
            months=1 + (b * 5 + d) % 14,
            basis="academic_year" if d % 3 == 1 else "rolling",
            sectors=[_pick(SECTORS, d)] if a % 2 else SECTORS,
            categories=[_pick(CATEGORIES, c)] if b % 3 == 0 else None,
            roles=["dsl", "deputy_dsl"],
            courses={_pick(self.courses, a), _pick(self.courses, d)},
        )
        if requirement.measure != "lead" and d % 2:
            requirement.roles = None
        if requirement.measure == "share":
            requirement.threshold = _pick(THRESHOLDS, d)
        self.world.requirements[insert_requirement(requirement)] = requirement

    def change_requirement(self, a: int, b: int, c: int, d: int) -> None:
        for number, requirement in self._some(self.world.requirements, a):
            requirement.months = 1 + (b * 5 + c) % 14
            _execute(
                "UPDATE requirements SET months = :months WHERE id = :number",
                months=requirement.months,
                number=number,
            )

    def accept_course(self, a: int, b: int, c: int, d: int) -> None:
        for number, requirement in self._some(self.world.requirements, a):
            course = _pick(self.courses, b)
            if course in requirement.courses:
                requirement.courses.discard(course)
                _execute(
                    "DELETE FROM requirement_courses WHERE requirement_id = :number AND course_id = :course",
                    number=number,
                    course=course,
                )
            else:
                requirement.courses.add(course)
                _execute(
                    "INSERT INTO requirement_courses VALUES (:number, :course)", number=number, course=course
                )

    def drop_requirement(self, a: int, b: int, c: int, d: int) -> None:
        for number, _ in self._some(self.world.requirements, a):
            _execute("DELETE FROM requirement_courses WHERE requirement_id = :number", number=number)
            _execute("DELETE FROM requirements WHERE id = :number", number=number)
            del self.world.requirements[number]

    def _organisation(self, a: int) -> int:
        return _pick(list(self.world.organisations), a)

    @staticmethod
    def _some(things: dict[int, Any], a: int) -> Iterator[tuple[int, Any]]:
        """One of these things, or none where there are none."""
        if things:
            number = _pick(list(things), a)
            yield number, things[number]


Step = Callable[[History, int, int, int, int], None]
# What happens often stands here more than once.
STEPS_BY_NUMBER: list[Step] = [
    History.join, History.join, History.join, History.join, History.leave, History.leave,
    History.never_was_there, History.worked_elsewhere,
    History.train, History.train, History.train, History.train, History.claim, History.claim, History.accept,
    History.reject, History.void, History.was_someone_else,
    History.train_unnamed, History.void_unnamed, History.declare, History.declare,
    History.close, History.open, History.reclassify,
    History.require, History.change_requirement, History.accept_course, History.drop_requirement,
]  # fmt: skip


class Start:
    """The world that every history starts from, made once."""

    def __init__(self) -> None:
        for table in ("refresher_reminders", "requirement_courses", "requirements"):
            _execute(f"DELETE FROM {table}")  # noqa: S608
        self.authorities = [
            _insert(
                "INSERT INTO authorities (code, name) VALUES (:code, :name) RETURNING id",
                code=code,
                name=name,
            )
            for code, name in [("101", "Northshire"), ("102", "Southshire")]
        ]
        self.courses = [
            _insert(
                "INSERT INTO courses (code, name, mode, duration_minutes)"
                " VALUES (:code, :code, 'workshop', 60) RETURNING id",
                code=f"history_course_{number}",
            )
            for number in range(3)
        ]
        self.people = [
            _insert(
                "INSERT INTO people (authority_id, name) VALUES (:authority, :name) RETURNING id",
                authority=self.authorities[0],
                name=f"Person {number}",
            )
            for number in range(4)
        ]
        self.organisations = {}
        for number in range(4):
            values = {
                "authority": self.authorities[number % 2],
                "sector": SECTORS[number == 3],
                "category": CATEGORIES[number // 2],
            }
            key = _insert(
                "INSERT INTO organisations (authority_id, sector, category, name, local_code)"
                " VALUES (:authority, :sector, :category, :name, :name) RETURNING id",
                name=f"History {number}",
                **values,
            )
            self.organisations[key] = values
        self.requirements = {}
        for number, (measure, authority, months, roles) in enumerate(
            [
                ("lead", None, 12, ["dsl", "deputy_dsl"]),
                ("any", None, 6, None),
                ("share", None, 9, None),
                ("any", self.authorities[1], 3, None),
            ]
        ):
            values = {
                "authority": authority,
                "code": f"rule_{number % 3 if authority is None else 1}",
                "measure": measure,
                "months": months,
                "basis": "rolling",
                "sectors": ["school"],
                "categories": None,
                "roles": roles,
                "courses": set(self.courses[:2]),
                "threshold": 50 if measure == "share" else None,
            }
            self.requirements[insert_requirement(PlainRequirement(**values))] = values
        service.refresh_stale()


def insert_requirement(requirement: PlainRequirement) -> int:
    number = _insert(
        "INSERT INTO requirements (authority_id, code, name, measure, basis, months, target_percent,"
        " near_percent, threshold_percent, sectors, categories, roles, source)"
        " VALUES (:authority, :code, :code, :measure, :basis, :months, 100, 90, :threshold, :sectors,"
        " :categories, :roles, 'A test') RETURNING id",
        authority=requirement.authority,
        code=requirement.code,
        measure=requirement.measure,
        basis=requirement.basis,
        months=requirement.months,
        threshold=requirement.threshold,
        sectors=requirement.sectors,
        categories=requirement.categories,
        roles=requirement.roles,
    )
    for course in requirement.courses:
        _execute("INSERT INTO requirement_courses VALUES (:number, :course)", number=number, course=course)
    return number


def _insert(statement: str, **values: Any) -> int:
    return db.session.execute(text(statement), values).scalar_one()


def _execute(statement: str, **values: Any) -> None:
    db.session.execute(text(statement), values)


def _pick(things: list[Any], number: int) -> Any:
    return things[number % len(things)]


@pytest.fixture
def start(db_session: Any) -> Start:
    start = Start()
    db.session.commit()
    return start


def small(highest: int) -> st.SearchStrategy[int]:
    return st.integers(0, highest)


A_STEP = st.tuples(small(len(STEPS_BY_NUMBER) - 1), small(11), small(11), small(LAST), small(20))


@settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(A_STEP, min_size=STEPS, max_size=STEPS),
    days=st.lists(st.sampled_from(DAYS), min_size=4, max_size=4, unique=True),
)
def test_spans_and_figures_follow_from_any_history(
    start: Start, steps: list[tuple[int, int, int, int, int]], days: list[date]
) -> None:
    history = History(start)
    try:
        history.run(steps)
        assert service.rebuild_differences() == []
        assert_spans_are_right(history.world)
        for authority in start.authorities:
            assert_figures_are_right(history.world, authority, sorted(days))
    finally:
        db.session.rollback()


def assert_spans_are_right(world: PlainWorld) -> None:
    """On each of the days, exactly those are in date and covered who should be, with claims and without."""
    of_members = _stored("SELECT requirement_id, membership_id, during, by_claim FROM member_spans")
    of_organisations = _stored("SELECT requirement_id, organisation_id, during, by_claim FROM coverage_spans")
    for day in days_to_look_at(world):
        assert _holding(of_members, day) == set(world.members_in_date(day)), day
        assert _holding(of_organisations, day) == set(world.covered(day)), day


def days_to_look_at(world: PlainWorld) -> list[date]:
    """The awkward days, and some of those on which training runs out or has just run out."""
    last_days = {
        requirement.last_valid_day(record.completed_on) + timedelta(days=later)
        for requirement in world.requirements.values()
        for record in world.records.values()
        for later in (0, 1)
    }
    return DAYS + sorted(last_days)[:20]


def _stored(statement: str) -> list[Any]:
    return list(db.session.execute(text(statement)))


def _holding(spans: list[Any], day: date) -> set[tuple[int, int, bool]]:
    return {(requirement, key, by_claim) for requirement, key, during, by_claim in spans if day in during}


def assert_figures_are_right(world: PlainWorld, authority: int, days: list[date]) -> None:
    standing = world.standing_requirements(authority)
    asked = queries.requirements(authority)
    assert {requirement.id for requirement in asked} == set(standing)
    figures = queries.figures(asked, authority, days)
    for requirement in asked:
        expected = [world.counts(standing[requirement.id], authority, day) for day in days]
        found = [figures[requirement.id, day] for day in days]
        assert [(f.denominator, f.covered, f.covered_with_claims) for f in found] == expected
    for requirement in asked[:1]:
        expected = [world.counts(standing[requirement.id], authority, day) for day in days]
        points = queries.trend_on(requirement.id, authority, days)
        assert [(p.denominator, p.covered, p.covered_with_claims) for p in points] == expected
        gap = queries.gap_list(requirement, authority, days[0])
        assert len(gap) == expected[0][0] - expected[0][1]
