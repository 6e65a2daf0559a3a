"""The timetable: what runs when. A room exports its jobs, `app.py` joins them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, current_app

ALL_HOURS = range(0, 24)
# London clocks change then: a time in this hour comes twice in October, and not at all in March (quality.md
# Q3).
CLOCK_CHANGE_HOUR = 1


@dataclass(frozen=True)
class Job:
    """A piece of due work that the clock, or a person, starts by name.

    Arguments: `name`, imperative with hyphens, the same word in the log, the command line and JobRun;
    `purpose`, one sentence for people; `minutes`, how often the clock looks, a part of an hour (1 to 60);
    `run`, does whatever is due now and returns what it counted; `hours`, the London hours in which the clock
    looks at all. A person can start it at any time. `run` commits its own work and is harmless when nothing
    is due, when it runs twice and when two processes run it at once (architecture.md 7).
    Raises ValueError where the hours begin or end in the hour in which clocks change, or the minutes are no
    part of an hour.
    """

    name: str
    purpose: str
    minutes: int
    run: Callable[[], Mapping[str, int]]
    hours: range = ALL_HOURS

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= 60 or 60 % self.minutes:
            raise ValueError(f"{self.name}: {self.minutes} minutes is no part of an hour")
        if self.hours != ALL_HOURS and CLOCK_CHANGE_HOUR in self.hours:
            raise ValueError(f"{self.name}: nothing is planned between 01:00 and 02:00")

    @property
    def when(self) -> str:
        """When the clock looks, in words."""
        often = "every minute" if self.minutes == 1 else f"every {self.minutes} minutes"
        if self.hours == ALL_HOURS:
            return often
        if len(self.hours) == 1 and self.minutes == 60:
            return f"daily at {self.hours.start:02}:00"
        return f"{often} from {self.hours.start:02}:00 to {self.hours.stop:02}:00"


def init_timetable(app: Flask, jobs: tuple[Job, ...]) -> None:
    """Keep the application's jobs where commands and the clock find them. Names must be unique."""
    timetable = {job.name: job for job in jobs}
    if len(timetable) != len(jobs):
        raise ValueError("Two jobs have the same name.")
    app.extensions["timetable"] = timetable


def timetable() -> Mapping[str, Job]:
    """Return the jobs of the current application by name."""
    jobs: Mapping[str, Job] = current_app.extensions["timetable"]
    return jobs
