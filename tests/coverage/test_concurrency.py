"""Changes at the same time: what both do is in the spans, whoever commits first, and nobody waits long."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count
from threading import Barrier
from typing import Any, TypeVar

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories.courses import make_course
from tests.factories.coverage import make_requirement, without_default_requirements
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_declared_headcount, make_membership, make_person
from tests.factories.records import make_headcount, make_record
from tests.support.databases import OwnDatabase
from wrap_portal.courses.models import Course
from wrap_portal.coverage import service
from wrap_portal.coverage.models import Measure, Requirement
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import MemberRole, Person
from wrap_portal.transaction import committed

Result = TypeVar("Result")
A_DAY = date(2026, 1, 5)
ROUNDS = 80


class Actor:
    """Somebody with a connection of their own, who does one thing after another."""

    def __init__(self, app: Flask) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._context = app.app_context()
        self.do(self._context.push)

    def do(self, work: Callable[[], Result]) -> Result:
        """Does it and waits for it, but not for ever."""
        return self.start(work).result(timeout=30)

    def start(self, work: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Begins it and does not wait."""
        return self._thread.submit(work, *arguments)

    def commit(self) -> None:
        """Ends the transaction as `committed()` does."""
        self.do(lambda: (db.session.flush(), service.refresh_stale(), db.session.commit()))

    def leave(self) -> None:
        self.do(lambda: (db.session.rollback(), self._context.pop()))
        self._thread.shutdown()


class Place:
    """What two actors change: rows by their ids, because objects belong to one connection."""

    def __init__(self) -> None:
        without_default_requirements()
        authority, course, briefing = make_authority(), make_course(), make_course()
        self.requirement = make_requirement(courses=[course]).id
        make_requirement(courses=[briefing], measure=Measure.ANY)
        self.authority, self.course, self.briefing = authority.id, course.id, briefing.id
        self.turns = count()
        self.school, self.person = make_organisation(authority).id, make_person(authority).id

    def join(self) -> None:
        make_membership(
            db.session.get_one(Organisation, self.school), db.session.get_one(Person, self.person)
        )

    def train(self) -> None:
        person = db.session.get_one(Person, self.person)
        make_record(person, db.session.get_one(Course, self.course), completed_on=A_DAY)

    def train_unnamed(self) -> None:
        school = db.session.get_one(Organisation, self.school)
        briefing = db.session.get_one(Course, self.briefing)
        make_headcount(school, briefing, held_on=A_DAY + timedelta(days=next(self.turns)))

    def require(self) -> int:
        courses = [db.session.get_one(Course, number) for number in (self.course, self.briefing)]
        authority = db.session.get_one(Authority, self.authority)
        return make_requirement(authority, courses=courses, measure=Measure.ANY, months=12).id

    def spans(self) -> list[Any]:
        found = db.session.execute(
            text("SELECT requirement_id, lower(during), upper(during) FROM coverage_spans ORDER BY 1, 2")
        )
        return [tuple(row) for row in found]


@pytest.fixture
def place(own_database: OwnDatabase) -> Iterator[Place]:
    with own_database.app.app_context():
        with committed():
            place = Place()
        yield place


@pytest.fixture
def actors(own_database: OwnDatabase) -> Iterator[tuple[Actor, Actor]]:
    actors = Actor(own_database.app), Actor(own_database.app)
    yield actors
    for actor in actors:
        actor.leave()


@pytest.fixture(params=[0, 1], ids=["the first commits first", "the second commits first"])
def order(request: pytest.FixtureRequest) -> tuple[int, int]:
    return (0, 1) if request.param == 0 else (1, 0)


@pytest.fixture(
    params=[
        ("join", "train"),
        ("train", "join"),
        ("train_unnamed", "train_unnamed"),
        ("require", "train_unnamed"),
    ],
    ids=" then ".join,
)
def first_and_second(request: pytest.FixtureRequest) -> tuple[str, str]:
    names: tuple[str, str] = request.param
    return names


def test_who_joins_and_is_trained_at_once_covers(
    place: Place, actors: tuple[Actor, Actor], order: tuple[int, int]
) -> None:
    actors[0].do(place.join)
    actors[1].do(place.train)
    for number in order:
        actors[number].commit()
    assert place.spans() == [(place.requirement, A_DAY, date(2028, 1, 6))]
    assert service.rebuild_differences() == []


def test_a_new_requirement_reaches_evidence_that_came_at_once(
    place: Place, actors: tuple[Actor, Actor], order: tuple[int, int]
) -> None:
    number = actors[0].do(place.require)
    actors[1].do(lambda: (place.join(), place.train()))
    for each in order:
        actors[each].commit()
    assert place.spans() == [
        (place.requirement, A_DAY, date(2028, 1, 6)),
        (number, A_DAY, date(2027, 1, 6)),
    ]
    assert service.rebuild_differences() == []


def test_a_school_closes_while_its_first_evidence_comes(
    place: Place, actors: tuple[Actor, Actor], order: tuple[int, int]
) -> None:
    def close() -> None:
        db.session.get_one(Organisation, place.school).closed_on = date(2026, 9, 1)
        db.session.flush()

    actors[0].do(close)
    actors[1].do(lambda: (place.join(), place.train()))
    for number in order:
        actors[number].commit()
    assert place.spans() == [(place.requirement, A_DAY, date(2026, 9, 1))]
    assert service.rebuild_differences() == []


