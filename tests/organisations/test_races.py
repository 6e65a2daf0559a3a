"""Two at once: what the locks and constraints are for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from tests.factories.imports import make_import_batch
from tests.factories.organisations import make_authority
from tests.support.databases import OwnDatabase
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.organisations import register_service, service
from wrap_portal.organisations.models import Organisation, RegisterEdition, Sector
from wrap_portal.transaction import committed

AT_ONCE = 6


def at_once(own_database: OwnDatabase, work: Callable[[int], None]) -> list[str]:
    """Do it in several transactions at the same moment; return how each ended."""
    barrier = Barrier(AT_ONCE)

    def one(number: int) -> str:
        with own_database.app.app_context():
            barrier.wait(10)
            try:
                with committed():
                    work(number)
            except DomainError as refusal:
                return refusal.sentence
            return "done"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(one, range(AT_ONCE)))


def test_of_many_confirmations_of_a_file_one_is_carried_out(own_database: OwnDatabase) -> None:
    with own_database.app.app_context(), committed():
        batch_id = make_import_batch().id

    ends = at_once(
        own_database,
        lambda number: register_service.confirm_schools(import_batch_id=batch_id, user_id=number),
    )

    refused = "This file was imported already. Nothing more was changed."
    assert ends == [refused] * (AT_ONCE - 1) + ["done"]
    with own_database.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RegisterEdition)) == 1
        assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_two_files_for_one_authority_are_applied_one_after_the_other(own_database: OwnDatabase) -> None:
    """Each holds the same new school: without the lock all but one would break on its URN."""
    with own_database.app.app_context(), committed():
        authority = make_authority()
        batch_ids = [make_import_batch(authority, file_sha256=str(number)).id for number in range(AT_ONCE)]

    ends = at_once(
        own_database,
        lambda number: register_service.confirm_schools(import_batch_id=batch_ids[number], user_id=None),
    )

    assert ends == ["done"] * AT_ONCE
    with own_database.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_organisations_that_are_added_at_once_get_different_numbers(own_database: OwnDatabase) -> None:
    with own_database.app.app_context(), committed():
        authority_id = make_authority().id

    ends = at_once(
        own_database,
        lambda number: service.add_organisation(
            authority_id=authority_id, name=f"Body {number}", sector=Sector.COMMUNITY, category="Charity"
        ),
    )

    assert ends == ["done"] * AT_ONCE
    with own_database.app.app_context():
        codes = set(db.session.scalars(select(Organisation.local_code)))
        assert codes == {f"L{number:05}" for number in range(1, AT_ONCE + 1)}
