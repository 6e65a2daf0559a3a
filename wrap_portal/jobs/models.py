"""The table of job runs."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TIMESTAMP

from wrap_portal.extensions import db, enum_column


class JobOutcome(StrEnum):
    """How a run ended; `running` is one that has not, or that was killed."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class JobRun(db.Model):
    """One run of a job, by the clock or by hand, with what it counted."""

    __tablename__ = "job_runs"
    __table_args__ = (
        CheckConstraint("(outcome = 'running') = (finished_at IS NULL)", name="finished"),
        Index("ix_job_runs_name_started_at", "name", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    outcome: Mapped[JobOutcome] = mapped_column(enum_column(JobOutcome, "outcome"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    error: Mapped[str | None]
