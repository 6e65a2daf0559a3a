"""Long lists in pages: which rows to read, and the links to the others."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

ROWS_PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of a list: its number (from 1), rows a page, and rows in all."""

    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """Rows to skip before this page."""
        return (self.number - 1) * self.size

    @property
    def first_row(self) -> int:
        """The number of the first row shown, from 1; 0 in an empty list."""
        return self.offset + 1 if self.total else 0

    @property
    def last_row(self) -> int:
        """The number of the last row shown."""
        return min(self.offset + self.size, self.total)


def requested_page(total: int, size: int = ROWS_PER_PAGE) -> Page:
    """Return the page that `?page=` asks for; the nearest one there is where it asks for another."""
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    last = Page(1, size, total).pages
    return Page(min(max(number, 1), last), size, total)


def page_url(number: int) -> str:
    """Return this address with another page number, everything else kept."""
    arguments = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{request.path}?{urlencode([*arguments, ('page', number)])}"


def page_items(page: Page) -> list[dict[str, Any]]:
    """Return what GOV.UK's pagination lists: first, last, this page and its neighbours, dots for the rest."""
    shown = sorted(
        {1, page.pages} | {n for n in range(page.number - 1, page.number + 2) if 1 <= n <= page.pages}
    )
    items: list[dict[str, Any]] = []
    for before, number in zip([0, *shown], shown, strict=False):
        if number - before > 1:
            items.append({"ellipsis": True})
        items.append({"number": number, "href": page_url(number), "current": number == page.number})
    return items
