"""Verbs of the schools register: stage a file for the preview, confirm it, or apply it at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from operator import attrgetter
from typing import Any, BinaryIO, cast

import psycopg
from psycopg import sql
from sqlalchemy import Column, Enum, MetaData, String, Table, select, text, update
from sqlalchemy.dialects.postgresql import insert

from wrap_portal import clock
from wrap_portal.audit.service import record_event
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.imports import service as imports
from wrap_portal.imports.files import sha256_of
from wrap_portal.imports.models import ImportBatch
from wrap_portal.imports.problems import RowProblem, shown
from wrap_portal.organisations.gias import FileKind, read_schools
from wrap_portal.organisations.gias_cells import SchoolRow
from wrap_portal.organisations.models import (
    Authority,
    Organisation,
    OrganisationAlias,
    OrganisationStatus,
    RegisterEdition,
    Ward,
)
from wrap_portal.organisations.register_queries import SCHOOLS, import_plans, type_names
from wrap_portal.organisations.register_rules import Incoming, Plan, incoming_of
from wrap_portal.organisations.school_rules import SCHOOL_FIELDS, School
from wrap_portal.organisations.service import add_authority

# dataclasses.astuple copies every value deeply: for England that is most of the time of an import.
_IN_ORDER = attrgetter(*SCHOOL_FIELDS)

# Where schools wait for the two statements that write them. Text where the organisations have an enum.
_INCOMING = Table(
    "incoming_schools",
    MetaData(),
    *(
        Column(name, String if isinstance(column.type, Enum) else column.type, nullable=True)
        for name, column in ((name, Organisation.__table__.columns[name]) for name in SCHOOL_FIELDS)
    ),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DROP",
)


def stage_file(
    *, source: BinaryIO, file_name: str, authority_id: int, user_id: int | None
) -> ImportBatch | None:
    """Read an uploaded file for one authority and stage it; see `stage_schools`.

    Arguments: `source`, seekable bytes; `file_name`, what its owner calls it; `authority_id`, whose schools.
    Raises DomainError, on the field `file`, where it cannot be read or must not be imported.
    """
    authority = db.session.get_one(Authority, authority_id)
    file = read_schools(
        source,
        file_name,
        authority_codes={authority.code},
        type_names=type_names(),
        today=clock.today(),
    )
    incoming = incoming_of(file, authority.code, file_name=shown(file_name))
    return stage_schools(incoming=incoming, file_sha256=sha256_of(source), user_id=user_id)


def stage_schools(*, incoming: Incoming, file_sha256: str, user_id: int | None) -> ImportBatch | None:
    """Keep what a file says of an authority that the portal knows, for a preview and its confirmation.

    Arguments: `incoming`, what was read; `file_sha256`, of the file as it came; `user_id`, who staged it.
    Returns None where importing it would write nothing: the file is the one in use and every school stands as
    it says. Raises DomainError, on the field `file`, where the file must not be imported (registers.md 3).
    """
    [plan] = import_plans([incoming])
    refuse(plan)
    if plan.authority_id is None:
        raise DomainError(f"The portal has no authority {incoming.authority_code} yet.", field="file")
    if plan.is_applied(file_sha256):
        return None
    return imports.stage_batch(
        kind=SCHOOLS,
        authority_id=plan.authority_id,
        file_name=incoming.file_name,
        file_sha256=file_sha256,
        register_date=incoming.register_date,
        rows=[_as_json(row) for row in incoming.rows],
        problems=[asdict(problem) for problem in incoming.problems],
        counts={
            "authority_code": incoming.authority_code,
            "authority_name": incoming.authority_name,
            "kind": incoming.kind.value,
            "fields": sorted(incoming.fields),
            "row_count": incoming.row_count,
            "unread": sorted(incoming.unread),
            "moved": {str(urn): code for urn, code in plan.moved.items()},
            "unidentified": incoming.unidentified,
        },
        user_id=user_id,
    )


def staged(batch: ImportBatch) -> Incoming:
    """Return what a staged batch holds, as it was read from the file."""
    counts: Mapping[str, Any] = batch.counts
    rows = [_from_json(row) for row in batch.rows]
    return Incoming(
        authority_code=counts["authority_code"],
        authority_name=counts["authority_name"],
        kind=FileKind(counts["kind"]),
        fields=frozenset(counts["fields"]),
        register_date=batch.register_date,
        file_name=batch.file_name,
        row_count=counts["row_count"],
        rows=rows,
        problems=[RowProblem(**problem) for problem in batch.problems],
        listed={row.urn: row.authority_code for row in rows}
        | {int(urn): code for urn, code in counts["moved"].items()},
        unread=frozenset(counts["unread"]),
        unidentified=counts["unidentified"],
        together=frozenset({counts["authority_code"]}),
    )


def confirm_schools(*, import_batch_id: int, user_id: int | None) -> Plan:
    """Apply a staged file, and return what that did.

    What stands may have changed since the preview: it is decided anew. Raises DomainError where the batch no
    longer waits, or must not be applied any more.
    """
    batch = imports.take_batch(import_batch_id=import_batch_id)
    [plan] = _locked_plans([staged(batch)])
    refuse(plan)
    _apply([plan], batch.file_sha256, user_id, {plan.incoming.authority_code: batch.id})
    imports.mark_applied(batch=batch, user_id=user_id)
    return plan


def import_schools(
    *, incoming: Collection[Incoming], file_sha256: str, user_id: int | None = None
) -> list[Plan]:
    """Apply a file to authorities at once, adding those that the portal does not have; return what that did.

    Arguments: as `stage_schools`. All of it happens or nothing. An authority in which the file is in use and
    nothing differs is left alone. Raises DomainError where the file must not be imported for any one of them.
    """
    plans = _locked_plans(incoming)
    for plan in plans:
        refuse(plan)
    _apply([plan for plan in plans if not plan.is_applied(file_sha256)], file_sha256, user_id, batch_ids={})
    return plans


def refuse(plan: Plan) -> None:
    """Raise DomainError, on the field `file`, with the first reason why an import must not be done."""
    if plan.refusals:
        raise DomainError(plan.refusals[0], field="file")


def _locked_plans(incoming: Collection[Incoming]) -> list[Plan]:
    """Return plans that stay true until the end of the transaction: an authority has one import at a time.

    The weaker lock, so that meanwhile others may add people and sessions that belong to the authority.
    """
    codes = [each.authority_code for each in incoming]
    db.session.execute(
        select(Authority.id)
        .where(Authority.code.in_(codes))
        .order_by(Authority.id)
        .with_for_update(key_share=True)
    )
    return import_plans(incoming)


def _apply(plans: list[Plan], file_sha256: str, user_id: int | None, batch_ids: Mapping[str, int]) -> None:
    authority_ids = {plan.incoming.authority_code: _authority_id(plan, user_id) for plan in plans}
    _write_wards(plans, authority_ids)
    _write_schools(plans, authority_ids)
    _write_former_names(plans)
    for plan in plans:
        incoming = plan.incoming
        authority_id = authority_ids[incoming.authority_code]
        edition = RegisterEdition(
            authority_id=authority_id,
            register=SCHOOLS,
            register_date=incoming.register_date,
            file_name=incoming.file_name,
            file_sha256=file_sha256,
            row_count=incoming.row_count,
            applied_at=clock.now(),
            import_batch_id=batch_ids.get(incoming.authority_code),
        )
        db.session.add(edition)
        record_event(
            action="import_schools",
            subject_type="authority",
            subject_id=authority_id,
            actor_id=user_id,
            authority_id=authority_id,
            details={
                "file_sha256": file_sha256,
                "register_date": incoming.register_date.isoformat(),
                "added": len(plan.added),
                "changed": len(plan.changed),
                "renamed": len(plan.renamed),
                "closed": len(plan.closed),
            },
        )
    # What this session has read of organisations before is out of date.
    db.session.expire_all()


def _authority_id(plan: Plan, user_id: int | None) -> int:
    if plan.authority_id is not None:
        return plan.authority_id
    incoming = plan.incoming
    return add_authority(code=incoming.authority_code, name=incoming.authority_name, user_id=user_id).id


def _write_wards(plans: Iterable[Plan], authority_ids: Mapping[str, int]) -> None:
    """Add the wards that schools are in, and bring their names up to date. A ward stays where it is."""
    wards = {
        row.ward_code: {
            "code": row.ward_code,
            "name": row.ward_name or row.ward_code,
            "authority_id": authority_ids[plan.incoming.authority_code],
        }
        for plan in plans
        for row in plan.incoming.rows
        if row.ward_code
    }
    if not wards:
        return
    statement = insert(Ward)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[Ward.code],
            set_={"name": statement.excluded.name},
            where=(Ward.name != statement.excluded.name)
            & (Ward.authority_id == statement.excluded.authority_id),
        ),
        list(wards.values()),
    )


def _write_schools(plans: Iterable[Plan], authority_ids: Mapping[str, int]) -> None:
    """Copy what differs into a table of this transaction, and from there into the organisations at once.

    Row by row, England takes minutes. The triggers of coverage see two statements instead of thousands.
    """
    schools = [
        (school, authority_ids[plan.incoming.authority_code])
        for plan in plans
        for school in (*plan.added, *(change.after for change in plan.changes))
    ]
    if not schools:
        return
    db.session.flush()
    connection = db.session.connection()
    _INCOMING.create(connection)
    copy_in = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(_INCOMING.name), sql.SQL(", ").join(map(sql.Identifier, SCHOOL_FIELDS))
    )
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(copy_in) as copy:
        for school, authority_id in schools:
            copy.write_row(_cells(school, authority_id))
    written = [name for name in SCHOOL_FIELDS if name != "id"]
    connection.execute(
        update(Organisation)
        .where(Organisation.id == _INCOMING.c.id)
        .values({name: _INCOMING.c[name] for name in written})
    )
    new = select(*(_INCOMING.c[name] for name in written)).where(_INCOMING.c.id.is_(None))
    connection.execute(
        insert(Organisation).from_select(written, new.order_by(_INCOMING.c.urn), include_defaults=False)
    )
    _INCOMING.drop(connection)
    # The planner must know of a table that has just filled: an embedded server that stops with the command
    # never gets round to looking by itself.
    connection.execute(text("ANALYZE organisations"))


def _cells(school: School, authority_id: int) -> tuple[Any, ...]:
    """Return the cells of a school in the order of SCHOOL_FIELDS; enums as their values."""
    values = dict(zip(SCHOOL_FIELDS, _IN_ORDER(school), strict=True))
    values["authority_id"] = authority_id
    return tuple(value.value if isinstance(value, StrEnum) else value for value in values.values())


def _write_former_names(plans: Iterable[Plan]) -> None:
    """Keep the name that each renamed school had until the register's date."""
    names = [
        {
            "organisation_id": change.before.id,
            "name": change.before.name,
            "until": plan.incoming.register_date,
        }
        for plan in plans
        for change in plan.renamed
    ]
    if not names:
        return
    statement = insert(OrganisationAlias)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[OrganisationAlias.organisation_id, OrganisationAlias.name],
            set_={"until": statement.excluded.until},
        ),
        names,
    )


def _as_json(row: SchoolRow) -> dict[str, Any]:
    """Return a row as JSON; what it has no value for is left out."""
    values = {name: value for name, value in asdict(row).items() if value is not None}
    for name in ("opened_on", "closed_on", "last_changed_on"):
        if name in values:
            values[name] = values[name].isoformat()
    return values


def _from_json(values: Mapping[str, Any]) -> SchoolRow:
    dates = {
        name: date.fromisoformat(values[name])
        for name in ("opened_on", "closed_on", "last_changed_on")
        if name in values
    }
    status = OrganisationStatus(values["status"])
    return SchoolRow(**({"type_code": None} | dict(values) | dates | {"status": status}))
