"""What people type, made fit to keep: nothing that a page, a mail or a file chokes on."""

import re
import unicodedata

# Controls, marks that reverse the direction of what follows, halves of characters, and the sign for "was not
# readable": none of them belongs in a name, and each breaks something (quality.md, bad input; Q9).
_UNUSABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffd-\uffff]"
)


def has_unusable(words: str) -> bool:
    """True where the words hold a character that cannot be kept."""
    return _UNUSABLE.search(words) is not None


def without_unusable(words: str) -> str:
    """Return the words without the characters that cannot be kept."""
    return _UNUSABLE.sub("", words)


def one_line(words: str) -> str:
    """Return the words on one line, with single spaces and none at the ends, letters composed (NFC)."""
    return " ".join(unicodedata.normalize("NFC", words).split())


def lines(words: str) -> str:
    """Return the words with plain line ends and no space around them, letters composed (NFC)."""
    plain = words.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", plain).strip()
