"""Until when training is in date, what share suffices, how a figure is called, what a gap is called."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrap_portal.coverage.figures_rules import CoverageFigure, CoverageRow, Share, TrendPoint, standing_title
from wrap_portal.coverage.models import Measure, ValidityBasis
from wrap_portal.coverage.rules import (
    GapReason,
    Rating,
    change_words,
    gap_sentence,
    is_in_date,
    meets_share,
    month_ends,
    months_before,
    people_needed,
    plain_percent,
    rating,
    trend_days,
    valid_until,
)

ROLLING, ACADEMIC = ValidityBasis.ROLLING, ValidityBasis.ACADEMIC_YEAR
days = st.dates(date(2000, 1, 1), date(2080, 12, 31))
months = st.integers(1, 120)


@pytest.mark.parametrize(
    ("completed_on", "length", "basis", "last_day"),
    [
        (date(2024, 2, 29), 12, ROLLING, date(2025, 2, 28)),  # F12
        (date(2023, 2, 28), 12, ROLLING, date(2024, 2, 28)),
        (date(2024, 2, 29), 48, ROLLING, date(2028, 2, 29)),
        (date(2025, 1, 31), 1, ROLLING, date(2025, 2, 28)),
        (date(2024, 8, 31), 18, ROLLING, date(2026, 2, 28)),
        (date(2025, 11, 15), 2, ROLLING, date(2026, 1, 15)),
        (date(2017, 12, 12), 12, ROLLING, date(2018, 12, 12)),  # F7
        (date(2025, 9, 1), 12, ACADEMIC, date(2026, 8, 31)),
        (date(2025, 9, 15), 24, ACADEMIC, date(2027, 8, 31)),
        (date(2026, 8, 30), 12, ACADEMIC, date(2026, 8, 31)),
        (date(2026, 8, 31), 12, ACADEMIC, date(2027, 8, 31)),
        (date(2025, 10, 1), 6, ACADEMIC, date(2026, 4, 1)),  # no 31 August in six months
    ],
)
def test_valid_until(completed_on: date, length: int, basis: ValidityBasis, last_day: date) -> None:
    assert valid_until(completed_on, length, basis) == last_day
    assert is_in_date(completed_on, length, basis, last_day)
    assert not is_in_date(completed_on, length, basis, last_day + timedelta(days=1))
    assert is_in_date(completed_on, length, basis, completed_on)
    assert not is_in_date(completed_on, length, basis, completed_on - timedelta(days=1))


@given(days, months)
def test_rolling_months_keep_the_day_or_end_the_month(day: date, length: int) -> None:
    end = valid_until(day, length, ROLLING)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == length
    assert end.day == min(day.day, monthrange(end.year, end.month)[1])


@given(days, months)
def test_a_basis_never_lengthens(day: date, length: int) -> None:
    rolling, academic = valid_until(day, length, ROLLING), valid_until(day, length, ACADEMIC)
    assert day <= academic <= rolling
    assert academic == rolling or (academic.month, academic.day) == (8, 31)


@given(days, st.integers(0, 400), months, st.sampled_from(ValidityBasis))
def test_later_training_is_never_in_date_shorter(
    day: date, later: int, length: int, basis: ValidityBasis
) -> None:
    """So that the latest record counts, and a union of periods says the same (domain.md 2.4)."""
    assert valid_until(day, length, basis) <= valid_until(day + timedelta(days=later), length, basis)


@pytest.mark.parametrize(
    ("in_date", "required", "threshold", "met"),
    [
        (846, 1000, 85, False),  # F8: shown as 85%
        (850, 1000, 85, True),
        (849, 999, 85, False),
        (0, 0, 85, False),
        (5, 0, 85, False),
        (12, 10, 85, True),
        (1, 3, Decimal("33.33"), True),
        (1, 3, Decimal("33.34"), False),
    ],
)
def test_meets_share_compares_unrounded(in_date: int, required: int, threshold: Any, met: bool) -> None:
    assert meets_share(in_date, required, Decimal(threshold)) is met


@given(st.integers(1, 5000), st.integers(1, 10000).map(lambda hundredths: Decimal(hundredths) / 100))
def test_people_needed_is_the_least_that_suffices(required: int, threshold: Decimal) -> None:
    needed = people_needed(required, threshold)
    assert meets_share(needed, required, threshold)
    assert not meets_share(needed - 1, required, threshold)
    assert Fraction(needed, required) * 100 >= Fraction(threshold)


@pytest.mark.parametrize(
    ("covered", "denominator", "word"),
    [
        (0, 0, Rating.NOT_APPLICABLE),  # F15
        (100, 100, Rating.MET),
        (90, 100, Rating.NEAR),
        (899, 1000, Rating.SHORT),
        (0, 5, Rating.SHORT),
    ],
)
def test_rating_compares_unrounded(covered: int, denominator: int, word: Rating) -> None:
    assert rating(covered, denominator, Decimal(100), Decimal(90)) is word


def test_covered_and_gap_make_the_denominator_always() -> None:
    assert Share(419, 415, 415, 418).gap == 4
    assert Share(419, 415, 415, 418).percent(1) == Decimal("99.0")  # F6
    assert Share(280, 231, 231, 280).percent() == 83
    for counts in [(1, 2, 2, 2), (3, 2, 1, 3), (3, -1, 0, 0)]:
        with pytest.raises(ValueError, match="cannot be"):
            Share(*counts)


def test_a_figure_without_organisations_is_not_applicable() -> None:
    figure = CoverageFigure(0, 0, 0, 0, 1, "c", "C", Measure.ANY, date(2026, 1, 1), Decimal(85), Decimal(75))
    assert figure.percent(1) is None
    assert figure.rating is Rating.NOT_APPLICABLE
    assert TrendPoint(0, 0, 0, 0, date(2026, 1, 1)).percent() is None


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (GapReason.NEVER_TRAINED, "Never trained"),
        (GapReason.EXPIRED, "Expired on 14 March 2026"),
        (GapReason.LEAD_VACANT, "Lead vacant"),
        (GapReason.ONLY_CLAIM, "Only an unverified claim"),
        (GapReason.NO_STAFF_LIST, "No staff list"),
        (GapReason.TRAINED_LEFT, "Trained people have left: covered until 14 March 2026"),
        (GapReason.TOO_FEW, "Too few people in date: 846 of 1,000"),
    ],
)
def test_gap_sentence(reason: GapReason, words: str) -> None:
    assert gap_sentence(reason, date(2026, 3, 14), 846, 1000) == words


def test_month_ends_of_a_period() -> None:
    assert month_ends(date(2023, 12, 15), date(2024, 3, 30)) == [
        date(2023, 12, 31),
        date(2024, 1, 31),
        date(2024, 2, 29),
    ]
    assert month_ends(date(2024, 2, 29), date(2024, 2, 29)) == [date(2024, 2, 29)]
    assert month_ends(date(2024, 2, 1), date(2024, 2, 28)) == []


@given(days, st.integers(0, 60))
def test_months_before_lands_in_that_month(day: date, back: int) -> None:
    earlier = months_before(day, back)
    assert (day.year * 12 + day.month) - (earlier.year * 12 + earlier.month) == back
    assert earlier.day == min(day.day, monthrange(earlier.year, earlier.month)[1])


def test_trend_days_end_months_or_quarters_and_have_the_day_itself() -> None:
    by_month = trend_days(date(2026, 11, 23), 2, 1)
    assert by_month == [date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 23), date(2026, 11, 30)]
    by_quarter = trend_days(date(2026, 11, 23), 6, 6, every=3)
    assert by_quarter == [
        date(2026, 6, 30),
        date(2026, 9, 30),
        date(2026, 11, 23),
        date(2026, 12, 31),
        date(2027, 3, 31),
    ]
    assert trend_days(date(2026, 3, 31), 0, 0) == [date(2026, 3, 31)]


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (90, 87, "3 points more"),
        (87, 88, "1 point less"),
        (5, 5, "No more and no less"),
        (None, 5, ""),
        (5, None, ""),
    ],
)
def test_change_words(now: int | None, before: int | None, said: str) -> None:
    one, other = (None if each is None else Decimal(each) for each in (now, before))
    assert change_words(one, other) == said


@pytest.mark.parametrize(("stored", "read"), [("100.00", "100%"), ("33.50", "33.5%"), ("0.00", "0%")])
def test_plain_percent(stored: str, read: str) -> None:
    assert plain_percent(Decimal(stored)) == read


def test_standing_title_answers_by_the_first_two_that_are_no_shares() -> None:
    def row(until: date | None) -> CoverageRow:
        values: dict[str, Any] = dict.fromkeys(CoverageRow.__dataclass_fields__)
        return CoverageRow(**(values | {"covered": until is not None, "covered_until": until}))

    early, late, no = row(date(2027, 3, 14)), row(date(2028, 1, 1)), row(None)
    lead, any_, share = Measure.LEAD, Measure.ANY, Measure.SHARE
    said = "Your school is covered until 14 March 2027"
    assert standing_title("Your", "school", [late, early, no], [lead, any_, lead]) == said
    assert standing_title("Your", "school", [no, early], [share, lead]) == said
    assert standing_title("This", "school", [early, no], [lead, any_]) == "This school is not fully covered"
    assert standing_title("Your", "organisation", [no], [share]) == "Your organisation is not covered"
    nothing = "Nothing is asked of your school on this date"
    assert standing_title("Your", "school", [], []) == nothing
