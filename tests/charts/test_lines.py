"""The trend chart says in its coordinates what the figures say."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from wrap_portal.charts.drawing import WIDTH
from wrap_portal.charts.lines import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, TrendPoint, line_chart

SVG = "{http://www.w3.org/2000/svg}"


def drawn(points: list[TrendPoint], today: date, target: Decimal | None = None) -> etree._Element:
    svg = line_chart(
        name="Any trend",
        title="Covered <ANY>",
        description="From 0 to 100",
        points=points,
        today=today,
        target=target,
    )
    return etree.fromstring(str(svg))


def with_class(svg: etree._Element, css: str) -> list[etree._Element]:
    return [one for one in svg.iter() if css in one.get("class", "").split()]


def steps(path: etree._Element) -> list[tuple[float, float]]:
    pairs = path.get("d")[1:].split(" L")
    return [(float(x), float(y)) for x, y in (pair.split() for pair in pairs)]


TREND = [
    TrendPoint(date(2026, 1, 1), Decimal(0)),
    TrendPoint(date(2026, 4, 11), Decimal(50)),
    TrendPoint(date(2026, 7, 20), Decimal(100)),
]


def test_line_goes_through_the_figures() -> None:
    svg = drawn(TREND, date(2026, 7, 20))
    (line,) = with_class(svg, "chart-line")
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    half = TOP + (HEIGHT - TOP - BOTTOM) / 2
    assert steps(line) == [
        pytest.approx((LEFT, HEIGHT - BOTTOM)),
        pytest.approx((middle, half)),
        pytest.approx((WIDTH - RIGHT, TOP)),
    ]
    assert len(with_class(svg, "chart-point")) == 3


def test_forecast_is_dashed_and_begins_where_the_past_ends() -> None:
    svg = drawn(TREND, date(2026, 4, 20))
    past, future = with_class(svg, "chart-line")
    assert "chart-line--forecast" not in past.get("class")
    assert "chart-line--forecast" in future.get("class")
    assert steps(future)[0] == steps(past)[-1]
    assert len(with_class(svg, "chart-point")) == 2


def test_today_stands_on_its_day_between_the_points() -> None:
    (marker,) = with_class(drawn(TREND, date(2026, 5, 31)), "chart-today")
    expected = LEFT + (WIDTH - LEFT - RIGHT) * 150 / 200
    assert float(marker.get("x1")) == float(marker.get("x2")) == pytest.approx(expected, abs=0.1)


def test_today_outside_the_picture_is_left_out() -> None:
    assert with_class(drawn(TREND, date(2027, 5, 31)), "chart-today") == []


def test_target_is_a_line_with_its_words() -> None:
    svg = drawn(TREND, date(2026, 7, 20), target=Decimal(85))
    (line,) = with_class(svg, "chart-target")
    assert float(line.get("y1")) == pytest.approx(TOP + 0.15 * (HEIGHT - TOP - BOTTOM), abs=0.1)
    assert with_class(svg, "chart-label--target")[0].text == "Target 85%"
    assert with_class(drawn(TREND, date(2026, 7, 20)), "chart-target") == []


def test_where_there_was_nothing_to_count_the_line_is_broken() -> None:
    months = [TrendPoint(date(2026, month, 1), Decimal(50)) for month in (1, 2, 4, 5)]
    svg = drawn([*months[:2], TrendPoint(date(2026, 3, 1), None), *months[2:]], date(2026, 5, 1))
    assert [len(steps(line)) for line in with_class(svg, "chart-line")] == [2, 2]
    assert len(with_class(svg, "chart-point")) == 4


def test_a_share_of_nothing_throughout_draws_no_line() -> None:
    points = [TrendPoint(date(2026, month, 1), None) for month in (1, 2, 3)]
    svg = drawn(points, date(2026, 2, 1))
    assert with_class(svg, "chart-line") == []
    assert with_class(svg, "chart-value") == []


def test_where_it_stands_and_where_it_ends_are_said_in_figures() -> None:
    values = with_class(drawn(TREND, date(2026, 4, 20)), "chart-value")
    assert [value.text for value in values] == ["50%", "100%"]


def test_it_is_one_picture_with_a_name_and_a_description() -> None:
    svg = drawn(TREND, date(2026, 4, 20))
    assert svg.get("role") == "img"
    assert svg.get("viewBox") == "0 0 480 290"
    assert svg.get("width") is None
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None and description is not None
    assert (title.text, svg.get("aria-labelledby")) == ("Covered <ANY>", title.get("id"))
    assert (description.text, svg.get("aria-describedby")) == ("From 0 to 100", description.get("id"))
    assert all(one.get("style") is None for one in svg.iter())


@pytest.mark.parametrize("months", [2, 3, 7, 8, 12, 13, 24, 30, 36, 60])
def test_month_labels_keep_apart_and_end_with_the_last(months: int) -> None:
    points = [
        TrendPoint(date(2022 + month // 12, month % 12 + 1, 1), Decimal(month)) for month in range(months)
    ]
    svg = drawn(points, points[-1].on)
    labels = [one for one in with_class(svg, "chart-label") if one.get("y") == f"{HEIGHT - BOTTOM + 24:.0f}"]
    places = [float(one.get("x", "")) for one in labels]
    assert labels[-1].text == f"{points[-1].on:%b %y}"
    assert len(labels) <= 8
    assert all(after - before >= 45 for before, after in zip(places, places[1:], strict=False))


def test_everything_stays_inside_the_picture() -> None:
    svg = drawn(TREND, date(2026, 4, 20), target=Decimal(100))
    for one in svg.iter():
        for attribute in ("x", "x1", "x2", "cx"):
            assert 0 <= float(one.get(attribute, "0")) <= WIDTH
        for attribute in ("y", "y1", "y2", "cy"):
            assert 0 <= float(one.get(attribute, "0")) <= HEIGHT


def test_one_point_is_no_trend() -> None:
    with pytest.raises(ValueError, match="two points"):
        drawn(TREND[:1], date(2026, 1, 1))
