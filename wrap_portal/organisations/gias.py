"""Reads the schools register (GIAS, "Get information about schools") as its owner downloads it.

Three files list schools, each with a heading of its own: all establishments (codes and names, all
statuses), the open state-funded schools (names only) and the open academies and free schools (names only).
Columns are found by name, so that the register may add and drop others. The names of head teachers are never
read (registers.md 1). Knows no database.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import BinaryIO

from wrap_portal.errors import DomainError
from wrap_portal.imports.files import Table, head_of, rows_of, tables_in
from wrap_portal.imports.problems import RowProblem, shown
from wrap_portal.organisations.gias_cells import (
    MENDED,
    OPTIONAL_COLUMNS,
    Cells,
    SchoolRow,
    Types,
    UnreadableRow,
    date_in,
    number_in,
)
from wrap_portal.organisations.rules import folded

CHILDRENS_CENTRE_TYPES = {47, 48}
ACADEMY_TYPES = {28, 33, 34, 35, 36, 38, 39, 40, 41, 42, 43, 44, 45, 46, 57}

# What a file must have, each by any of these headings (registers.md 1, "R").
REQUIRED = (
    ("URN",),
    ("LA (code)",),
    ("EstablishmentName",),
    ("TypeOfEstablishment (code)", "TypeOfEstablishment (name)"),
    ("EstablishmentStatus (code)", "EstablishmentStatus (name)"),
)
# Problems of rows whose authority cannot be told stand under this code.
ANY_AUTHORITY = ""

_DATE_IN_NAME = re.compile(r"(?<!\d)(20\d{2})-?(\d{2})-?(\d{2})(?!\d)", re.ASCII)


class FileKind(StrEnum):
    """Which establishments a file lists, the widest first; absence says something about these only."""

    ALL = "all"
    STATE_FUNDED = "state_funded"
    ACADEMIES = "academies"


@dataclass(frozen=True)
class SchoolsFile:
    """What was read of a file for the chosen authorities, by their codes.

    `fields` names what the file has of a SchoolRow: what it lacks says nothing about a school. `listed` has
    every URN that could be read in the file, whoever's, with its authority's code; `unread` those of rows
    that were left out: neither kind of school is absent. `unidentified` has the authorities (or
    ANY_AUTHORITY) with a row that has no URN.
    """

    kind: FileKind
    table_name: str
    fields: frozenset[str]
    register_date: date
    rows: Mapping[str, list[SchoolRow]]
    row_counts: Mapping[str, int]
    authority_names: Mapping[str, str]
    problems: Mapping[str, list[RowProblem]]
    listed: Mapping[int, str]
    unread: frozenset[int]
    unidentified: frozenset[str]


def read_schools(
    source: BinaryIO,
    file_name: str,
    *,
    authority_codes: Collection[str] | None,
    type_names: Mapping[int, str],
    today: date,
) -> SchoolsFile:
    """Read the schools of the chosen authorities, and what is wrong with their rows.

    Arguments: `source`, a csv, or a zip or gzip with one, seekable; `file_name`, what its owner calls it;
    `authority_codes`, three digits each, or None for every authority in it; `type_names`, the known types of
    establishment by code; `today`, the register's date where the file does not say one.
    Raises DomainError, on the field `file`, for a file that cannot be read or does not list schools.
    """
    with tables_in(source, file_name) as tables:
        table = _table_of_schools(tables)
        rows = rows_of(table)
        heading = next(rows, [])
        # The whole table may be in another encoding than its head seemed to be.
        if refusal := why_not_schools([heading], table.name):
            raise DomainError(refusal, field="file")
        reader = _Reader(heading, authority_codes, Types.named(type_names), today)
        for number, row in enumerate(rows, start=2):
            reader.take(number, row)
    return reader.file(table.name)


def why_not_schools(rows: list[list[str]], table_name: str) -> str | None:
    """Return why a table is no file of schools, as a sentence; None where it is one.

    Arguments: `rows`, its first rows; `table_name`, its own name.
    """
    places = _places(rows[0] if rows else [])
    if "LinkURN" in places:
        return (
            f"{table_name} is the register's list of links between schools, not the schools themselves. "
            "Choose the file of all establishments or of state-funded schools."
        )
    missing = [headings[0] for headings in REQUIRED if not any(name in places for name in headings)]
    if len(missing) == len(REQUIRED):
        return (
            f"{table_name} is not a file of the schools register (Get information about schools): "
            "its first row has none of the register's column names, such as URN."
        )
    if missing:
        columns = f"column {missing[0]}" if len(missing) == 1 else f"columns {', '.join(missing)}"
        return f"{table_name} lacks the {columns}, without which schools cannot be imported."
    if _lists_childrens_centres(places, rows):
        return (
            f"{table_name} is the register's file of children's centres, not of schools. They are a series "
            "of their own, which the portal does not import: the register is out of date for them."
        )
    return None


def _places(row: list[str]) -> dict[str, int]:
    """Return where a heading has which column; of a name that is there twice the first counts."""
    places: dict[str, int] = {}
    for place, cell in enumerate(row):
        places.setdefault(folded(cell), place)
    return places


def _table_of_schools(tables: list[Table]) -> Table:
    """Return the widest of the tables, and of equally wide ones the latest by the date in its name.

    The original extract holds the state-funded schools and, once more, the academies among them.
    """
    heads = [head_of(table) for table in tables]
    refusals = [why_not_schools(rows, table.name) for table, rows in zip(tables, heads, strict=True)]
    if all(refusals):
        lead = "" if len(tables) == 1 else f"None of the {len(tables)} csv files in the zip lists schools. "
        raise DomainError(lead + " ".join(filter(None, refusals)), field="file")
    ranked = [
        (_width(rows[0], table.name), date_in_name(table.name) or date.min, place)
        for place, (table, rows, refusal) in enumerate(zip(tables, heads, refusals, strict=True))
        if refusal is None
    ]
    return tables[max(ranked)[-1]]


def _width(heading: list[str], table_name: str) -> int:
    kinds = list(FileKind)
    return -kinds.index(_kind_of(_places(heading), table_name) or FileKind.STATE_FUNDED)


def _lists_childrens_centres(places: Mapping[str, int], rows: list[list[str]]) -> bool:
    if {"EstablishmentNumber", "PhaseOfEducation (code)", "PhaseOfEducation (name)"} & places.keys():
        return False
    place = next(places[name] for name in REQUIRED[3] if name in places)
    cells = [row[place] for row in rows[1:] if len(row) > place]
    return bool(cells) and all(
        number_in(cell) in CHILDRENS_CENTRE_TYPES or cell.strip().casefold().startswith("children's centre")
        for cell in cells
    )


def _kind_of(places: Mapping[str, int], table_name: str) -> FileKind | None:
    """Return which schools a table lists by its name and heading; None where only its rows can tell."""
    name = table_name.casefold()
    if "academiesandfree" in name:
        return FileKind.ACADEMIES
    if "statefunded" in name:
        return FileKind.STATE_FUNDED
    if "EstablishmentStatus (code)" in places:
        return FileKind.ALL
    # Of the two lists without codes only that of the academies has fax numbers.
    return FileKind.ACADEMIES if "FaxNum" in places else None


def date_in_name(name: str) -> date | None:
    """Return the date in a file's name, like edubasealldata20250422.csv; None where it has none."""
    for match in _DATE_IN_NAME.finditer(name):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            continue
    return None


