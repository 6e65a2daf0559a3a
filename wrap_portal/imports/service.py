"""Verbs of staged imports: keep what a file says until somebody confirms it, then let it go."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wrap_portal import clock
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.imports.models import ImportBatch, ImportState


def stage_batch(
    *,
    kind: str,
    authority_id: int,
    file_name: str,
    file_sha256: str,
    register_date: date,
    rows: Sequence[Mapping[str, Any]],
    problems: Sequence[Mapping[str, Any]],
    counts: Mapping[str, Any],
    user_id: int | None,
) -> ImportBatch:
    """Keep what a file says of an authority, ready to be applied.

    Arguments: `kind`, which register it is; `rows`, what confirming needs, as JSON; `problems`, what is
    wrong with the file's rows, as JSON; `counts`, what else is known of the file, as JSON; `user_id`, who
    staged it.
    """
    batch = ImportBatch(
        kind=kind,
        authority_id=authority_id,
        file_name=file_name,
        file_sha256=file_sha256,
        register_date=register_date,
        state=ImportState.STAGED,
        rows=[dict(row) for row in rows],
        problems=[dict(problem) for problem in problems],
        counts=dict(counts),
        staged_at=clock.now(),
        staged_by_user_id=user_id,
    )
    db.session.add(batch)
    db.session.flush()
    return batch


def take_batch(*, import_batch_id: int) -> ImportBatch:
    """Return a batch that waits to be confirmed, held until the end of the transaction.

    Two clicks cannot apply it twice: the second waits, and is refused. Raises DomainError where the batch was
    applied or put aside meanwhile.
    """
    batch = db.session.get(ImportBatch, import_batch_id, with_for_update=True, populate_existing=True)
    if batch is None or batch.state is not ImportState.STAGED:
        became = "imported" if batch is not None and batch.state is ImportState.APPLIED else "put aside"
        raise DomainError(f"This file was {became} already. Nothing more was changed.")
    return batch


def mark_applied(*, batch: ImportBatch, user_id: int | None) -> None:
    """Say that a batch has been written; its rows are let go."""
    batch.state = ImportState.APPLIED
    batch.applied_at = clock.now()
    batch.applied_by_user_id = user_id
    batch.rows = []
    db.session.flush()


def discard_batch(*, import_batch_id: int) -> ImportBatch:
    """Put a batch aside and let its rows go. Raises DomainError where it no longer waits."""
    batch = take_batch(import_batch_id=import_batch_id)
    batch.state = ImportState.DISCARDED
    batch.rows = []
    db.session.flush()
    return batch
