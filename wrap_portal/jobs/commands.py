"""The terminal commands of the clock."""

import click
from flask import current_app

from wrap_portal.jobs.models import JobOutcome, JobRun
from wrap_portal.jobs.queries import last_runs
from wrap_portal.jobs.running import run_job
from wrap_portal.jobs.ticking import tick_until_stopped
from wrap_portal.jobs.timetable import timetable
from wrap_portal.terminal import CommandGroup
from wrap_portal.wording import period_text

jobs = CommandGroup("jobs", help="The clock and its jobs.")


@jobs.command("list")
def list_jobs() -> None:
    """List every job: when the clock looks, what it is for, and how its last run ended."""
    runs = last_runs()
    for job in timetable().values():
        click.echo(f"{job.name}\n  {job.when}\n  {job.purpose}\n  last run: {_last_run(runs.get(job.name))}")


def _last_run(run: JobRun | None) -> str:
    if run is None:
        return "never"
    counted = ", ".join(f"{name} {number}" for name, number in run.counts.items())
    return " - ".join(part for part in (period_text(run.started_at), run.outcome, counted, run.error) if part)


@jobs.command("run")
@click.argument("name")
def run(name: str) -> None:
    """Run the job NAME now, whatever the hour."""
    job = timetable().get(name)
    if job is None:
        raise click.ClickException(f"There is no job {name!r}. The jobs are: {', '.join(timetable())}.")
    finished = run_job(job)
    if finished.outcome is JobOutcome.FAILED:
        raise click.ClickException(f"{name} failed. {finished.error}")
    click.echo(f"{name}: {', '.join(f'{count} {number}' for count, number in finished.counts.items())}")


@jobs.command("start")
def start() -> None:
    """Be the clock: run every job at its times until stopped. A second one waits to take over."""
    tick_until_stopped(current_app._get_current_object(), say=click.echo)  # type: ignore[attr-defined]
