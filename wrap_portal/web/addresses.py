"""What may stand in an address of the portal."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

# The largest id that a column of PostgreSQL's type integer holds.
LARGEST_ID = 2**31 - 1


class IdConverter(IntegerConverter):
    """A whole number that can be an id. A larger one leads nowhere; the database would call it an error."""

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(url_map, *args, **({"max": LARGEST_ID} | kwargs))


def init_addresses(app: Flask) -> None:
    """Let `<int:...>` in every rule mean an id; to be called before the rules are added."""
    app.url_map.converters["int"] = IdConverter


def id_in_address(text: str) -> int:
    """Return an id that stands behind the question mark: for `request.args.get(name, type=id_in_address)`.

    Raises ValueError for what cannot be an id, as `<int:...>` does not match it.
    """
    if (
        not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID)))
        or int(text) > LARGEST_ID
    ):
        raise ValueError("no id")
    return int(text)
