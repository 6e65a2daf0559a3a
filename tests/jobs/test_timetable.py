"""When the clock looks, on ordinary days and on those on which clocks change (quality.md Q3)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from wrap_portal import clock
from wrap_portal.jobs.ticking import make_scheduler, trigger_of
from wrap_portal.jobs.timetable import Job, init_timetable, timetable

AUTUMN, SPRING, PLAIN = datetime(2026, 10, 25), datetime(2027, 3, 28), datetime(2026, 11, 24)


def nothing() -> Mapping[str, int]:
    return {}


def job(minutes: int = 1, hours: range = range(0, 24)) -> Job:
    return Job(name="do-nothing", purpose="Does nothing.", minutes=minutes, run=nothing, hours=hours)


def looks(job: Job, day: datetime) -> list[datetime]:
    """Every moment of that London day at which the clock looks."""
    trigger = trigger_of(job)
    moment = clock.from_london(day)
    end = clock.from_london(day + timedelta(days=1))
    found: list[datetime] = []
    last = None
    while True:
        last = trigger.get_next_fire_time(last, moment if last is None else last + timedelta(microseconds=1))
        if last is None or last >= end:
            return found
        found.append(last.astimezone(UTC))


@pytest.mark.parametrize(("day", "hours"), [(PLAIN, 24), (AUTUMN, 25), (SPRING, 23)])
def test_trigger_of_a_job_of_all_hours_looks_evenly_through_every_change(day: datetime, hours: int) -> None:
    found = looks(job(5), day)
    assert len(found) == hours * 12
    assert {later - earlier for earlier, later in zip(found, found[1:], strict=False)} == {
        timedelta(minutes=5)
    }


@pytest.mark.parametrize("day", [PLAIN, AUTUMN, SPRING])
def test_trigger_of_a_job_of_some_hours_looks_at_each_once_in_london_time(day: datetime) -> None:
    found = looks(job(60, range(7, 20)), day)
    assert [clock.to_london(moment).hour for moment in found] == list(range(7, 20))


def test_make_scheduler_drops_no_run_and_lets_none_pile_up(app: Flask) -> None:
    scheduler = make_scheduler(app, [job(), Job("do-more", "Does more.", 60, nothing, range(7, 20))], set())
    scheduler.start(paused=True)
    try:
        for each in scheduler.get_jobs():
            assert (each.misfire_grace_time, each.coalesce, each.max_instances) == (None, True, 1)
            # Due at once, whatever the hour.
            assert each.next_run_time <= datetime.now(UTC)
        assert len(scheduler.get_jobs()) == 2
    finally:
        scheduler.shutdown(wait=False)


def test_job_refuses_the_hour_in_which_clocks_change() -> None:
    with pytest.raises(ValueError, match="01:00"):
        job(60, range(0, 7))


@pytest.mark.parametrize("minutes", [0, 7, 61, 120])
def test_job_refuses_minutes_that_are_no_part_of_an_hour(minutes: int) -> None:
    with pytest.raises(ValueError, match="part of an hour"):
        job(minutes)


@pytest.mark.parametrize(
    ("minutes", "hours", "words"),
    [
        (1, range(0, 24), "every minute"),
        (15, range(0, 24), "every 15 minutes"),
        (60, range(7, 20), "every 60 minutes from 07:00 to 20:00"),
        (60, range(3, 4), "daily at 03:00"),
    ],
)
def test_when_says_it_in_words(minutes: int, hours: range, words: str) -> None:
    assert job(minutes, hours).when == words


def test_init_timetable_refuses_two_jobs_of_one_name() -> None:
    with pytest.raises(ValueError, match="same name"):
        init_timetable(Flask("test"), (job(), job()))


def test_every_job_has_a_name_in_the_imperative_and_a_sentence(app: Flask) -> None:
    with app.app_context():
        jobs = timetable()
    assert "send-queued-messages" in jobs
    for name, each in jobs.items():
        assert name == name.lower() and "-" in name and "_" not in name
        assert each.purpose.endswith(".")
