"""The fixtures keep their word: what a test does is gone afterwards, and what must be real is real."""

import smtplib
from email.message import EmailMessage
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session

from tests.support.databases import OwnDatabase
from tests.support.mail import SmtpSink
from tests.support.queries import counted_queries
from tests.support.servers import LiveServer
from wrap_portal.extensions import db
from wrap_portal.transaction import committed

# A table of every migrated database, with a row that a test may add as it likes.
ADD = text("INSERT INTO alembic_version VALUES (:mark)")
COUNT = text("SELECT count(*) FROM alembic_version WHERE version_num LIKE 'mark%'")


def test_a_commit_is_undone_1(db_session: scoped_session[Any]) -> None:
    with committed():
        db.session.execute(ADD, {"mark": "mark 1"})
    assert db.session.scalar(COUNT) == 1


def test_a_commit_is_undone_2(db_session: scoped_session[Any]) -> None:
    """The same again: whichever of the two comes second sees nothing of the first."""
    with committed():
        db.session.execute(ADD, {"mark": "mark 2"})
    assert db.session.scalar(COUNT) == 1


def test_a_rollback_takes_back_only_what_was_not_committed(db_session: scoped_session[Any]) -> None:
    with committed():
        db.session.execute(ADD, {"mark": "mark 1"})
    db.session.execute(ADD, {"mark": "mark 2"})
    db.session.rollback()
    assert db.session.scalar(COUNT) == 1


def test_a_request_has_a_context_of_its_own_and_sees_what_the_test_made(
    app: Flask, client: FlaskClient, db_session: scoped_session[Any]
) -> None:
    db.session.execute(ADD, {"mark": "mark 1"})
    response = client.get("/health")
    assert response.status_code == 200
    assert db.session.scalar(COUNT) == 1


def test_an_own_database_is_committed_to_for_real(own_database: OwnDatabase) -> None:
    with own_database.app.app_context(), committed():
        db.session.execute(ADD, {"mark": "mark"})
    engine = create_engine(own_database.url)
    with engine.connect() as connection:
        assert connection.scalar(COUNT) == 1
    engine.dispose()
    with own_database.make_app().app_context():
        assert db.session.scalar(COUNT) == 1


def test_an_own_database_is_fresh(
    own_database: OwnDatabase, app: Flask, db_session: scoped_session[Any]
) -> None:
    db.session.execute(ADD, {"mark": "mark"})
    with own_database.app.app_context():
        assert db.session.scalar(COUNT) == 0
    assert db.session.scalar(COUNT) == 1


def test_the_mail_server_keeps_what_it_takes(smtp_sink: SmtpSink, app: Flask) -> None:
    message = EmailMessage()
    message["Subject"] = "Your place on 3 December – confirmed"
    message.set_content("See you there.")
    smtp_sink.refusals.append("451 Later")
    with smtplib.SMTP("127.0.0.1", app.config["SETTINGS"].smtp_port) as connection:
        for _ in range(2):
            try:
                connection.send_message(message, "portal@example.org", ["a@example.org"])
            except smtplib.SMTPDataError as error:
                assert error.smtp_code == 451
    (delivery,) = smtp_sink.deliveries
    assert delivery.recipients == ["a@example.org"]
    assert delivery.subject == "Your place on 3 December – confirmed"
    assert delivery.text.strip() == "See you there."


def test_queries_are_counted(db_session: scoped_session[Any]) -> None:
    with counted_queries() as queries:
        db.session.scalar(COUNT)
        with db.session.begin_nested():
            db.session.execute(ADD, {"mark": "mark"})
    assert len(queries) == 2


def test_the_live_server_answers_in_a_browser(live_server: LiveServer, page: Any) -> None:
    answer = page.goto("/health")
    assert answer.status == 200
    assert page.url == live_server.url + "/health"
