"""What counts as in date, as covered, as near the target, and why an organisation is not covered."""

import calendar
import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from wrap_portal.coverage.models import Measure, ValidityBasis
from wrap_portal.organisations.models import Sector
from wrap_portal.people.models import MemberRole
from wrap_portal.wording import date_text

ACADEMIC_YEAR_END = (8, 31)


def valid_until(completed_on: date, months: int, basis: ValidityBasis) -> date:
    """Return the last day on which training completed on a date is in date (domain.md 2.4, F12).

    Arguments: `months`, calendar months, clamped to the month's end: 29 February 2024 and 12 months is
    28 February 2025. Under ACADEMIC_YEAR validity ends with the last 31 August in that period; where there is
    none in it the rolling day stands, because a basis never lengthens the period.
    """
    rolling = months_later(completed_on, months)
    if basis is ValidityBasis.ROLLING:
        return rolling
    year_end = date(rolling.year, *ACADEMIC_YEAR_END)
    if year_end > rolling:
        year_end = date(rolling.year - 1, *ACADEMIC_YEAR_END)
    return year_end if year_end >= completed_on else rolling


def is_in_date(completed_on: date, months: int, basis: ValidityBasis, as_at: date) -> bool:
    """Return whether training completed on a date is in date on `as_at`, the last day included."""
    return completed_on <= as_at <= valid_until(completed_on, months, basis)


def meets_share(in_date: int, required: int, threshold_percent: Decimal) -> bool:
    """Return whether `in_date` of `required` people reach the threshold, compared unrounded (domain.md 2.3,
    F8).

    Nobody required is nobody covered: there is no share of none.
    """
    return required > 0 and in_date * 100 >= threshold_percent * required


def people_needed(required: int, threshold_percent: Decimal) -> int:
    """Return how many of `required` people must be in date to reach the threshold."""
    return math.ceil(threshold_percent * required / 100)


def plain_percent(value: Decimal) -> str:
    """Return a percentage that somebody set, without the noughts that it is stored with: "85%", "33.5%"."""
    return f"{plain(value):f}%"


