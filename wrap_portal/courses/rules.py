"""How a course is called: pure facts."""

import re
import unicodedata
from collections.abc import Collection

from wrap_portal.courses.models import CourseMode

MODE_NAMES = {
    CourseMode.WORKSHOP: "Workshop",
    CourseMode.BRIEFING: "Briefing",
    CourseMode.E_LEARNING: "E-learning",
}

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 2880
LONGEST_CODE = 40


def code_of(name: str, taken: Collection[str]) -> str:
    """Return a code for a course of this name, not one of those `taken`: "Level 3 (NHS)" is level_3_nhs.

    It fits the table's rule for codes: lower-case letters, digits and underscores, a letter first.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    stem = re.sub(r"^[^a-z]+", "", words)[: LONGEST_CODE - 4].rstrip("_")
    stem = stem if len(stem) > 1 else f"course_{words}".rstrip("_")[: LONGEST_CODE - 4]
    code, number = stem, 1
    while code in taken:
        number += 1
        code = f"{stem}_{number}"
    return code


def duration_text(minutes: int) -> str:
    """Return "45 minutes", "2 hours" or "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'' if hours == 1 else 's'}" if hours else "", f"{rest} minutes" if rest else ""]
    return " ".join(part for part in parts if part)
