"""Reads of the job runs."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from wrap_portal.extensions import db
from wrap_portal.jobs.models import JobRun


def last_runs() -> Mapping[str, JobRun]:
    """Return the latest run of each job by its name."""
    newest_first = (JobRun.name, JobRun.started_at.desc(), JobRun.id.desc())
    statement = select(JobRun).ext(distinct_on(JobRun.name)).order_by(*newest_first)
    return {run.name: run for run in db.session.scalars(statement)}
