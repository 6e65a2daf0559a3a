"""A council's colour is readable and cannot carry anything else into the page."""

import pytest

from wrap_portal.web.branding import BLACK, WHITE, Brand, contrast


def test_contrast_is_the_one_of_wcag() -> None:
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast("#767676", WHITE) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    "colour", ["#1d3c5c", "#ffdd00", "#777777", "#7b1e5a", "#808080", "#ff0000", "#00ff00"]
)
def test_text_on_the_colour_can_be_read(colour: str) -> None:
    assert contrast(Brand("Council", colour).text_colour, colour) >= 4.5


@pytest.mark.parametrize("colour", ["red", "#FFF", "#12345", "#12345g", "#1d3c5c}body{display:none", ""])
def test_only_a_colour_is_a_colour(colour: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        Brand("Council", colour)
