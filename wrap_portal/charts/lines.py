"""The trend of a share over time, with its target, today, and what comes if nothing is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from wrap_portal.charts.drawing import WIDTH, element, picture, whole

HEIGHT = 290.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 22.0, 40.0, 40.0
GRID = (0, 25, 50, 75, 100)
# A label for each month is too many on three years; on a phone only the ends and the middle stay.
MOST_LABELS = 7
# With more than this the points would run into each other; the line is enough.
MOST_POINTS = 40


@dataclass(frozen=True)
class TrendPoint:
    """The share on a date, 0 to 100; None where there was nothing to count (n/a)."""

    on: date
    share: Decimal | None


def line_chart(
    *,
    name: str,
    title: str,
    description: str,
    points: Sequence[TrendPoint],
    today: date,
    target: Decimal | None = None,
) -> Markup:
    """Return the chart of a trend as SVG.

    Arguments: `name`, `title`, `description` as `picture` takes them; `points` in order of time, those after
    `today` are the forecast and drawn dashed; `target` 0 to 100, or None. A point without share makes a gap.
    Raises ValueError with fewer than two points: that is a figure, not a trend.
    """
    if len(points) < 2:
        raise ValueError("A trend needs at least two points")
    scale = _Scale(points[0].on, points[-1].on)
    parts = [*_grid(scale), *_month_labels(scale, points)]
    if target is not None:
        parts.extend(_target(scale, target))
    if points[0].on <= today <= points[-1].on:
        parts.extend(_today(scale, today, has_forecast=points[-1].on > today))
    parts.extend(_line(scale, points, today))
    parts.extend(_values(scale, points, today, target))
    return picture(name, title, description, HEIGHT, parts)


@dataclass(frozen=True)
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        share = (day - self.first).days / (self.last - self.first).days
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, share: Decimal | int) -> float:
        return TOP + (1 - float(share) / 100) * (HEIGHT - TOP - BOTTOM)


def _grid(scale: _Scale) -> list[Markup]:
    parts = []
    for share in GRID:
        height = scale.y(share)
        css = "chart-grid" if share else "chart-axis"
        parts.append(element("line", css, x1=LEFT, x2=WIDTH - RIGHT, y1=height, y2=height))
        parts.append(element("text", "chart-label", f"{share}%", x=LEFT - 8, y=height + 5, text_anchor="end"))
    return parts


def _month_labels(scale: _Scale, points: Sequence[TrendPoint]) -> list[Markup]:
    last = len(points) - 1
    step = max(1, -(-len(points) // MOST_LABELS))
    # The last date is what people look for; a neighbour too close to it gives way.
    shown = [index for index in range(0, last, step) if last - index >= step] + [last]
    always = {0, last, shown[len(shown) // 2]}
    parts = []
    for index in shown:
        css = "chart-label" if index in always else "chart-label chart-label--extra"
        anchor = "start" if index == 0 else "end" if index == last else "middle"
        day = points[index].on
        parts.append(
            element("text", css, f"{day:%b %y}", x=scale.x(day), y=HEIGHT - BOTTOM + 24, text_anchor=anchor)
        )
    return parts


def _target(scale: _Scale, target: Decimal) -> list[Markup]:
    height = scale.y(target)
    # Under the line where there is no room above it.
    beside = height + 18 if target > 92 else height - 7
    return [
        element("line", "chart-target", x1=LEFT, x2=WIDTH - RIGHT, y1=height, y2=height),
        element("text", "chart-label chart-label--target", f"Target {whole(target)}", x=LEFT + 6, y=beside),
    ]


def _today(scale: _Scale, today: date, *, has_forecast: bool) -> list[Markup]:
    across = scale.x(today)
    room_on_the_left = across - LEFT > 60
    parts = [
        element("line", "chart-today", x1=across, x2=across, y1=TOP - 22, y2=HEIGHT - BOTTOM),
        element(
            "text",
            "chart-label",
            "Today",
            x=across - 6 if room_on_the_left else across + 6,
            y=TOP - 12,
            text_anchor="end" if room_on_the_left else "start",
        ),
    ]
    if has_forecast and room_on_the_left:
        words = "Forecast" if WIDTH - RIGHT - across > 90 else ""
        parts.append(element("text", "chart-label", words, x=across + 6, y=TOP - 12))
    return parts


def _line(scale: _Scale, points: Sequence[TrendPoint], today: date) -> list[Markup]:
    past = [point for point in points if point.on <= today]
    # The forecast goes on from the last known point, so that the two lines meet.
    future = [*past[-1:], *(point for point in points if point.on > today)]
    parts = [element("path", "chart-line", d=_path(scale, run)) for run in _runs(past)]
    parts += [
        element("path", "chart-line chart-line--forecast", d=_path(scale, run)) for run in _runs(future)
    ]
    if len(points) <= MOST_POINTS:
        parts += [
            element("circle", "chart-point", cx=scale.x(point.on), cy=scale.y(point.share), r=3)
            for point in past
            if point.share is not None
        ]
    return parts


def _runs(points: Sequence[TrendPoint]) -> list[list[TrendPoint]]:
    """Split a line at its holes; a single point makes no line."""
    runs: list[list[TrendPoint]] = [[]]
    for point in points:
        if point.share is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


def _path(scale: _Scale, run: Sequence[TrendPoint]) -> str:
    steps = [f"{scale.x(point.on):.1f} {scale.y(point.share or 0):.1f}" for point in run]
    return "M" + " L".join(steps)


def _values(scale: _Scale, points: Sequence[TrendPoint], today: date, target: Decimal | None) -> list[Markup]:
    """Say in figures where the line stands today and where it ends."""
    past = [point for point in points if point.on <= today]
    parts = []
    if past and past[-1] != points[-1] and past[-1].share is not None:
        parts.append(_value(scale, past[-1], past[-1].share, _target_is_above(past[-1].share, target)))
    before, last = points[-2].share, points[-1].share
    if last is not None:
        falls_to_it = before is not None and before > last and last > 10
        parts.append(_value(scale, points[-1], last, falls_to_it or _target_is_above(last, target)))
    return parts


def _target_is_above(share: Decimal, target: Decimal | None) -> bool:
    return target is not None and 0 <= target - share < 14


def _value(scale: _Scale, point: TrendPoint, share: Decimal, below: bool) -> Markup:
    """Above the line; below it at the top of the picture, and where another line runs just above."""
    height = scale.y(share)
    return element(
        "text",
        "chart-value",
        whole(share),
        x=scale.x(point.on),
        y=height + 24 if below or share > 90 else height - 10,
        text_anchor="end" if point.on == scale.last else "middle",
    )