def test_who_comes_second_waits_until_the_first_has_committed(
    place: Place, actors: tuple[Actor, Actor], first_and_second: tuple[str, str]
) -> None:
    """The first has worked its spans out but not committed: neither would see what the other did."""
    first, second = (getattr(place, name) for name in first_and_second)
    actors[0].do(lambda: (first(), service.refresh_stale()))
    actors[1].do(second)
    waiting = actors[1].start(lambda: (service.refresh_stale(), db.session.commit()))
    with pytest.raises(TimeoutError):
        waiting.result(timeout=0.5)
    actors[0].do(lambda: db.session.commit())
    waiting.result(timeout=30)
    assert service.rebuild_differences() == []
    assert place.spans()


def test_those_who_change_something_else_do_not_wait(place: Place, actors: tuple[Actor, Actor]) -> None:
    with committed():
        elsewhere = Place()
    actors[0].do(lambda: (place.join(), service.refresh_stale()))
    actors[1].do(lambda: (elsewhere.join(), elsewhere.train_unnamed()))
    actors[1].commit()
    actors[0].commit()
    assert service.rebuild_differences() == []


def test_a_large_change_and_small_ones_take_turns(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is above the limit locks all spans; the others wait and then see it."""
    monkeypatch.setattr(service, "MOST_SINGLE_LOCKS", 3)
    assert_random_pairs_end_well(own_database, rounds=ROUNDS // 3, rules=True)


def test_random_pairs_of_changes_end_as_a_rebuild_would(own_database: OwnDatabase) -> None:
    assert_random_pairs_end_well(own_database, rounds=ROUNDS, rules=False)


def assert_random_pairs_end_well(own_database: OwnDatabase, *, rounds: int, rules: bool) -> None:
    """Two at a time change the same few schools and people, and commit at the same moment."""
    chance = random.Random(20261123)
    with own_database.app.app_context():
        with committed():
            crowd = Crowd(rules)
        barrier = Barrier(2)
        actors = Actor(own_database.app), Actor(own_database.app)
        for number in range(rounds):
            done = [
                actor.start(crowd.change, random.Random(chance.random()), side, barrier)
                for side, actor in enumerate(actors)
            ]
            for each in done:
                each.result(timeout=30)
            if number % 10 == 9:
                assert service.rebuild_differences() == []
                db.session.rollback()
        for actor in actors:
            actor.leave()
        assert service.rebuild_differences() == []
        assert db.session.scalar(text("SELECT count(*) FROM coverage_spans"))


class Crowd:
    """A few schools and people whom everybody changes."""

    def __init__(self, rules: bool) -> None:
        without_default_requirements()
        self.changes = [self.join, self.join, self.train, self.train, self.close, self.declare]
        self.changes += [self.rule] if rules else []
        self.authority = make_authority().id
        authority = db.session.get_one(Authority, self.authority)
        courses = [make_course(), make_course()]
        self.courses = [course.id for course in courses]
        self.requirements = [
            make_requirement(courses=courses, measure=measure, months=6).id for measure in Measure
        ]
        self.schools = [make_organisation(authority).id for _ in range(6)]
        self.people = [make_person(authority).id for _ in range(4)]
        self.turns = count()

    def change(self, chance: random.Random, side: int, barrier: Barrier) -> None:
        """Change some things in any order, wait until the other has too, and commit.

        Arguments: `side`, 0 or 1. A school or requirement is changed by one side only: two changes of one row
        wait for each other in any database, whatever becomes of the spans.
        """
        try:
            for _ in range(chance.randint(1, 4)):
                chance.choice(self.changes)(chance, side)
        finally:
            barrier.wait(timeout=30)
        service.refresh_stale()
        db.session.commit()

    def join(self, chance: random.Random, side: int) -> None:
        # Forty days each, no two at once: the same role twice would be refused.
        started_on = A_DAY + timedelta(days=40 * next(self.turns))
        make_membership(
            db.session.get_one(Organisation, chance.choice(self.schools)),
            db.session.get_one(Person, chance.choice(self.people)),
            role=chance.choice([MemberRole.DSL, MemberRole.GOVERNOR]),
            started_on=started_on,
            ended_on=started_on + timedelta(days=40),
        )

    def train(self, chance: random.Random, side: int) -> None:
        make_record(
            db.session.get_one(Person, chance.choice(self.people)),
            db.session.get_one(Course, chance.choice(self.courses)),
            completed_on=A_DAY + timedelta(days=40 * next(self.turns) + chance.randrange(40)),
        )

    def close(self, chance: random.Random, side: int) -> None:
        school = db.session.get_one(Organisation, chance.choice(self.schools[side::2]))
        school.closed_on = A_DAY + timedelta(days=chance.randrange(10_000))
        db.session.flush()

    def declare(self, chance: random.Random, side: int) -> None:
        make_declared_headcount(
            db.session.get_one(Organisation, chance.choice(self.schools)),
            declared_on=A_DAY + timedelta(days=next(self.turns)),
            headcount=chance.randint(0, 3),
        )

    def rule(self, chance: random.Random, side: int) -> None:
        requirement = db.session.get_one(Requirement, self.requirements[side])
        requirement.months = chance.randint(1, 12)
        db.session.flush()
