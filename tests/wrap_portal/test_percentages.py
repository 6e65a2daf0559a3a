"""One rounding function, half up (domain.md 2.10, cases F3 and F15; quality.md Q13)."""

from decimal import Decimal

import pytest

from wrap_portal.percentages import percent, percent_text


@pytest.mark.parametrize(
    ("attended", "capacity", "rate"),
    [(8, 23, 35), (231, 280, 83), (8, 15, 53), (12, 20, 60), (31, 40, 78), (14, 15, 93), (304, 393, 77)],
)
def test_percent_gives_the_published_rates(attended: int, capacity: int, rate: int) -> None:
    """F3; `round()` makes 82 of 231 / 280."""
    assert percent(attended, capacity) == rate


@pytest.mark.parametrize(
    ("numerator", "denominator", "decimals", "text"),
    [
        (231, 280, 1, "82.5%"),
        (415, 419, 1, "99.0%"),
        (22, 90, 1, "24.4%"),
        (120, 170, 1, "70.6%"),
        (846, 1000, 0, "85%"),
        (1, 1000, 1, "0.1%"),
        (1, 2000, 1, "0.1%"),
        (0, 7, 0, "0%"),
        (7, 7, 1, "100.0%"),
        (1, 200, 0, "1%"),
        (999, 1000, 0, "100%"),
    ],
)
def test_percent_text_keeps_the_decimals_asked_for(
    numerator: int, denominator: int, decimals: int, text: str
) -> None:
    assert percent_text(percent(numerator, denominator, decimals)) == text


def test_percent_of_large_counts_does_not_lose_the_half() -> None:
    """A float says 50.0 to both of these; they are on different sides of the half."""
    huge = 10**20
    assert percent(5 * huge + 5 * huge // 100, 10 * huge) == Decimal(51)
    assert percent(5 * huge + 5 * huge // 100 - 1, 10 * huge) == Decimal(50)


def test_percent_of_nothing_is_not_applicable() -> None:
    """F15: a sector without organisations is neither 0% nor 100%."""
    assert percent(0, 0) is None
    assert percent_text(None) == "n/a"


def test_percent_refuses_negative_counts() -> None:
    with pytest.raises(ValueError, match="counts"):
        percent(-1, 5)
