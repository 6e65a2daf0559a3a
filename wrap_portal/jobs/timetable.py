"""The timetable: what runs when. A room exports its jobs, `app.py` joins them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, current_app


@dataclass(frozen=True)
class Job:
    """A piece of due work that the clock, or a person, starts by name.

    Arguments: `name`, imperative with hyphens, the same word in the log, the command line and JobRun;
    `purpose`, one sentence for people; `minutes`, how often the clock looks, counted from local midnight;
    `run`, does whatever is due now and returns what it counted. `run` commits its own work and is harmless
    when nothing is due, when it runs twice and when two processes run it at once (architecture.md 7).
    """

    name: str
    purpose: str
    minutes: int
    run: Callable[[], Mapping[str, int]]


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
