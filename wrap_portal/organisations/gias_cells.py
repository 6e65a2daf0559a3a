"""One row of the schools register: its cells, read into a SchoolRow. Knows neither file nor database."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from wrap_portal.organisations.models import OrganisationStatus
from wrap_portal.organisations.rules import folded, website_link

LONGEST_TEXT = 300
NO_WARD = {"999999", "9999"}

STATUS_CODES = {
    1: OrganisationStatus.OPEN,
    2: OrganisationStatus.CLOSED,
    3: OrganisationStatus.PROPOSED_TO_CLOSE,
    4: OrganisationStatus.PROPOSED_TO_OPEN,
}
STATUSES_BY_NAME = {
    "open": OrganisationStatus.OPEN,
    "closed": OrganisationStatus.CLOSED,
    "open, but proposed to close": OrganisationStatus.PROPOSED_TO_CLOSE,
    "proposed to open": OrganisationStatus.PROPOSED_TO_OPEN,
}
PHASE_CODES = {
    1: "Nursery",
    2: "Primary",
    3: "Middle deemed primary",
    4: "Secondary",
    5: "Middle deemed secondary",
    6: "16 plus",
    7: "All-through",
}

# Fields of a SchoolRow that a file may or may not have, and the columns that fill them.
OPTIONAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "establishment_number": ("EstablishmentNumber",),
    "phase": ("PhaseOfEducation (name)", "PhaseOfEducation (code)"),
    "opened_on": ("OpenDate",),
    "closed_on": ("CloseDate",),
    "ward_code": ("AdministrativeWard (code)",),
    "street": ("Street",),
    "locality": ("Locality", "Address3"),
    "town": ("Town",),
    "postcode": ("Postcode",),
    "telephone": ("TelephoneNum",),
    "website": ("SchoolWebsite",),
    "trust_name": ("Trusts (name)",),
    "lowest_age": ("StatutoryLowAge",),
    "highest_age": ("StatutoryHighAge",),
    "easting": ("Easting",),
    "northing": ("Northing",),
}

# A copy that somebody read as latin-1 holds the controls U+0080 to U+009F where cp1252 has quotes and
# dashes; the Leeds file is one (registers.md 1).
MENDED = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_DATE = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})|(\d{4})-(\d{2})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SchoolRow:
    """One establishment as a file has it. None is what the file leaves blank or does not have."""

    number: int
    urn: int
    authority_code: str
    name: str
    status: OrganisationStatus
    type_code: int | None
    type_name: str
    establishment_number: str | None = None
    phase: str | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    last_changed_on: date | None = None
    ward_code: str | None = None
    ward_name: str | None = None
    street: str | None = None
    locality: str | None = None
    town: str | None = None
    postcode: str | None = None
    telephone: str | None = None
    website: str | None = None
    trust_name: str | None = None
    lowest_age: int | None = None
    highest_age: int | None = None
    easting: int | None = None
    northing: int | None = None


class UnreadableRow(Exception):
    """A row that cannot be taken, because of one of its cells."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


@dataclass(frozen=True)
class Types:
    """The types of establishment that the portal knows, by their code in the register."""

    names: Mapping[int, str]
    codes: Mapping[str, int]

    @classmethod
    def named(cls, names: Mapping[int, str]) -> "Types":
        """Return the types with these names by code."""
        return cls(names, {name.casefold(): code for code, name in names.items()})

    def code(self, cell: str) -> int | None:
        """Return the code that a cell holds: "01", "1" and "Community school" are all 1; None for none."""
        number = number_in(cell)
        return number if number is not None else self.codes.get(folded(cell).casefold())


# Called with (column, its cell, reason) for a value that is left out while the rest of the row is taken.
Report = Callable[[str, str, str], None]


def number_in(cell: str) -> int | None:
    """Return the whole number in a cell, None where it holds none."""
    text = cell.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


