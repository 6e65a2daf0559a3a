"""Whose pages these are: the council's name and colour."""

import re
from dataclasses import dataclass

WHITE = "#ffffff"
BLACK = "#000000"

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Brand:
    """The name in the header and the colour behind it.

    Raises ValueError for a colour that is not #rrggbb: it is written into the page's stylesheet.
    """

    name: str
    colour: str

    def __post_init__(self) -> None:
        if not _COLOUR.fullmatch(self.colour):
            raise ValueError(f"{self.colour!r} is not a colour like #1d3c5c, in small letters")

    @property
    def is_council(self) -> bool:
        """False for the frame before anybody has signed in: nobody's name is in it."""
        return self != DEFAULT_BRAND

    @property
    def text_colour(self) -> str:
        """White or black, whichever is easier to read on the colour: at least 4.5 to 1, as WCAG AA asks."""
        return max((WHITE, BLACK), key=lambda text: contrast(text, self.colour))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two #rrggbb colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


# Before anybody has signed in the portal does not know whose pages to show.
DEFAULT_BRAND = Brand("Prevent training", "#1d3c5c")
