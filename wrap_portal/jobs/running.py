"""Running one job: whatever happens inside, its run is on record and nothing gets out."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, update

from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.jobs.models import JobOutcome, JobRun
from wrap_portal.jobs.timetable import Job
from wrap_portal.transaction import committed

log = logging.getLogger(__name__)

RUNS_KEPT = timedelta(days=30)
LONGEST_ERROR = 500


@dataclass(frozen=True)
class Finished:
    """How a run ended: what it counted, or why it failed."""

    outcome: JobOutcome
    counts: Mapping[str, int]
    error: str | None = None


def run_job(job: Job) -> Finished:
    """Run a job now and write down the run (JobRun). Never raises: a job that fails is logged and recorded.

    A process that is killed leaves a run that says `running`.
    """
    run_id: int | None = None
    try:
        run_id = _begin(job)
        counts = dict(job.run())
    except Exception as error:
        log.exception("job %s failed", job.name)
        db.session.rollback()
        words = f"{type(error).__name__}: {error}"[:LONGEST_ERROR].replace("\x00", "")
        finished = Finished(JobOutcome.FAILED, {}, words)
    else:
        level = logging.INFO if any(counts.values()) else logging.DEBUG
        log.log(level, "job %s succeeded: %s", job.name, counts)
        finished = Finished(JobOutcome.SUCCEEDED, counts)
    try:
        _end(run_id, finished)
    except Exception:
        # The database itself is away; the run stays `running`, and the clock goes on.
        log.exception("run of job %s not recorded", job.name)
        db.session.rollback()
    return finished


def _begin(job: Job) -> int:
    now = clock.now()
    with committed():
        db.session.execute(delete(JobRun).where(JobRun.name == job.name, JobRun.started_at < now - RUNS_KEPT))
        values = {"name": job.name, "started_at": now, "outcome": JobOutcome.RUNNING}
        run_id = db.session.scalars(insert(JobRun).values(values).returning(JobRun.id)).one()
    return run_id


def _end(run_id: int | None, finished: Finished) -> None:
    if run_id is None:
        return
    values: dict[str, Any] = {
        "outcome": finished.outcome,
        "finished_at": clock.now(),
        "counts": dict(finished.counts),
        "error": finished.error,
    }
    with committed():
        db.session.execute(update(JobRun).where(JobRun.id == run_id).values(values))