@dataclass
class _Reader:
    """Takes the rows of one table, one after the other."""

    heading: list[str]
    authority_codes: Collection[str] | None
    types: Types
    today: date
    rows: dict[str, list[SchoolRow]] = field(default_factory=dict)
    row_counts: dict[str, int] = field(default_factory=dict)
    authority_names: dict[str, str] = field(default_factory=dict)
    problems: dict[str, list[RowProblem]] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    listed: dict[int, str] = field(default_factory=dict)
    unidentified: set[str] = field(default_factory=set)
    first_rows: dict[int, int] = field(default_factory=dict)
    only_academies: bool = True
    latest_change: date = date.min

    def __post_init__(self) -> None:
        self.places, self.width = _places(self.heading), len(self.heading)
        self.urn_place, self.code_place = self.places["URN"], self.places["LA (code)"]
        self.name_place = self.places.get("LA (name)")
        self.changed_place = self.places.get("LastChangedDate")
        self.type_place = next(self.places[name] for name in REQUIRED[3] if name in self.places)

    def take(self, number: int, row: list[str]) -> None:
        """Read one row; `number` is its number in the file."""
        if not any(row):
            return
        urn = number_in(row[self.urn_place]) if len(row) > self.urn_place else None
        code = self._code(row)
        if code and self.authority_codes is not None and code not in self.authority_codes:
            if urn is not None and len(row) == self.width:
                self.listed[urn] = code
                self._note(row, code)
            return
        self.row_counts[code] = self.row_counts.get(code, 0) + 1
        try:
            school = self._school(number, row, urn, code)
        except UnreadableRow as error:
            self._leave_out(number, urn, code, error)
        else:
            self.rows.setdefault(code, []).append(school)
            self._note(row, code)

    def _code(self, row: list[str]) -> str:
        """Return the three digits of a row's authority; ANY_AUTHORITY where it has none."""
        cell = row[self.code_place].strip() if len(row) > self.code_place else ""
        code = cell.zfill(3)
        return code if cell and len(code) == 3 and code.isascii() and code.isdigit() else ANY_AUTHORITY

    def _school(self, number: int, row: list[str], urn: int | None, code: str) -> SchoolRow:
        if len(row) != self.width:
            cells = f"{len(row)} cells under {self.width} headings"
            raise UnreadableRow("whole row", cells, "A comma or a quotation mark is missing or too many")
        if not code:
            raise UnreadableRow("LA (code)", row[self.code_place], "Not the three digits of an authority")
        if urn is None or not 10_000 <= urn <= 999_999:
            raise UnreadableRow("URN", row[self.urn_place], "Not a URN, which has 5 or 6 digits")
        if urn in self.first_rows:
            raise UnreadableRow("URN", row[self.urn_place], f"The same URN as in row {self.first_rows[urn]}")
        problems = self.problems.setdefault(code, [])

        def report(column: str, cell: str, reason: str) -> None:
            problems.append(RowProblem(number, column, shown(cell), reason, row_left_out=False))

        school = Cells(self.places, row, self.types, report).school(number, urn, code)
        self.first_rows[urn] = number
        self.listed[urn] = code
        return school

    def _leave_out(self, number: int, urn: int | None, code: str, error: UnreadableRow) -> None:
        if urn is None:
            self.unidentified.add(code)
        else:
            self.unread.add(urn)
        problem = RowProblem(number, error.column, shown(error.value), error.reason, row_left_out=True)
        self.problems.setdefault(code, []).append(problem)

    def _note(self, row: list[str], code: str) -> None:
        """Remember what a row says beside its school: about its authority, and about the file."""
        if self.name_place is not None and code not in self.authority_names:
            self.authority_names[code] = folded(row[self.name_place].translate(MENDED))
        if self.only_academies and self.types.code(row[self.type_place]) not in ACADEMY_TYPES:
            self.only_academies = False
        if self.changed_place is not None:
            changed = date_in(row[self.changed_place])
            if changed is not None and self.latest_change < changed <= self.today:
                self.latest_change = changed

    def file(self, table_name: str) -> SchoolsFile:
        """Return what has been read."""
        kind = _kind_of(self.places, table_name)
        if kind is None:
            kind = FileKind.ACADEMIES if self.only_academies else FileKind.STATE_FUNDED
        return SchoolsFile(
            kind=kind,
            table_name=table_name,
            fields=frozenset(
                name
                for name, columns in OPTIONAL_COLUMNS.items()
                if any(column in self.places for column in columns)
            ),
            register_date=self._register_date(table_name),
            rows=self.rows,
            row_counts=self.row_counts,
            authority_names=self.authority_names,
            problems={code: problems for code, problems in self.problems.items() if problems},
            listed=self.listed,
            unread=frozenset(self.unread),
            unidentified=frozenset(self.unidentified),
        )

    def _register_date(self, table_name: str) -> date:
        """Return the file's true date: its last change, else the date in its name, else today."""
        if self.latest_change > date.min:
            return self.latest_change
        named = date_in_name(table_name)
        return named if named is not None and named <= self.today else self.today
