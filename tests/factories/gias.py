"""Files of the schools register as it serves them, with invented schools: headings, quotes, cp1252 and CRLF.

Shortened to the columns that matter, in the register's order, with some that the portal does not read. A row
says only what it is about; the rest is an unremarkable open primary school of authority 380.
"""

import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from wrap_portal.organisations.gias import SchoolsFile, read_schools
from wrap_portal.organisations.gias_cells import SchoolRow

FULL = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (code)",
    "TypeOfEstablishment (name)",
    "EstablishmentTypeGroup (code)",
    "EstablishmentTypeGroup (name)",
    "EstablishmentStatus (code)",
    "EstablishmentStatus (name)",
    "ReasonEstablishmentOpened (name)",
    "OpenDate",
    "CloseDate",
    "PhaseOfEducation (code)",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "NumberOfPupils",
    "Trusts (name)",
    "LastChangedDate",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadFirstName",
    "HeadLastName",
    "AdministrativeWard (code)",
    "AdministrativeWard (name)",
    "Easting",
    "Northing",
)
STATE_FUNDED = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (name)",
    "EstablishmentStatus (name)",
    "ReasonEstablishmentOpened (name)",
    "OpenDate",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadFirstName",
    "HeadLastName",
)
ACADEMIES = (*STATE_FUNDED[:19], "FaxNum", *STATE_FUNDED[19:])
LINKS = ("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate")
CHILDRENS_CENTRES = tuple(
    name
    for name in FULL
    if not name.startswith(("EstablishmentNumber", "EstablishmentTypeGroup", "Phase", "Admin", "Statutory"))
)
TYPE_NAMES = {
    1: "Community school",
    2: "Voluntary aided school",
    5: "Foundation school",
    7: "Community special school",
    11: "Other independent school",
    14: "Pupil referral unit",
    15: "Local authority nursery school",
    18: "Further education",
    24: "Secure units",
    27: "Miscellaneous",
    28: "Academy sponsor led",
    29: "Higher education institutions",
    32: "Special post 16 institution",
    34: "Academy converter",
    37: "British schools overseas",
    38: "Free schools alternative provision",
    39: "Free schools 16 to 19",
    47: "Children's centre",
}
# The register writes these without quotation marks.
BARE = {"URN", "StatutoryLowAge", "StatutoryHighAge", "Easting", "Northing"}
UNREMARKABLE = {
    "LA (code)": "380",
    "LA (name)": "Bradford",
    "EstablishmentNumber": "2001",
    "TypeOfEstablishment (code)": "01",
    "EstablishmentStatus (code)": "1",
    "EstablishmentStatus (name)": "Open",
    "OpenDate": "",
    "PhaseOfEducation (code)": "2",
    "PhaseOfEducation (name)": "Primary",
    "StatutoryLowAge": "3",
    "StatutoryHighAge": "11",
    "LastChangedDate": "01-06-2025",
    "Street": "Mill Lane",
    "Town": "Bradford",
    "Postcode": "BD1 1AA",
    "SchoolWebsite": "www.school.example.org",
    "TelephoneNum": "01274000000",
    "HeadFirstName": "Secret",
    "HeadLastName": "Headteacher",
    "AdministrativeWard (code)": "E05001347",
    "AdministrativeWard (name)": "City",
    "Easting": "416000",
    "Northing": "433000",
}


def row(urn: Any, **cells: Any) -> dict[str, str]:
    """Return a row: `row(107201, name="Ash School", type=34, closed="31-08-2024", status=2)`.

    Short names stand for the columns that tests talk about most; `cells={...}` has others by their headings.
    """
    type_code = int(cells.pop("type", 1))
    status = int(cells.pop("status", 1))
    statuses = {1: "Open", 2: "Closed", 3: "Open, but proposed to close", 4: "Proposed to open"}
    short = {
        "URN": str(urn),
        "EstablishmentName": cells.pop("name", f"School {urn}"),
        "LA (code)": cells.pop("la", "380"),
        "LA (name)": cells.pop("la_name", "Bradford"),
        "TypeOfEstablishment (code)": f"{type_code:02}",
        "TypeOfEstablishment (name)": TYPE_NAMES.get(type_code, ""),
        "EstablishmentStatus (code)": str(status),
        "EstablishmentStatus (name)": statuses.get(status, ""),
        "OpenDate": cells.pop("opened", ""),
        "CloseDate": cells.pop("closed", ""),
        "PhaseOfEducation (name)": cells.pop("phase", "Primary"),
    }
    others = cells.pop("cells", {})
    assert not cells, cells
    return UNREMARKABLE | short | others


def csv_bytes(
    rows: Iterable[dict[str, str]], columns: Sequence[str] = FULL, encoding: str = "cp1252"
) -> bytes:
    """Return a file with these rows: CRLF, text and codes quoted, no line end after the last row."""
    lines = [",".join(f'"{column}"' for column in columns)]
    lines += [",".join(_cell(column, cells.get(column, "")) for column in columns) for cells in rows]
    return "\r\n".join(lines).encode(encoding)


def _cell(column: str, value: str) -> str:
    quoted = value.replace('"', '""')
    return value if column in BARE else f'"{quoted}"'


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def gzip_bytes(content: bytes) -> bytes:
    """Return the content gzipped."""
    return gzip.compress(content, mtime=0)


def read(
    content: bytes,
    file_name: str = "edubasealldata20250701.csv",
    codes: Iterable[str] | None = ("380",),
    today: date = date(2025, 7, 20),
) -> SchoolsFile:
    """Read a file as an import would."""
    return read_schools(
        io.BytesIO(content),
        file_name,
        authority_codes=None if codes is None else set(codes),
        type_names=TYPE_NAMES,
        today=today,
    )


def read_one(columns: Sequence[str] = FULL, **cells: Any) -> SchoolRow:
    """Return the one school of a file with one row."""
    file = read(csv_bytes([row(107201, **cells)], columns))
    assert not file.problems, file.problems
    [school] = file.rows["380"]
    return school
