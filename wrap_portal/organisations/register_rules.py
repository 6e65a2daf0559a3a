"""What importing a schools register would do: decided here, written elsewhere, so that a preview is the deed.

Pure: everything comes in as arguments, and deciding twice gives the same (registers.md 3).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from wrap_portal.imports.problems import RowProblem
from wrap_portal.organisations.gias import ANY_AUTHORITY, FileKind, SchoolsFile
from wrap_portal.organisations.gias_cells import SchoolRow
from wrap_portal.organisations.models import OrganisationStatus
from wrap_portal.organisations.school_rules import (
    Change,
    School,
    TypeRule,
    absent_schools,
    change_of,
    closed_by_absence,
    wanted_school,
)
from wrap_portal.wording import count_text, date_text

# More of an authority's open schools than this do not close between two editions: such a file is not whole.
MOST_CLOSING_PERCENT = 10

KIND_NAMES = {
    FileKind.ALL: "all establishments",
    FileKind.STATE_FUNDED: "open state-funded schools",
    FileKind.ACADEMIES: "open academies and free schools",
}


@dataclass(frozen=True)
class Incoming:
    """What a file says of one authority: its rows, and what bears on schools that are not in them.

    `listed` has the URNs of the file, whoever's, with their authority's code; `unread` those of rows that
    could not be read; `unidentified` says that a row has no readable URN, so that it may be any school;
    `together` has the codes of all authorities that are imported at once.
    """

    authority_code: str
    authority_name: str
    kind: FileKind
    fields: frozenset[str]
    register_date: date
    file_name: str
    row_count: int
    rows: list[SchoolRow]
    problems: list[RowProblem]
    listed: Mapping[int, str]
    unread: frozenset[int]
    unidentified: bool
    together: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """What importing a file for one authority would do. Nothing is written by making one.

    `added` holds closed schools too, for figures of past dates; `not_counted` are open or proposed ones;
    `moved` has the codes of the authorities under which the file has schools of this one.
    `doubts` are single schools to look at, `warnings` what to know before the import is done, `refusals` why
    it must not be done. `sha256_in_use` is of the file that the authority stands on.
    """

    authority_id: int | None
    authority_name: str
    incoming: Incoming
    sha256_in_use: str | None = None
    added: list[School] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    not_counted: list[School] = field(default_factory=list)
    moved: dict[int, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def who(self) -> str:
        """The authority's name with its code."""
        return f"{self.authority_name} ({self.incoming.authority_code})"

    @property
    def changed(self) -> list[Change]:
        """Schools whose details change, other than by closing or by their name alone."""
        return [each for each in self.changes if not each.closing and each.changed != ("name",)]

    @property
    def renamed(self) -> list[Change]:
        """Schools whose name changes."""
        return [each for each in self.changes if each.renamed]

    @property
    def closed(self) -> list[Change]:
        """Schools that would be closed."""
        return [each for each in self.changes if each.closing]

    @property
    def writes_nothing(self) -> bool:
        """True where every school stands as the file has it."""
        return not self.added and not self.changes

    def is_applied(self, file_sha256: str) -> bool:
        """True where this very file is in use and every school stands as it says."""
        return self.writes_nothing and self.sha256_in_use == file_sha256


def incoming_of(
    file: SchoolsFile, authority_code: str, *, file_name: str, together: Collection[str] = ()
) -> Incoming:
    """Return what a file says of one authority.

    Arguments: `file_name`, what its owner calls it; `together`, the codes of all authorities that are
    imported at once.
    """
    return Incoming(
        authority_code=authority_code,
        authority_name=file.authority_names.get(authority_code) or f"Authority {authority_code}",
        kind=file.kind,
        fields=file.fields,
        register_date=file.register_date,
        file_name=file_name,
        row_count=file.row_counts.get(authority_code, 0),
        rows=file.rows.get(authority_code, []),
        problems=[*file.problems.get(authority_code, ()), *file.problems.get(ANY_AUTHORITY, ())],
        listed=file.listed,
        unread=file.unread,
        unidentified=bool(file.unidentified & {authority_code, ANY_AUTHORITY}),
        together=frozenset({authority_code, *together}),
    )


