"""The number of a request and its line in the log: what happened, how long it took, nothing about people."""

import json
import logging
import re
import secrets
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from flask.logging import wsgi_errors_stream

from wrap_portal.web import health

LOGGER = logging.getLogger("wrap_portal.requests")

# What goes into a line besides the message: a list, so that nothing personal slips in with a record.
_FIELDS = ("event", "method", "route", "endpoint", "status", "milliseconds")


class JsonLines(logging.Formatter):
    """One JSON object a line, so that no name with a line feed in it can forge a second line."""

    def __init__(self, *, with_messages: bool) -> None:
        """Arguments: whether an exception's own words go into the log.

        They often quote a row: "Key (email)=(...) already exists". Where real people's records are kept only
        the kind of exception and the lines of code do.
        """
        super().__init__()
        self.with_messages = with_messages

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON: time (UTC), level, logger, message, our own fields, the traceback."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request_id"] = request_id()
        line.update({field: getattr(record, field) for field in _FIELDS if hasattr(record, field)})
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = self._traceback(record.exc_info[1])
        return json.dumps(line)

    def _traceback(self, error: BaseException) -> str:
        if self.with_messages:
            return "".join(traceback.format_exception(error))
        parts: list[str] = []
        cause: BaseException | None = error
        while cause is not None:
            parts.insert(0, "".join(traceback.format_tb(cause.__traceback__)) + type(cause).__qualname__)
            cause = cause.__cause__ or cause.__context__
        return "\n\n".join(parts)


def init_requests(app: Flask) -> None:
    """Number and log every request, and answer /health."""
    settings = app.config.get("SETTINGS")
    _log_as_json(with_messages=not (settings and settings.production))
    app.log_exception = _log_exception  # type: ignore[method-assign]
    app.before_request(_start)
    # Functions after a request run in reverse order: registered first, this one sees the final response.
    app.after_request(_log)
    app.register_blueprint(health.blueprint)


def request_id() -> str:
    """Return the number of this request: in the log, in the X-Request-ID header and on every error page.

    Always our own: one sent by the browser could be anything, and could repeat.
    """
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def _start() -> None:
    g.started = time.perf_counter()


def _log(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    taken = time.perf_counter() - g.get("started", time.perf_counter())
    LOGGER.info(
        "request",
        extra={
            "event": "request",
            "method": re.sub(r"[^A-Z]", "", request.method)[:20],
            # The rule, not the address: addresses hold one-time links and what people searched for.
            "route": request.url_rule.rule if request.url_rule else None,
            "endpoint": request.endpoint,
            "status": response.status_code,
            "milliseconds": round(taken * 1000, 1),
        },
    )
    return response


def _log_exception(exc_info: Any) -> None:
    # In place of Flask's, which writes the address down.
    logging.getLogger("wrap_portal").error(
        "unhandled exception", exc_info=exc_info, extra={"event": "exception", "endpoint": request.endpoint}
    )


def _log_as_json(*, with_messages: bool) -> None:
    portal = logging.getLogger("wrap_portal")
    portal.setLevel(logging.INFO)
    # A process may make several applications (tests do); each line is still written once.
    for handler in [one for one in portal.handlers if isinstance(one.formatter, JsonLines)]:
        portal.removeHandler(handler)
    handler = logging.StreamHandler(wsgi_errors_stream)  # type: ignore[call-overload]
    handler.setFormatter(JsonLines(with_messages=with_messages))
    portal.addHandler(handler)
