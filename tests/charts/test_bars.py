"""Bars are as long as their shares."""

from decimal import Decimal

import pytest
from lxml import etree

from wrap_portal.charts.bars import VALUE_WIDTH, Bar, bar_chart
from wrap_portal.charts.drawing import WIDTH

BARS = [Bar("Primary & nursery", Decimal(50)), Bar("Secondary", Decimal(100)), Bar("Special", None)]


def with_class(svg: etree._Element, css: str) -> list[etree._Element]:
    return [one for one in svg.iter() if one.get("class") == css]


def test_bars_are_as_long_as_their_shares() -> None:
    svg = etree.fromstring(str(bar_chart(name="phase", title="By phase", description="...", bars=BARS)))
    full = WIDTH - VALUE_WIDTH
    assert [float(bar.get("width", "")) for bar in with_class(svg, "chart-bar")] == [full / 2, full]
    assert [value.text for value in with_class(svg, "chart-value")] == ["50%", "100%", "n/a"]
    assert [label.text for label in with_class(svg, "chart-label")] == [bar.name for bar in BARS]


def test_target_crosses_every_bar() -> None:
    svg = etree.fromstring(
        str(bar_chart(name="phase", title="By phase", description="...", bars=BARS, target=Decimal(80)))
    )
    (line,) = with_class(svg, "chart-target")
    assert float(line.get("x1", "")) == pytest.approx(0.8 * (WIDTH - VALUE_WIDTH), abs=0.1)


def test_no_bars_is_no_chart() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bar_chart(name="phase", title="By phase", description="...", bars=[])
