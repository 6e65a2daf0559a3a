"""What may stand in a cell."""

import re
from datetime import date, datetime
from decimal import Decimal

from wrap_portal.clock import to_london

Value = str | int | Decimal | date | datetime | bool | None

LONGEST_TEXT = 32_767
CUT = " [cut: too long for a cell]"

# What XML cannot hold. openpyxl finds the first kind only when it saves, and the whole export is lost (Q9).
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def text_of(value: object) -> str:
    """Return a value as text that a file can hold; what it cannot is replaced by a sign, not dropped."""
    words = ("No", "Yes")[value] if isinstance(value, bool) else str(value)
    # To look first is quicker than to replace nothing, 25,000 rows long.
    if _NOT_IN_XML.search(words):
        words = _NOT_IN_XML.sub("\ufffd", words)
    return words if len(words) <= LONGEST_TEXT else words[: LONGEST_TEXT - len(CUT)] + CUT


def wall_time(moment: datetime) -> datetime:
    """Return the London wall-clock time without a zone: no cell holds one, and people read London time."""
    return (to_london(moment) if moment.tzinfo else moment).replace(tzinfo=None)