# Fifty thousand rows have a few thousand different dates.
@lru_cache(maxsize=20_000)
def date_in(cell: str) -> date | None:
    """Return the date in a cell, None where it holds none: 01-09-2025, or as a spreadsheet re-saves it."""
    match = _DATE.fullmatch(cell.strip())
    if match is None:
        return None
    day, month, year = (match[1], match[2], match[3]) if match[3] else (match[6], match[5], match[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row by the names of their columns."""

    places: Mapping[str, int]
    row: list[str]
    types: Types
    report: Report

    def school(self, number: int, urn: int, authority_code: str) -> SchoolRow:
        """Return the row as a school.

        Raises UnreadableRow where a cell is missing or wrong that a school cannot be without: its name, type,
        status, and the dates that decide when it counts. Reports every other wrong cell and leaves it out.
        """
        type_code, type_name = self.type()
        opened_on, closed_on = self.deciding_date("OpenDate"), self.deciding_date("CloseDate")
        if opened_on and closed_on and closed_on < opened_on:
            raise UnreadableRow("CloseDate", self.cell("CloseDate"), "Earlier than OpenDate")
        ward_code = self.text("AdministrativeWard (code)")
        ward_code = None if ward_code in NO_WARD else ward_code
        localities = [self.text(column) for column in ("Locality", "Address3")]
        return SchoolRow(
            number=number,
            urn=urn,
            authority_code=authority_code,
            name=self.name(),
            status=self.status(),
            type_code=type_code,
            type_name=type_name,
            establishment_number=self.text("EstablishmentNumber"),
            phase=self.phase(),
            opened_on=opened_on,
            closed_on=closed_on,
            last_changed_on=date_in(self.cell("LastChangedDate")),
            ward_code=ward_code,
            ward_name=self.text("AdministrativeWard (name)") if ward_code else None,
            street=self.text("Street"),
            locality=", ".join(each for each in localities if each) or None,
            town=self.text("Town"),
            postcode=(self.text("Postcode") or "").upper() or None,
            telephone=self.text("TelephoneNum"),
            website=self.website(),
            trust_name=self.text("Trusts (name)"),
            lowest_age=self.whole_number("StatutoryLowAge"),
            highest_age=self.whole_number("StatutoryHighAge"),
            easting=self.whole_number("Easting"),
            northing=self.whole_number("Northing"),
        )

    def cell(self, column: str) -> str:
        """Return a cell as it is; "" where the file has no such column."""
        place = self.places.get(column)
        return "" if place is None else self.row[place]

    def text(self, column: str) -> str | None:
        """Return a cell as text with single spaces; None where it is blank or cannot be kept."""
        text, reason = self._tidied(column)
        if reason:
            self.report(column, self.cell(column), reason)
            return None
        return text or None

    def name(self) -> str:
        """Return the establishment's name."""
        text, reason = self._tidied("EstablishmentName")
        if reason or not text:
            cell = self.cell("EstablishmentName")
            raise UnreadableRow("EstablishmentName", cell, reason or "A school must have a name")
        return text

    def _tidied(self, column: str) -> tuple[str, str]:
        cell = self.cell(column)
        if not cell.isascii():
            cell = cell.translate(MENDED)
        text = " ".join(cell.split())
        if not text.isprintable():
            return text, "Holds a character that cannot be shown"
        if len(text) > LONGEST_TEXT:
            return text, f"Longer than {LONGEST_TEXT} characters"
        return text, ""

    def type(self) -> tuple[int | None, str]:
        """Return the code and name of the type; the code is None where the portal does not know it."""
        by_code, by_name = "TypeOfEstablishment (code)", "TypeOfEstablishment (name)"
        column = by_code if self.cell(by_code).strip() else by_name
        cell = self.cell(column)
        if not cell.strip():
            raise UnreadableRow(column, cell, "A school must have a type")
        code = self.types.code(cell)
        if code is not None and code in self.types.names:
            return code, self.types.names[code]
        self.report(column, cell, "Not a type that the portal knows: the school is kept, and not counted")
        return None, self.text(by_name) or f"Type {cell.strip()}"

    def status(self) -> OrganisationStatus:
        """Return where the school is in its life."""
        by_code, by_name = "EstablishmentStatus (code)", "EstablishmentStatus (name)"
        if self.cell(by_code).strip():
            column = by_code
            status = STATUS_CODES.get(number_in(self.cell(by_code)) or 0)
        else:
            column = by_name
            status = STATUSES_BY_NAME.get(folded(self.cell(by_name)).casefold())
        if status is None:
            raise UnreadableRow(column, self.cell(column), "Not a status that the register has")
        return status

    def phase(self) -> str | None:
        """Return the phase; None for "Not applicable", which is none (registers.md 1, the phase trap)."""
        name = self.text("PhaseOfEducation (name)")
        if name is None:
            return PHASE_CODES.get(number_in(self.cell("PhaseOfEducation (code)")) or 0)
        return None if name.casefold() == "not applicable" else name

    def deciding_date(self, column: str) -> date | None:
        """Return a date that decides when the school counts."""
        cell = self.cell(column).strip()
        day = date_in(cell) if cell else None
        if cell and day is None:
            raise UnreadableRow(column, cell, "Not a date like 01-09-2025")
        return day

    def whole_number(self, column: str) -> int | None:
        """Return a number that the school can do without."""
        cell = self.cell(column).strip()
        number = number_in(cell) if cell else None
        if cell and number is None:
            self.report(column, cell, "Not a whole number")
        return number

    def website(self) -> str | None:
        """Return the website as an address that is safe to follow."""
        cell = self.cell("SchoolWebsite").strip()
        link = website_link(cell) if cell else None
        if cell and link is None:
            self.report("SchoolWebsite", cell, "Not an address on the web")
        return link
