"""The fixtures of every test: a database that forgets, a client that looks, a mail server, a browser.

| fixture | gives |
|---|---|
| `app` | the application on this worker's database, for the whole run |
| `db_session` | the session; what the test does is undone after it, commits too |
| `client` | a test client on `db_session` that checks every page it gets (tests/support/pages.py) |
| `own_database` | a fresh database that is really committed to: races, jobs, several connections |
| `smtp_sink` | a mail server that collects; `app` sends to it meanwhile |
| `live_server` | the portal under gunicorn on `own_database` |
| `page`, `new_page_without_javascript` | Chromium on it |
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from flask_sqlalchemy.session import Session
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Connection
from sqlalchemy.orm import scoped_session

from config import MailTransport, Settings, SmtpSecurity
from tests.support.browser import FLAGS, Complaints, chromium
from tests.support.databases import OwnDatabase, Run, Template, bound_app, template_of_this_run
from tests.support.mail import SmtpSink
from tests.support.servers import LiveServer
from wrap_portal.extensions import db

NO_CHROMIUM = "Chromium is not installed"
BROWSER_FIXTURES = {"page", "context", "browser", "new_context", "launch_browser"}

_run = pytest.StashKey[Run]()
_browser_tests = pytest.StashKey["BrowserTests"]()


class BrowserTests:
    """What became of the tests that drive a browser, of all workers."""

    def __init__(self) -> None:
        self.passed = 0
        self.skipped = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts; pytest calls it in the controller for every report."""
        if "browser" in report.keywords:
            self.passed += report.when == "call" and report.passed
            self.skipped += report.skipped


# the run


def pytest_configure(config: pytest.Config) -> None:
    """The controller (or the only process) makes the run; workers take part in it."""
    if not hasattr(config, "workerinput"):
        config.stash[_run] = Run()
        config.stash[_browser_tests] = BrowserTests()
        config.pluginmanager.register(config.stash[_browser_tests])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks whatever drives a browser, and skips it where there is none and none is required."""
    without = chromium() is None and not os.environ.get("REQUIRE_BROWSER")
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
            if without:
                item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where a browser is required, a run in which none was driven has failed."""
    tests = session.config.stash.get(_browser_tests, None)
    if tests and os.environ.get("REQUIRE_BROWSER") and not tests.passed and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the run; the very last lines say when no browser was driven."""
    run = config.stash.get(_run, None)
    if run is None:
        return
    run.close()
    tests = config.stash[_browser_tests]
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    if tests.skipped:
        reporter.write_line(
            f"BROWSER TESTS SKIPPED: {tests.skipped}, because {NO_CHROMIUM}. "
            "On Debian or Ubuntu: sudo apt-get install chromium",
            yellow=True,
        )
    elif os.environ.get("REQUIRE_BROWSER") and not tests.passed:
        reporter.write_line("BROWSER TESTS REQUIRED, but not one of them passed.", red=True)


# the database


class UndoneSession(Session):
    """A session that works inside the test's outer transaction, while a test has one for this application."""

    outer: dict[Flask, Connection] = {}

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """The test's connection where there is one."""
        connection = self.outer.get(current_app._get_current_object())  # type: ignore[attr-defined]
        return super().get_bind(*args, **kwargs) if connection is None else connection


@pytest.fixture(scope="session")
def database_template() -> Iterator[Template]:
    """The migrated database of which others are copies."""
    db.session.session_factory.class_ = UndoneSession
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    with template_of_this_run() as template:
        yield template


@pytest.fixture(scope="session")
def app(database_template: Template) -> Iterator[Flask]:
    """The application on this worker's database. Tests that write take `db_session` or `client` with it."""
    with bound_app(database_template.server.url(database_template.copy())) as app:
        yield app


@pytest.fixture
def db_session(app: Flask) -> Iterator[scoped_session[Any]]:
    """The session inside an application context; everything is undone after the test, commits too."""
    with app.app_context():
        engine = db.engine
        with engine.connect() as connection:
            transaction = connection.begin()
            UndoneSession.outer[app] = connection
            try:
                yield db.session
            finally:
                db.session.remove()
                del UndoneSession.outer[app]
                transaction.rollback()


@pytest.fixture
def client(app: Flask, db_session: scoped_session[Any]) -> FlaskClient:
    """A client nobody has signed in with yet. `app.test_client()` makes further ones."""
    return app.test_client()


@pytest.fixture
def own_database(database_template: Template) -> Iterator[OwnDatabase]:
    """A fresh database with an application on it; commits are real, any number of connections see them."""
    name = database_template.copy()
    url = database_template.server.url(name)
    try:
        with ExitStack() as stack:
            yield OwnDatabase(url, stack.enter_context(bound_app(url)), stack)
    finally:
        database_template.server.drop(name)


# mail


@pytest.fixture
def smtp_sink(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpSink]:
    """A mail server that collects. `app` sends to it; others do with
    `own_database.make_app(**smtp_sink.environ)`.
    """
    sink = SmtpSink()
    sink.start()
    settings: Settings = app.config["SETTINGS"]
    sending = replace(
        settings,
        mail_transport=MailTransport.SMTP,
        smtp_host="127.0.0.1",
        smtp_port=sink.port,
        smtp_security=SmtpSecurity.NONE,
        mail_from=sink.environ["MAIL_FROM"],
    )
    monkeypatch.setitem(app.config, "SETTINGS", sending)
    try:
        yield sink
    finally:
        sink.stop()


# the server and the browser


@pytest.fixture
def start_server(own_database: OwnDatabase, tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Starts the portal on `own_database`: `start_server(workers=4, WRAP_DEMONSTRATION="yes")`."""
    started: list[LiveServer] = []

    def start(*, workers: int = 1, threads: int = 8, **environ: str) -> LiveServer:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        settings: Mapping[str, str] = {
            "DATABASE_URL": own_database.url,
            "WRAP_INSTANCE": str(folder),
            "SECRET_KEY": own_database.app.config["SECRET_KEY"],
        }
        server = LiveServer(dict(settings) | environ, folder / "server.log", workers=workers, threads=threads)
        server.start()
        started.append(server)
        return server

    try:
        yield start
    finally:
        for server in started:
            server.stop()


@pytest.fixture
def live_server(start_server: Callable[..., LiveServer]) -> LiveServer:
    """The portal under gunicorn on `own_database`; `live_server.url` is its address."""
    return start_server()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, not one that Playwright downloads."""
    path = chromium()
    if path is None:
        pytest.fail(f"{NO_CHROMIUM}, and REQUIRE_BROWSER is set")
    return browser_type_launch_args | {"executable_path": str(path), "args": list(FLAGS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A British reader at a common width."""
    return browser_context_args | {
        "locale": "en-GB",
        "timezone_id": "Europe/London",
        "viewport": {"width": 1280, "height": 900},
    }


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the browser complained about; the test fails where there is anything."""
    heard = Complaints()
    yield heard
    assert heard.found == []


@pytest.fixture
def context(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, complaints: Complaints
) -> BrowserContext:
    """A browser context whose relative addresses are those of `live_server`."""
    context = new_context(base_url=live_server.url)
    context.on("page", complaints.listen)
    return context


@pytest.fixture
def new_page_without_javascript(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, complaints: Complaints
) -> Page:
    """A page of a browser in which JavaScript is switched off."""
    context = new_context(base_url=live_server.url, java_script_enabled=False)
    context.on("page", complaints.listen)
    return context.new_page()
