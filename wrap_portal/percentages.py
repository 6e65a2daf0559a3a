"""The one way a share becomes a percentage. Nothing else in the portal rounds one (quality.md Q13)."""

from decimal import Decimal

NOT_APPLICABLE = "n/a"


def percent(numerator: int, denominator: int, decimals: int = 0) -> Decimal | None:
    """Return numerator / denominator as a percentage, half up: 231 of 280 is 83 (domain.md 2.10).

    Arguments: two counts; how many decimals to keep (0 on screens, 1 in exports).
    Returns None where the denominator is 0: shown as "n/a", neither 0% nor 100% (domain.md 2.2).
    Raises ValueError for a negative count.
    """
    if numerator < 0 or denominator < 0:
        raise ValueError(f"A percentage needs counts, not {numerator} of {denominator}")
    if denominator == 0:
        return None
    # In whole numbers, because a float or a cut-off decimal can fall on the wrong side of a half.
    scaled = (200 * numerator * 10**decimals + denominator) // (2 * denominator)
    return Decimal(scaled).scaleb(-decimals)


def percent_text(share: Decimal | None) -> str:
    """Return a percentage as it is read: "83%", or "n/a" for None."""
    return NOT_APPLICABLE if share is None else f"{share}%"
