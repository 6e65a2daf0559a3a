"""What charts are drawn with: elements with classes (colours are the stylesheet's) and the frame around them.

Sizes are in the picture's own units; the picture scales to the page. The margins leave room for the larger
letters that the stylesheet gives it on a phone.
"""

import re
from decimal import Decimal

from markupsafe import Markup, escape

WIDTH = 480.0


def element(name: str, css: str, content: str = "", **attributes: str | float) -> Markup:
    """Return an SVG element. Arguments: its class; its escaped or plain content; attributes, with _ for -."""
    written = Markup(" ").join(
        Markup('{}="{}"').format(key.replace("_", "-"), _number(value)) for key, value in attributes.items()
    )
    return Markup('<{0} class="{1}" {2}>{3}</{0}>').format(name, css, written, content)


def picture(name: str, title: str, description: str, height: float, parts: list[Markup]) -> Markup:
    """Return a whole SVG that a screen reader announces as one picture.

    Arguments: `name` makes the ids and must be unique in the page; `title` says what it shows, `description`
    what is to be seen in it, in a sentence; `height` in units of WIDTH.
    """
    key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" focusable="false"'
        ' aria-labelledby="{key}-title" aria-describedby="{key}-description" xmlns="http://www.w3.org/2000/svg">'
        '<title id="{key}-title">{title}</title><desc id="{key}-description">{description}</desc>'
        "{parts}</svg>"
    ).format(
        key=key,
        title=title,
        description=description,
        width=_number(WIDTH),
        height=_number(height),
        parts=Markup("").join(parts),
    )


def whole(share: Decimal) -> str:
    """Return a percentage as the chart says it: "83%"."""
    return f"{share}%"


def _number(value: str | float) -> str:
    return str(escape(value)) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
