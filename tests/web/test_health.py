"""What watches the service can tell a dead process from a missing database."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from wrap_portal.extensions import db


def test_live_needs_no_database(client: FlaskClient) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"status": "live"})


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_health_asks_the_database(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_health_says_when_the_database_does_not_answer(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setitem(db.engines, None, create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json) == (503, {"status": "database unavailable"})
