"""Databases for the tests: one server a run, one migrated template, copies of it that cost a tenth of a
second.

The server is an embedded one of its own, without the flushing to disk that makes data outlive a power cut;
with DATABASE_URL in the environment it is that server instead, where the run makes databases of its own
beside the named one and takes them away again.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import flask_migrate
from flask import Flask
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from config import Settings
from tests.support.pages import CheckingClient
from wrap_portal.app import create_app
from wrap_portal.embedded_postgres import EmbeddedServer
from wrap_portal.extensions import db

RUNS = "wrap-portal-tests-"
# Here and only here: what a crash of the machine would lose is a test run.
NO_DURABILITY = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200")
TEST_SECRET = "a secret of the tests, long enough to be one"  # noqa: S105

_numbers = count(1)


class Run:
    """A run of the tests: its folder, and the lock that says it is still going on.

    The controller makes it; the workers of pytest-xdist find it through the environment.
    """

    def __init__(self) -> None:
        _remove_dead_runs()
        # Not under pytest's own folder: root closes that to the account which runs the server then.
        fresh = Path(tempfile.mkdtemp(prefix="wrap-portal-new-"))
        fresh.chmod(0o711)
        self._lock = os.open(fresh / "alive", os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Named only once it is locked: another run that starts at this moment would take it for a dead one.
        self.folder = fresh.rename(fresh.with_name(fresh.name.replace("wrap-portal-new-", RUNS)))
        os.environ["WRAP_TEST_RUN"] = str(self.folder)

    def close(self) -> None:
        """Stops what is left and removes the folder."""
        given = os.environ.get("DATABASE_URL")
        if given:
            server = Server(make_url(Settings.from_environment(_environ(given)).database_url or ""))
            for name in server.names(_prefix(self.folder)):
                server.drop(name)
        EmbeddedServer(self.folder / "postgres").leave()
        shutil.rmtree(self.folder)
        os.close(self._lock)
        del os.environ["WRAP_TEST_RUN"]


def _remove_dead_runs() -> None:
    """Stops the servers and removes the folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{RUNS}*"):
        try:
            lock = os.open(folder / "alive", os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            EmbeddedServer(folder / "postgres").leave()
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


def _prefix(folder: Path) -> str:
    return "wrap_test_" + folder.name.removeprefix(RUNS).lower()


def _environ(database_url: str, **more: str) -> dict[str, str]:
    """The environment of an application under test; nothing of the person's own leaks into it."""
    folder = os.environ["WRAP_TEST_RUN"]
    return {"SECRET_KEY": TEST_SECRET, "WRAP_INSTANCE": folder, "DATABASE_URL": database_url} | more


class Server:
    """A PostgreSQL server that may make and drop databases.

    Arguments: the address of any database on it, to give orders from.
    """

    def __init__(self, address: URL) -> None:
        self.address = address

    def url(self, name: str) -> str:
        """The address of a database."""
        return self.address.set(database=name).render_as_string(hide_password=False)

    def create(self, name: str, template: str = "template0") -> None:
        """Makes a database, a copy of the template."""
        self._order(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop(self, name: str) -> None:
        """Drops a database, whoever is connected."""
        self._order(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def names(self, prefix: str) -> list[str]:
        """The databases whose names start so."""
        with self._connected() as connection:
            found = connection.execute(
                text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix) ORDER BY datname"),
                {"prefix": prefix},
            )
            return list(found.scalars())

    def _order(self, statement: str) -> None:
        with self._connected() as connection:
            connection.execute(text(statement))

    @contextmanager
    def _connected(self) -> Iterator:
        engine = create_engine(self.address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            yield connection


@dataclass
class Template:
    """The migrated database that all others are copies of."""

    server: Server
    name: str

    def copy(self) -> str:
        """Makes a database of its own name and returns that."""
        name = f"{self.name}_{os.getpid()}_{next(_numbers)}"
        for attempt in range(20):
            try:
                self.server.create(name, self.name)
            except OperationalError as error:
                # A worker may be copying at this moment; PostgreSQL then asks to come back.
                if "being accessed by other users" not in str(error) or attempt == 19:
                    raise
            else:
                return name
        raise AssertionError("not reached")


@contextmanager
def template_of_this_run() -> Iterator[Template]:
    """The template, migrated by whichever worker comes first; the server stays up meanwhile."""
    folder = Path(os.environ["WRAP_TEST_RUN"])
    given = os.environ.get("DATABASE_URL")
    embedded = None
    if given:
        address = make_url(Settings.from_environment(_environ(given)).database_url or "")
    else:
        embedded = EmbeddedServer(folder / "postgres", NO_DURABILITY)
        embedded.join()
        address = make_url(embedded.url("postgres"))
    template = Template(Server(address), _prefix(folder))
    try:
        _migrate_once(template, folder)
        yield template
    finally:
        if embedded is not None:
            embedded.leave()


def _migrate_once(template: Template, folder: Path) -> None:
    with (folder / "template").open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        if mark.read():
            return
        template.server.drop(template.name)
        template.server.create(template.name)
        with bound_app(template.server.url(template.name)) as app, app.app_context():
            flask_migrate.upgrade()
        mark.write("migrated")


@contextmanager
def bound_app(database_url: str, environ: Mapping[str, str] | None = None) -> Iterator[Flask]:
    """An application on that database, as the tests want it: no CSRF tokens, exceptions let through.

    Arguments: the database's address; further settings by their names in the environment.
    """
    app = create_app(Settings.from_environment(_environ(database_url, **(environ or {}))))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.test_client_class = CheckingClient
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


@dataclass
class OwnDatabase:
    """A database that only one test uses, and applications on it."""

    url: str
    app: Flask
    _stack: ExitStack

    def make_app(self, **environ: str) -> Flask:
        """A further application on the same database, with other settings (by their names in the
        environment).
        """
        return self._stack.enter_context(bound_app(self.url, environ))
