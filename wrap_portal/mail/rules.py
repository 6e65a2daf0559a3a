"""What may stand in a message, and when a failed one is tried again."""

import re
import unicodedata
from datetime import timedelta
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from email_validator import EmailNotValidError, validate_email

from wrap_portal.errors import DomainError

# Ten tries in some sixteen hours: a mail server's night off is survived, a dead address is a person's
# business by then.
RETRY_DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
)
MOST_ATTEMPTS = len(RETRY_DELAYS) + 1

LONGEST_SUBJECT = 200
LONGEST_ERROR = 500

_ENCODED_WORD = re.compile(r"=\?[^?]*\?[^?]*\?[^?]*\?=")
_SPACES = re.compile(r"\s+")
# Categories of characters that break a header or turn its reading round: controls, format marks,
# surrogates, breaks.
_NOT_IN_HEADERS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def header_text(text: str) -> str:
    """Return `text` as one line that can stand in any header.

    Python's own e-mail package decodes encoded words in a value it is given, and what comes out of them may
    hold CR LF and so a header of its own (quality.md Q7). So encoded words are decoded here, over and over
    while decoding finds more inside, then everything that is not a visible character or a space goes.
    """
    for _ in range(5):
        text = _visible(text)
        if not _ENCODED_WORD.search(text):
            return text
        text = _ENCODED_WORD.sub(_decoded_word, text)
    return _visible(text).replace("=?", "= ?")


def _decoded_word(found: re.Match[str]) -> str:
    try:
        return str(make_header(decode_header(found.group())))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return found.group().replace("=?", "= ?")


def _visible(text: str) -> str:
    spaced = "".join(
        " " if unicodedata.category(character) in _NOT_IN_HEADERS else character for character in text
    )
    return _SPACES.sub(" ", spaced).strip()


def subject_line(text: str) -> str:
    """Return `text` as a subject: one clean line, shortened to 200 characters where it is longer."""
    line = header_text(text)
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1].rstrip()}…"


def body_text(text: str) -> str:
    """Return `text` with line ends of one kind and without what neither mail nor the database can hold."""
    return _NOT_IN_TEXT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def email_address(text: str) -> str:
    """Return the address as it goes on the envelope, its domain in lower case and in ASCII.

    Raises DomainError (field `email`) where it is not one address that mail servers everywhere accept.
    """
    try:
        ascii_email = validate_email(
            text.strip(), check_deliverability=False, test_environment=True
        ).ascii_email
    except (EmailNotValidError, UnicodeError):
        ascii_email = None
    if ascii_email is None:
        raise DomainError(
            "Enter an email address in the correct format, like name@example.com.",
            field="email",
        )
    return ascii_email


def retry_delay(attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts; None: a person must look (domain.md 5.5)."""
    return RETRY_DELAYS[attempts - 1] if attempts < MOST_ATTEMPTS else None
