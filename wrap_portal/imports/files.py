"""Reads the csv tables of a file as it came: plain, zipped or gzipped, row by row and within limits.

National registers arrive as `extract.zip` with several tables in it, as csv, or gzipped; re-saved copies are
UTF-8, the originals cp1252 (registers.md 1). What cannot be read is refused with a DomainError on the field
`file`.
"""

import codecs
import csv
import gzip
import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from wrap_portal.errors import DomainError

# The largest register that we know, all establishments of England, has 60 MB and 52,000 rows.
LARGEST_TABLE = 300 * 1024 * 1024
MOST_ROWS = 250_000
MOST_MEMBERS = 200
HEAD = 64 * 1024
CHUNK = 1024 * 1024

ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
GZIP = b"\x1f\x8b"

BROKEN = "The file is damaged or was not downloaded in full. Download it again."
# What a damaged zip or gzip makes the libraries raise: they trust the lengths and offsets that it states.
_READING_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Table:
    """One csv of a file: its own name (which often carries the date), and how to open its bytes again."""

    name: str
    open_bytes: Callable[[], IO[bytes]]


def sha256_of(source: BinaryIO) -> str:
    """Return the SHA-256 of the file as it came, in hexadecimal; leaves `source` at its start."""
    digest = hashlib.sha256()
    source.seek(0)
    while chunk := source.read(CHUNK):
        digest.update(chunk)
    source.seek(0)
    return digest.hexdigest()


@contextmanager
def tables_in(source: BinaryIO, file_name: str) -> Iterator[list[Table]]:
    """Open the csv tables of `source`, which can be read while the block lasts.

    Arguments: `source`, seekable bytes; `file_name`, what its owner calls it. What the file is decides its
    content, not its name. Raises DomainError where a zip is damaged, locked, crowded or holds no csv.
    """
    source.seek(0)
    start = source.read(4)
    source.seek(0)
    if start in (ZIP, EMPTY_ZIP):
        with _opened_zip(source) as archive:
            yield _zipped_tables(archive)
    elif start.startswith(GZIP):
        yield [Table(file_name.removesuffix(".gz"), lambda: _unzipped(source))]
    else:
        yield [Table(file_name, lambda: _rewound(source))]


def head_of(table: Table) -> list[list[str]]:
    """Return the first rows of a table, as many as its first 64 KB hold in full: enough to say what it is."""
    with _reading(), table.open_bytes() as raw:
        start = raw.read(HEAD)
    text = start.decode("utf-8-sig", errors="replace")
    if len(start) == HEAD:
        text = text[: text.rfind("\n") + 1]
    with _splitting():
        return list(csv.reader(io.StringIO(text, newline="")))


def rows_of(table: Table) -> Iterator[list[str]]:
    """Yield every row of a table, the heading first, as lists of cells.

    Raises DomainError where the table is damaged, too large, or not text in UTF-8 or cp1252.
    """
    encoding = encoding_of(table)
    with _reading(), table.open_bytes() as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        with _splitting():
            for number, row in enumerate(csv.reader(text), start=1):
                if number > MOST_ROWS:
                    raise DomainError(
                        f"The file has more than {MOST_ROWS:,} rows. No register that we know has.",
                        field="file",
                    )
                yield row


def encoding_of(table: Table) -> str:
    """Return the encoding that reads the whole table: utf-8-sig where it can, else cp1252.

    cp1252 and not latin-1: the registers hold its curly quotes and dashes (registers.md 1).
    Raises DomainError where neither reads it, or where the table is too large.
    """
    for encoding in ("utf-8-sig", "cp1252"):
        if _can_decode(table, encoding):
            return encoding
    raise DomainError("The file is not text. Choose a csv file, or a zip with one in it.", field="file")


def _can_decode(table: Table, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    size = 0
    with _reading(), table.open_bytes() as raw:
        while chunk := raw.read(CHUNK):
            size += len(chunk)
            if size > LARGEST_TABLE:
                raise DomainError(
                    f"The file has more than {LARGEST_TABLE // CHUNK} MB. No register that we know has.",
                    field="file",
                )
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _opened_zip(source: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(source)
    except _READING_ERRORS as error:
        raise DomainError(BROKEN, field="file") from error
    with archive:
        yield archive


def _zipped_tables(archive: zipfile.ZipFile) -> list[Table]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise DomainError(
            f"The zip holds more than {MOST_MEMBERS} files. Choose the one that came from the register.",
            field="file",
        )
    csvs = [member for member in members if _is_csv(member.filename)]
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise DomainError(
            "This is an Excel workbook. Choose the csv or zip as it was downloaded, or save this as CSV.",
            field="file",
        )
    if not csvs:
        raise DomainError("The zip holds no csv file.", field="file")
    if any(member.flag_bits & 0x1 for member in csvs):
        raise DomainError("The zip is locked with a password. Unlock it and choose it again.", field="file")
    return [_zipped_table(archive, member) for member in csvs]


def _zipped_table(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Table:
    return Table(member.filename.rsplit("/", 1)[-1], lambda: archive.open(member))


def _is_csv(path: str) -> bool:
    # A Mac adds a shadow file beside each real one: __MACOSX/._name.csv.
    return path.lower().endswith(".csv") and not path.rsplit("/", 1)[-1].startswith(".")


def _unzipped(source: BinaryIO) -> IO[bytes]:
    source.seek(0)
    return cast(IO[bytes], gzip.GzipFile(fileobj=source))


def _rewound(source: BinaryIO) -> IO[bytes]:
    source.seek(0)
    return io.BufferedReader(_Kept(source))


class _Kept(io.RawIOBase):
    """The bytes of a file that closing does not close: a table is read more than once."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        chunk = self._source.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except _READING_ERRORS as error:
        raise DomainError(BROKEN, field="file") from error


@contextmanager
def _splitting() -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise DomainError(f"The file cannot be read as csv: {error}.", field="file") from error
