"""The edge of a change: everything inside `committed()` happens, or nothing does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import IntegrityError

from wrap_portal.errors import refusal_for
from wrap_portal.extensions import db

_before_commit: list[Callable[[], None]] = []


def before_commit(work: Callable[[], None]) -> None:
    """Register work that belongs to every change, done in its transaction just before the commit.

    The composition root registers it; the same function registered twice runs once.
    """
    if work not in _before_commit:
        _before_commit.append(work)


@contextmanager
def committed() -> Iterator[None]:
    """Commit what the block did, or roll all of it back and let the exception through.

    Used by routes, jobs and commands only; services flush and never commit. Raises DomainError where the
    database refuses by a constraint that a room has put into words (`errors.register_refusals`).
    """
    try:
        yield
        db.session.flush()
        for work in _before_commit:
            work()
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        broken = error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None
        refusal = refusal_for(broken)
        if refusal is None:
            raise
        raise refusal from error
    except BaseException:
        db.session.rollback()
        raise


@contextmanager
def kept_if(wanted: bool) -> Iterator[None]:
    """Do what the block does, in the database too, and undo it unless it is wanted.

    For answers that must take the same time whether or not there was anything to do.
    """
    with db.session.begin_nested() as savepoint:
        yield
        db.session.flush()
        if not wanted:
            savepoint.rollback()