def plain(value: Decimal) -> Decimal:
    """Return a number without noughts at its end: 100, not 100.00 and not 1E+2."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


class Rating(StrEnum):
    """How a figure stands to its target: a word beside every colour."""

    MET = "met"
    NEAR = "near"
    SHORT = "short"
    NOT_APPLICABLE = "not_applicable"


RATING_NAMES = {
    Rating.MET: "Target met",
    Rating.NEAR: "Near the target",
    Rating.SHORT: "Short of the target",
    Rating.NOT_APPLICABLE: "Nothing to count",
}


def rating(covered: int, denominator: int, target_percent: Decimal, near_percent: Decimal) -> Rating:
    """Return how covered of denominator stands to the target, compared unrounded.

    Arguments: `near_percent`, the share from which a figure below its target is called near. A denominator of
    0 has no share and no rating (F15).
    """
    if denominator == 0:
        return Rating.NOT_APPLICABLE
    if covered * 100 >= target_percent * denominator:
        return Rating.MET
    return Rating.NEAR if covered * 100 >= near_percent * denominator else Rating.SHORT


MEASURE_NAMES = {
    Measure.LEAD: "A lead in date",
    Measure.ANY: "Anyone in date",
    Measure.SHARE: "A share of people in date",
}
# The three are never mixed: a figure says which it is (domain.md 2.3).
MEASURE_MEANINGS = {
    Measure.LEAD: "Somebody who has a lead role today is in date.",
    Measure.ANY: "Somebody on the staff list is in date, or a whole-organisation session is.",
    Measure.SHARE: "Of all people who must be trained, so many per cent are in date.",
}

LONGEST_MONTHS = 120
LONGEST_NAME, LONGEST_SOURCE = 120, 300
# How many points below its target a figure is called near it, unless a requirement says otherwise [house].
NEAR_POINTS = 10


@dataclass(frozen=True)
class Problem:
    """What is wrong, in a sentence, and the field that it is about."""

    sentence: str
    field: str


def requirement_problem(
    *,
    name: str,
    source: str,
    measure: Measure,
    months: int,
    sectors: Collection[Sector],
    roles: Collection[MemberRole],
    target_percent: Decimal,
    threshold_percent: Decimal | None,
) -> Problem | None:
    """Return the first thing that keeps these from being a requirement, or None."""
    if not name or len(name) > LONGEST_NAME:
        return Problem(f"Enter a name of {LONGEST_NAME} characters or fewer.", "name")
    if not source or len(source) > LONGEST_SOURCE:
        return Problem(f"Enter where it is written, in {LONGEST_SOURCE} characters or fewer.", "source")
    if not 1 <= months <= LONGEST_MONTHS:
        return Problem(f"Training is in date for 1 to {LONGEST_MONTHS} months.", "months")
    if not sectors:
        return Problem("Select at least one kind of organisation.", "sectors")
    if measure is Measure.LEAD and not roles:
        return Problem("Select the roles that lead: one of them must be in date.", "roles")
    if not 0 <= target_percent <= 100:
        return Problem("The target is a percentage from 0 to 100.", "target_percent")
    if measure is Measure.SHARE and (threshold_percent is None or not 0 < threshold_percent <= 100):
        return Problem(
            "Enter the percentage of people who must be in date, above 0 and up to 100.", "threshold_percent"
        )
    return None


class SliceBy(StrEnum):
    """What a figure can be sliced by. PHASE is the organisation's category: the register's phase, or the kind
    of establishment where the register has none (registers.md 1, the phase trap)."""

    PHASE = "phase"
    WARD = "ward"
    TYPE = "type"
    TRUST = "trust"


class GapReason(StrEnum):
    """Why an organisation does not meet a requirement on a date, most telling first (domain.md 2.9)."""

    ONLY_CLAIM = "only_claim"
    NO_STAFF_LIST = "no_staff_list"
    LEAD_VACANT = "lead_vacant"
    TOO_FEW = "too_few"
    EXPIRED = "expired"
    TRAINED_LEFT = "trained_left"
    NEVER_TRAINED = "never_trained"


GAP_REASON_NAMES = {
    GapReason.ONLY_CLAIM: "Only an unverified claim",
    GapReason.NO_STAFF_LIST: "No staff list",
    GapReason.LEAD_VACANT: "Lead vacant",
    GapReason.TOO_FEW: "Too few people in date",
    GapReason.EXPIRED: "Expired",
    GapReason.TRAINED_LEFT: "Trained people have left",
    GapReason.NEVER_TRAINED: "Never trained",
}


def gap_sentence(reason: GapReason, last_valid_day: date | None, in_date: int, required: int) -> str:
    """Return the reason in words, as it stands in lists, files and at the terminal.

    Arguments: `last_valid_day`, until when the latest training was in date (EXPIRED) or the organisation was
    covered (TRAINED_LEFT); `in_date` of `required` people, where the measure counts them (TOO_FEW).
    """
    name = GAP_REASON_NAMES[reason]
    if reason is GapReason.EXPIRED and last_valid_day is not None:
        return f"{name} on {date_text(last_valid_day)}"
    if reason is GapReason.TRAINED_LEFT and last_valid_day is not None:
        return f"{name}: covered until {date_text(last_valid_day)}"
    if reason is GapReason.TOO_FEW:
        return f"{name}: {in_date:,} of {required:,}"
    return name


def month_ends(start: date, end: date) -> list[date]:
    """Return the last days of the months from `start` to `end`, both ends included where they are such
    days."""
    days = []
    day = _month_end(start)
    while day <= end:
        days.append(day)
        day = _month_end(day + timedelta(days=1))
    return days


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, clamped to its end."""
    return months_later(day, -months)


def months_later(day: date, months: int) -> date:
    """Return the same day of a later month, clamped to its end."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def trend_days(as_at: date, back: int, ahead: int, every: int = 1) -> list[date]:
    """Return the days of a trend: ends of months from `back` months before to `ahead` after, and `as_at`.

    Arguments: `every`, 3 for the ends of quarters only.
    """
    ends = month_ends(months_before(as_at, back), months_later(as_at, ahead))
    return sorted({*(day for day in ends if day.month % every == 0), as_at})


def change_words(now: Decimal | None, before: Decimal | None) -> str:
    """Return how a percentage has changed, in points: "3 points more"; "" where either is n/a."""
    if now is None or before is None:
        return ""
    points = now - before
    if points == 0:
        return "No more and no less"
    return f"{abs(points)} point{'' if abs(points) == 1 else 's'} {'more' if points > 0 else 'less'}"
