"""Figures and rows as values: what they hold, what follows from it, and what cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from wrap_portal.coverage.models import Measure
from wrap_portal.coverage.rules import GapReason, Rating, gap_sentence, plain_percent, rating
from wrap_portal.percentages import percent
from wrap_portal.wording import date_text


@dataclass(frozen=True)
class Share:
    """Organisations that count, and how many of them are covered: covered + gap = denominator, always.

    `covered` is the headline; `covered_with_claims` adds those that only unverified claims cover;
    `ever_covered` were covered on the day or at any time before it ("ever trained", domain.md 2.11). Raises
    ValueError where the counts cannot be.
    """

    denominator: int
    covered: int
    covered_with_claims: int
    ever_covered: int

    def __post_init__(self) -> None:
        if not 0 <= self.covered <= self.covered_with_claims <= self.denominator:
            raise ValueError(f"These counts cannot be: {self}")

    @property
    def gap(self) -> int:
        """The organisations that are not covered."""
        return self.denominator - self.covered

    def percent(self, decimals: int = 0) -> Decimal | None:
        """Return the headline, half up, or None where nothing counts: n/a (F15)."""
        return percent(self.covered, self.denominator, decimals)

    def percent_with_claims(self, decimals: int = 0) -> Decimal | None:
        """Return the share including claims awaiting verification."""
        return percent(self.covered_with_claims, self.denominator, decimals)

    def percent_ever(self, decimals: int = 0) -> Decimal | None:
        """Return the share that was covered at some time, in date now or not."""
        return percent(self.ever_covered, self.denominator, decimals)


@dataclass(frozen=True)
class CoverageSlice(Share):
    """The share of one phase, ward, type or trust. `key` finds its rows: the ward's code, else the name; None
    where the register does not say."""

    key: str | None
    label: str


@dataclass(frozen=True)
class CoverageFigure(Share):
    """The share of an authority's organisations that meet a requirement on a day."""

    requirement_id: int
    code: str
    name: str
    measure: Measure
    as_at: date
    target: Decimal
    near: Decimal
    slices: tuple[CoverageSlice, ...] = ()

    @property
    def target_text(self) -> str:
        """The target as it is read: "85%"."""
        return plain_percent(self.target)

    @property
    def rating(self) -> Rating:
        """How the headline stands to the target, compared unrounded."""
        return rating(self.covered, self.denominator, self.target, self.near)


@dataclass(frozen=True)
class PeopleCount:
    """People behind a SHARE figure: in date, and required (declared headcounts, else members)."""

    in_date: int
    required: int

    def percent(self, decimals: int = 0) -> Decimal | None:
        """Return the share of people in date; above 100 where more are in date than were declared."""
        return percent(self.in_date, self.required, decimals)


@dataclass(frozen=True)
class CoverageRow:
    """How one organisation stands to one requirement on a day, and why.

    `covered_until` is the last covered day while covered. `valid_until` is when the latest training of
    today's people was or is in date, `covered_before` the last day of earlier coverage. `in_date` of
    `required` people hold training in date.
    """

    requirement_id: int
    organisation_id: int
    urn: int | None
    ods_code: str | None
    local_code: str | None
    name: str
    category: str
    ward: str | None
    covered: bool
    by_claim: bool
    covered_until: date | None
    in_date: int
    required: int
    last_training_on: date | None
    reason: GapReason | None
    valid_until: date | None
    covered_before: date | None
    next_session_id: int | None
    next_session_at: datetime | None

    @property
    def identifier(self) -> str:
        """The organisation's number in its register, or the local one."""
        return str(self.urn or self.ods_code or self.local_code)

    @property
    def reason_text(self) -> str:
        """Why it is not covered, in words; "" while it is."""
        if self.reason is None:
            return ""
        day = self.covered_before if self.reason is GapReason.TRAINED_LEFT else self.valid_until
        return gap_sentence(self.reason, day, self.in_date, self.required)


@dataclass(frozen=True)
class TrendPoint(Share):
    """The share on one day of a trend."""

    day: date


def standing_title(whose: str, kind: str, rows: Sequence[CoverageRow], measures: Sequence[Measure]) -> str:
    """Return the answer to an organisation's first question: "Your school is covered until 14 March 2027".

    Arguments: "Your" or "This"; "school" or "organisation"; how it stands to each requirement that asks
    something of it, in order, and their measures. The answer is about the first two that are not shares, as
    the dashboard's first figures are, or about all where there is none of these.
    """
    if not rows:
        return f"Nothing is asked of {whose.lower()} {kind} on this date"
    leading = [row for row, measure in zip(rows, measures, strict=True) if measure is not Measure.SHARE][:2]
    asked = leading or rows
    ends = [row.covered_until for row in asked if row.covered_until is not None and row.covered]
    if len(ends) == len(asked):
        return f"{whose} {kind} is covered until {date_text(min(ends))}"
    return f"{whose} {kind} is not {'fully ' if ends else ''}covered"


def side_by_side(figures: Sequence[CoverageFigure]) -> list[tuple[str, list[CoverageSlice | None]]]:
    """Return the slices of several figures by label, for each the slice of every figure, None without one."""
    labels = {part.label: None for figure in figures for part in figure.slices}
    by_label = [{part.label: part for part in figure.slices} for figure in figures]
    return [(label, [parts.get(label) for parts in by_label]) for label in labels]
