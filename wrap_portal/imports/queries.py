"""Reads of staged imports."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wrap_portal.extensions import db
from wrap_portal.imports.models import ImportBatch, ImportState


@dataclass(frozen=True)
class WaitingBatch:
    """A batch that waits to be confirmed, without its rows."""

    import_batch_id: int
    authority_id: int
    file_name: str
    register_date: date
    staged_at: datetime


def get_batch(import_batch_id: int, kind: str, authority_ids: Collection[int] | None) -> ImportBatch | None:
    """Return a batch of a kind of register; None where it is of none of these authorities (None: any)."""
    batch = db.session.get(ImportBatch, import_batch_id)
    if batch is None or batch.kind != kind:
        return None
    return batch if authority_ids is None or batch.authority_id in authority_ids else None


def waiting_batches(kind: str, authority_ids: Collection[int]) -> list[WaitingBatch]:
    """Return the batches that wait to be confirmed in these authorities, the latest first."""
    rows = db.session.execute(
        select(
            ImportBatch.id,
            ImportBatch.authority_id,
            ImportBatch.file_name,
            ImportBatch.register_date,
            ImportBatch.staged_at,
        )
        .where(
            ImportBatch.kind == kind,
            ImportBatch.state == ImportState.STAGED,
            ImportBatch.authority_id.in_(authority_ids),
        )
        .order_by(ImportBatch.staged_at.desc(), ImportBatch.id.desc())
    )
    return [WaitingBatch(*row) for row in rows]