def plan_import(
    incoming: Incoming,
    *,
    authority_id: int | None,
    authority_name: str | None,
    standing: Mapping[int, School],
    kept_elsewhere: Mapping[int, str],
    types: Mapping[int, TypeRule],
    date_in_use: date | None = None,
    sha256_in_use: str | None = None,
) -> Plan:
    """Return what importing would do.

    Arguments: `authority_id` and `authority_name`, of the authority where it is there already; `standing`, by
    URN, its schools and those of the file's that stand under another authority of this import;
    `kept_elsewhere`, by URN, the names of authorities outside this import that hold schools of the file;
    `types`, the known types by code; `date_in_use` and `sha256_in_use`, of the register in use.
    """
    plan = Plan(authority_id, authority_name or incoming.authority_name, incoming, sha256_in_use)
    for row in incoming.rows:
        if row.urn in kept_elsewhere:
            plan.doubts.append(
                f"Row {row.number}: {row.name} ({row.urn}) is kept by {kept_elsewhere[row.urn]} and stays "
                "there. An import for both authorities at once moves it."
            )
        else:
            _take(plan, row, standing.get(row.urn), types.get(row.type_code or 0))
    own = [school for school in standing.values() if school.id and school.authority_id == authority_id]
    if date_in_use is not None and incoming.register_date < date_in_use:
        plan.warnings.append(
            f"This register is of {date_text(incoming.register_date)}, older than the one in use, of "
            f"{date_text(date_in_use)}. It brings older details back. Schools that it lacks stay as they are."
        )
    else:
        _close_absent(plan, own, types.values())
    _note_moved(plan, own)
    _refuse(plan, own)
    return plan


def _take(plan: Plan, row: SchoolRow, before: School | None, rule: TypeRule | None) -> None:
    incoming = plan.incoming
    after = wanted_school(
        row,
        standing=before,
        rule=rule,
        authority_id=plan.authority_id,
        file_fields=incoming.fields,
        register_date=incoming.register_date,
    )
    if before is None:
        plan.added.append(after)
    elif change := change_of(before, after):
        plan.changes.append(change)
    closed = after.status is OrganisationStatus.CLOSED
    if not closed and not after.counts:
        plan.not_counted.append(after)
    if closed and row.closed_on is None and after.closed_on and (before is None or before.closed_on is None):
        plan.doubts.append(
            f"Row {row.number}: {row.name} ({row.urn}) is closed without a date. "
            f"It is taken as closed on {date_text(after.closed_on)}."
        )


def _close_absent(plan: Plan, own: list[School], types: Iterable[TypeRule]) -> None:
    incoming = plan.incoming
    if incoming.unidentified:
        plan.warnings.append(
            "A row has no URN that can be read, and may be any school: no school is closed for not being in "
            "the file."
        )
        return
    missing = [
        school for school in own if school.urn not in incoming.listed and school.urn not in incoming.unread
    ]
    for school in absent_schools(missing, kind=incoming.kind, types=types):
        change = change_of(school, closed_by_absence(school, incoming.register_date))
        if change is not None:
            plan.changes.append(change)


def _note_moved(plan: Plan, own: Iterable[School]) -> None:
    incoming = plan.incoming
    for school in own:
        code = incoming.listed.get(school.urn, incoming.authority_code)
        if code in incoming.together:
            continue
        plan.moved[school.urn] = code
        if school.is_open_on(incoming.register_date):
            plan.doubts.append(
                f"{school.name} ({school.urn}) is under authority {code} in the file. It is left as it is."
            )


def _refuse(plan: Plan, own: list[School]) -> None:
    incoming = plan.incoming
    if not incoming.rows:
        lacking = "has no schools" if not incoming.row_count else "has no row that can be read"
        plan.refusals.append(f"The file {lacking} of {plan.who}.")
        return
    day = incoming.register_date
    open_before = sum(school.is_open_on(day) for school in own)
    closing = sum(each.before.is_open_on(day) and not each.after.is_open_on(day) for each in plan.changes)
    if closing * 100 > MOST_CLOSING_PERCENT * open_before:
        plan.refusals.append(
            f"The file would close {count_text(closing)} of the {count_text(open_before, 'open school')} of "
            f"{plan.who}, more than {MOST_CLOSING_PERCENT}%: it is probably not whole. Where schools did "
            "close, close them in the portal first."
        )
