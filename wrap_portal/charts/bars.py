"""Shares side by side: a bar for each phase, ward or kind, longest name and all."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from wrap_portal.charts.drawing import WIDTH, element, picture, whole

ROW = 52.0
BAR = 18.0
VALUE_WIDTH = 62.0


@dataclass(frozen=True)
class Bar:
    """A name and its share, 0 to 100; None where there is nothing to count (n/a)."""

    name: str
    share: Decimal | None


def bar_chart(
    *, name: str, title: str, description: str, bars: Sequence[Bar], target: Decimal | None = None
) -> Markup:
    """Return bars from 0 to 100 as SVG, each with its name above and its value at the end.

    Arguments: `name`, `title`, `description` as `picture` takes them; `target` is marked across all bars.
    Raises ValueError without bars.
    """
    if not bars:
        raise ValueError("A bar chart needs at least one bar")
    length = WIDTH - VALUE_WIDTH
    parts: list[Markup] = []
    for index, bar in enumerate(bars):
        top = index * ROW + 24
        parts.append(element("text", "chart-label", bar.name, x=0, y=top - 7))
        parts.append(element("rect", "chart-bar-track", x=0, y=top, width=length, height=BAR))
        if bar.share is not None:
            filled = length * float(bar.share) / 100
            parts.append(element("rect", "chart-bar", x=0, y=top, width=filled, height=BAR))
        words = "n/a" if bar.share is None else whole(bar.share)
        parts.append(element("text", "chart-value", words, x=WIDTH, y=top + 15, text_anchor="end"))
    height = len(bars) * ROW
    if target is not None:
        across = length * float(target) / 100
        parts.append(element("line", "chart-target", x1=across, x2=across, y1=18, y2=height))
    return picture(name, title, description, height, parts)
