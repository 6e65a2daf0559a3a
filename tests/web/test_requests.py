"""One JSON line a request, nothing about people in it."""

import json
import logging
import sys

import pytest
from flask import Flask
from flask.testing import FlaskClient

from wrap_portal.web.requests import JsonLines


@pytest.fixture
def lines(small_app: Flask, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="wrap_portal")
    return caplog


def written(caplog: pytest.LogCaptureFixture, *, with_messages: bool = False) -> list[str]:
    formatter = JsonLines(with_messages=with_messages)
    return [formatter.format(record) for record in caplog.records]


def test_a_request_is_one_line(small_client: FlaskClient, lines: pytest.LogCaptureFixture) -> None:
    answer = small_client.get("/everything?name=Ada+Byron")
    (line,) = [json.loads(line) for line in written(lines)]
    assert line.pop("milliseconds") >= 0
    assert lines.records[0].__dict__["endpoint"] == "everything"
    assert {key: line[key] for key in ("event", "method", "route", "endpoint", "status", "level")} == {
        "event": "request",
        "method": "GET",
        "route": "/everything",
        "endpoint": "everything",
        "status": 200,
        "level": "info",
    }
    assert "Ada" not in json.dumps(line)
    assert answer.headers["X-Request-ID"]


def test_a_line_has_no_secrets_and_no_words_of_the_exception(
    small_client: FlaskClient, lines: pytest.LogCaptureFixture
) -> None:
    small_client.get("/crashes/ada@example.org")
    log = "\n".join(written(lines))
    assert "ada@example.org" not in log
    crash = json.loads(written(lines)[0])
    assert crash["exception"].endswith("RuntimeError")
    assert "in crashes" in crash["exception"]
    assert json.loads(written(lines)[1])["route"] == "/crashes/<secret>"


def test_developers_see_the_words_of_the_exception(
    small_client: FlaskClient, lines: pytest.LogCaptureFixture
) -> None:
    small_client.get("/crashes/ada@example.org")
    assert "already exists" in written(lines, with_messages=True)[0]


def test_causes_are_named_without_their_words() -> None:
    address = "ada@example.org"
    try:
        try:
            raise KeyError(address)
        except KeyError as error:
            raise ValueError(address) from error
    except ValueError:
        record = logging.LogRecord("wrap_portal", logging.ERROR, __file__, 1, "x", None, sys.exc_info())
    line = JsonLines(with_messages=False).format(record)
    assert "KeyError" in line
    assert "ValueError" in line
    assert "ada@" not in line


def test_a_message_cannot_forge_a_line() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "a\nb\x1b[31m", None, None)
    assert len(JsonLines(with_messages=False).format(record).splitlines()) == 1
    assert "\x1b" not in JsonLines(with_messages=False).format(record)


def test_the_log_handler_is_there_once_however_many_applications(small_app: Flask) -> None:
    handlers = [
        handler
        for handler in logging.getLogger("wrap_portal").handlers
        if isinstance(handler.formatter, JsonLines)
    ]
    assert len(handlers) == 1
