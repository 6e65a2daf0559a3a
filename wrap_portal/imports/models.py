"""The table of staged imports."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TIMESTAMP

from wrap_portal.extensions import db, enum_column


class ImportState(StrEnum):
    """Previewed and waiting, applied, or put aside."""

    STAGED = "staged"
    APPLIED = "applied"
    DISCARDED = "discarded"


class ImportBatch(db.Model):
    """A file that somebody uploaded, parsed and previewed, with the rows that confirming it will write.

    `rows` is the parsed content for the chosen authorities; it is emptied when the batch is applied or
    discarded.
    """

    __tablename__ = "import_batches"
    __table_args__ = (
        CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="applied"),
        Index("ix_import_batches_authority_id_staged_at", "authority_id", "staged_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    authority_id: Mapped[int]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    register_date: Mapped[date]
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState, "state"))
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    staged_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    staged_by_user_id: Mapped[int | None]
    applied_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    applied_by_user_id: Mapped[int | None]
