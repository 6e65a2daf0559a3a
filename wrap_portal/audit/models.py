"""The table of audit events."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TIMESTAMP

from wrap_portal.extensions import db


class AuditEvent(db.Model):
    """Who did what to which record, and when. Written with the change, never altered."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_subject_type_subject_id", "subject_type", "subject_id"),
        Index("ix_audit_events_authority_id_at", "authority_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))
    actor_id: Mapped[int | None]
    actor_label: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[int | None]
    authority_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
