"""Templates: where they are found, and what every one of them can use."""

import json
import re
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader

from wrap_portal.percentages import percent, percent_text
from wrap_portal.web.branding import DEFAULT_BRAND
from wrap_portal.web.forms import error_items
from wrap_portal.web.headers import csp_nonce
from wrap_portal.web.paging import page_items, page_url
from wrap_portal.wording import (
    count_text,
    date_text,
    long_date_text,
    period_text,
    short_date_text,
    time_text,
)

SERVICE_NAME = "WRAP Portal"


def init_templating(app: Flask) -> None:
    """Let templates extend GOV.UK's and use our filters and functions.

    What differs by person (navigation, brand, sign_out_url, signed_in_as, footer_links) has a plain default
    here; a context processor of the application replaces it.
    """
    settings = app.config.get("SETTINGS")
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(Path(app.root_path, app.template_folder or "templates")),
            PrefixLoader(
                {
                    "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
                    "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf"),
                }
            ),
        ]
    )
    app.extensions["asset_hashes"] = _asset_hashes(app)
    app.jinja_env.filters.update(
        date=_unless_none(date_text),
        short_date=_unless_none(short_date_text),
        long_date=_unless_none(long_date_text),
        time_london=_unless_none(time_text),
        datetime_london=_unless_none(period_text),
        percent=_percent,
        count=count_text,
    )
    app.jinja_env.globals.update(
        csp_nonce=csp_nonce,
        asset_url=asset_url,
        error_items=error_items,
        element_id=element_id,
        table_columns=table_columns,
        page_items=page_items,
        page_url=page_url,
        service_name=SERVICE_NAME,
        brand=DEFAULT_BRAND,
        demonstration=bool(settings and settings.demonstration),
        navigation=[],
        footer_links=[],
        sign_out_url=None,
        signed_in_as=None,
    )


def asset_url(name: str) -> str:
    """Return the address of a file under static/, with its content's hash so that browsers may keep it.

    Not by url_for: the page that answers a request for a host we do not know has no routes to look in.
    """
    path = f"{current_app.static_url_path}/{name}"
    version = current_app.extensions["asset_hashes"].get(name)
    return f"{path}?v={version}" if version else path


def element_id(words: str) -> str:
    """Return words as an id for an element: "Schools: the figures" becomes "schools-the-figures"."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "part"


def table_columns(head: list[str | dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the columns of a data_table as dicts, whichever way they were given."""
    return [{"text": column} if isinstance(column, str) else column for column in head]


def _asset_hashes(app: Flask) -> dict[str, str]:
    # Without a manifest the files have not been built; pages still work, each file is asked for again.
    manifest = Path(app.static_folder or "static", "dist", "manifest.json")
    if not manifest.exists():
        return {}
    hashes: dict[str, str] = json.loads(manifest.read_text())
    return hashes


def _unless_none(words: Any) -> Any:
    def filtered(value: date | datetime | time | None, *arguments: Any) -> str:
        return "" if value is None else str(words(value, *arguments))

    return filtered


def _percent(value: int | Decimal | None, denominator: int | None = None, decimals: int = 0) -> str:
    """As a filter: `covered | percent(schools)` of two counts, or `share | percent` of a ready percentage."""
    if denominator is not None and isinstance(value, int):
        return percent_text(percent(value, denominator, decimals))
    if isinstance(value, int):
        raise TypeError("A count needs its denominator: `covered | percent(schools)`")
    return percent_text(value)
