"""Error pages: a sentence that says what to do, and the number of the request."""

from typing import Any

from flask import Flask, Response, current_app, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError

from wrap_portal.errors import DomainError
from wrap_portal.web import held_forms
from wrap_portal.web.branding import DEFAULT_BRAND
from wrap_portal.web.requests import request_id

PAGES = frozenset({400, 403, 404, 405, 413, 422, 429, 500, 503})

# Down, restarting, out of connections or disk, or this transaction was picked to lose: waiting is the answer.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeoutError)

EXPIRED_FORM = (
    "This page was open for too long, or your browser does not send cookies. "
    "Go back, reload the page and try again. Nothing was changed."
)


def init_error_pages(app: Flask) -> None:
    """Answer every error with a page of our own."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(DomainError, _refused)
    for kind in DATABASE_UNAVAILABLE:
        app.register_error_handler(kind, _database_unavailable)


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, DATABASE_UNAVAILABLE):
        return _database_unavailable(error.original_exception)
    status = error.code or 500
    response = _page(status)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _expired_form(error: CSRFError) -> Response:
    if held_forms.can_hold():
        return held_forms.page()
    return _page(400, sentence=EXPIRED_FORM)


def _refused(error: DomainError) -> Response:
    # Where a form was on the page its view has caught this; here there was only a button.
    return _page(422, sentence=error.sentence)


def _database_unavailable(error: Exception) -> Response:
    current_app.logger.error("database unavailable: %s", type(error).__name__, exc_info=error)
    response = _page(503)
    response.headers["Retry-After"] = "30"
    return response


def _page(status: int, **values: Any) -> Response:
    template = f"errors/{_nearest(status)}.html"
    values |= {"request_number": request_id()}
    if status < 500:
        try:
            return make_response(render_template(template, **values), status)
        except Exception:
            # The frame asks who is signed in. Where that fails too, the page without it beats nothing.
            current_app.logger.exception("an error page could not be rendered in full")
    return make_response(_bare(template, values), status)


def _bare(template: str, values: dict[str, Any]) -> str:
    """Render without context processors: no database, no session, nobody signed in."""
    return current_app.jinja_env.get_template(template).render(
        values, bare=True, navigation=[], footer_links=[], sign_out_url=None, brand=DEFAULT_BRAND
    )


def _nearest(status: int) -> int:
    if status in PAGES:
        return status
    return 500 if status >= 500 else 400
