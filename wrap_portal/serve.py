"""`make run`: everything that the portal needs, started in order, watched, and stopped together.

One process starts the database (or joins it), brings it up to date, loads the demonstration data the first
time, then starts the web (gunicorn) and the clock (`flask jobs start`) as children, each in a process group
of its own. When any of them ends, or Ctrl-C is pressed, or it is told to stop, all are stopped and the last
thing that goes is the database.

With the embedded database the demonstration is on unless WRAP_DEMONSTRATION says no; a database of somebody's
own is never filled or opened to one-click sign-in unasked. Outside production what the children write goes to
files under <instance>/log, so that the address and the accounts stay readable on the terminal.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psycopg
from sqlalchemy.engine import make_url

from config import PROJECT_ROOT, Settings, SettingsError
from wrap_portal.embedded_postgres import EmbeddedPostgresError, database_runs, database_url

FLASK = (sys.executable, "-m", "flask", "--app", "wrap_portal.app")
SECONDS_TO_ANSWER = 90
SECONDS_TO_STOP = 20
LAST_LINES = 25
PARENT_DEATH_SIGNAL = 1


class CannotServe(Exception):
    """What stops the start, in words for the person who started it."""


@dataclass
class Child:
    """A process that must run as long as the portal does."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None


@dataclass
class Supervisor:
    """Starts, watches and stops the portal.

    Arguments: the settings; the environment that the children get.
    """

    settings: Settings
    environ: Mapping[str, str]
    children: list[Child] = field(default_factory=list)
    told_to_stop: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> int:
        """Runs until told to stop, or until a child ends. Returns the exit status. Raises CannotServe."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_when_signalled)
        # Open before all else: a port in use is known at once, and no one takes it while the data are loaded.
        with _listen(self.settings.port) as listener:
            try:
                self._prepare_database()
                if not self.told_to_stop.is_set():
                    self._start_children(listener)
                    self._wait_for_an_answer()
                if not self.told_to_stop.is_set():
                    self._welcome()
                return self._watch()
            finally:
                self._stop_children()

    def _prepare_database(self) -> None:
        say("starting the database" if self.settings.database_url is None else "connecting to the database")
        try:
            url = database_url(self.settings)
        except EmbeddedPostgresError as error:
            raise CannotServe(f"The database cannot be used. {error}") from error
        self.environ = {**self.environ, "DATABASE_URL": url}
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            psycopg.connect(plain, connect_timeout=10).close()
        except psycopg.OperationalError as error:
            raise CannotServe(
                f"The database of DATABASE_URL does not answer: {str(error).strip()}"
            ) from error
        say("bringing the database up to date")
        self._flask("db", "upgrade")
        if self.settings.demonstration and not self.told_to_stop.is_set():
            with psycopg.connect(plain) as connection:
                empty = connection.execute("SELECT NOT EXISTS (SELECT FROM authorities)").fetchone() == (
                    True,
                )
            if empty:
                say("loading the demonstration data, the first time only (up to a minute)")
                self._flask("demo", "load")

    def _flask(self, *words: str) -> str:
        """Runs a flask command to its end.
        Returns what it wrote; raises CannotServe with that where it failed.
        """
        process = subprocess.Popen(
            [*FLASK, *words],
            cwd=PROJECT_ROOT,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
        while True:
            try:
                said, complained = process.communicate(timeout=0.25)
                break
            except subprocess.TimeoutExpired:
                if self.told_to_stop.is_set():
                    # A half-done load is rolled back by its transaction.
                    process.terminate()
        if process.returncode != 0 and not self.told_to_stop.is_set():
            lines = "\n".join((said + complained).strip().splitlines()[-LAST_LINES:])
            raise CannotServe(f"`{' '.join(('flask', *words))}` failed:\n{lines}")
        return said

    def _start_children(self, listener: socket.socket) -> None:
        say("starting the web and the clock")
        workers = self.environ.get("WEB_CONCURRENCY", "2")
        web = [
            sys.executable,
            "-m",
            "gunicorn",
            "--no-control-socket",
            "--worker-class=gthread",
            "--threads=8",
        ]
        web += [f"--workers={workers}", "--graceful-timeout=10", f"--bind=fd://{listener.fileno()}"]
        # On a busy disk the file of a worker's heartbeat can make gunicorn think that the worker hangs.
        if os.access("/dev/shm", os.W_OK):  # noqa: S108
            web.append("--worker-tmp-dir=/dev/shm")  # noqa: S108
        self._start("web", [*web, "wrap_portal.app:create_app()"], listener.fileno())
        self._start("clock", [*FLASK, "jobs", "start"])

    def _start(self, name: str, command: Sequence[str], *files: int) -> None:
        log = None if self.settings.production else self.settings.instance / "log" / f"{name}.log"
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        output = None if log is None else log.open("wb")
        try:
            process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                pass_fds=files,
                # A group of its own: Ctrl-C reaches us alone, and we stop the children in order.
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )
        finally:
            if output is not None:
                output.close()
        self.children.append(Child(name, process, log))

    def _wait_for_an_answer(self) -> None:
        until = time.monotonic() + SECONDS_TO_ANSWER
        address = f"http://127.0.0.1:{self.settings.port}/health"
        host = self.settings.base_url.split("://", 1)[1]
        while not self.told_to_stop.is_set() and self._ended() is None:
            try:
                request = urllib.request.Request(address, headers={"Host": host})  # noqa: S310
                with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                    return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > until:
                    lines = self._last_lines("web")
                    raise CannotServe(f"The web does not answer at {address}: {error}.{lines}") from error
                self.told_to_stop.wait(0.1)

    def _welcome(self) -> None:
        accounts = self._flask("demo", "accounts") if self.settings.demonstration else ""
        print(f"\nWRAP Portal is ready at {self.settings.base_url}\n")
        if accounts:
            print(f"{accounts.rstrip()}\n")
        if not self.settings.production:
            print(f"What it does is written to {self.settings.instance / 'log'}")
        print("Ctrl-C stops everything.", flush=True)

    def _watch(self) -> int:
        while not self.told_to_stop.wait(0.5):
            if not database_runs(self.settings):
                raise CannotServe(
                    "The database ended by itself, so everything else was stopped. "
                    f"Its own words are in {self.settings.instance / 'postgres' / 'server.log'}"
                )
            ended = self._ended()
            if ended is not None:
                raise CannotServe(
                    f"The {ended.name} ended by itself (exit status {ended.process.returncode}), "
                    f"so everything else was stopped.{self._last_lines(ended.name)}"
                )
        return 0

    def _ended(self) -> Child | None:
        return next((child for child in self.children if child.process.poll() is not None), None)

    def _last_lines(self, name: str) -> str:
        log = next((child.log for child in self.children if child.name == name), None)
        if log is None or not log.exists():
            return ""
        lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return f"\nThe last lines of {log}:\n" + "\n".join(lines)

    def _stop_when_signalled(self, _number: int, _frame: FrameType | None) -> None:
        if self.told_to_stop.is_set():
            # Asked a second time: no more waiting for requests to end.
            for child in self.children:
                _signal_group(child, signal.SIGKILL)
            return
        self.told_to_stop.set()

    def _stop_children(self) -> None:
        if self.children:
            say("stopping")
        for child in self.children:
            with suppress(ProcessLookupError):
                child.process.terminate()
        until = time.monotonic() + SECONDS_TO_STOP
        for child in self.children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, until - time.monotonic()))
            # What is left of its group: the workers of a gunicorn that was killed, or one that does not stop.
            _signal_group(child, signal.SIGKILL)
            child.process.wait()


def say(words: str) -> None:
    """Tells the person at the terminal what is being done."""
    print(f"  {words}", flush=True)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=256)
    except PermissionError:
        raise CannotServe(
            f"Port {port} is for administrators only. Choose another: PORT=8000 make run"
        ) from None
    except OSError:
        other = port + 1 if port < 65535 else 5000
        raise CannotServe(
            f"Port {port} is in use, perhaps by a portal that is running already. "
            f"Stop that, or choose another port: PORT={other} make run"
        ) from None


def _signal_group(child: Child, number: signal.Signals) -> None:
    # Each child leads a session of its own, so its group has its number.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, number)


def _end_with_parent() -> None:
    """In a child, before its program starts: Linux tells it to stop when we are killed and cannot."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


def main(environ: Mapping[str, str]) -> int:
    """Serves with the settings of the environment. Returns the exit status: 0 when told to stop."""
    given = dict(environ)
    if (
        given.get("WRAP_ENV", "").strip().lower() != "production"
        and not given.get("DATABASE_URL", "").strip()
    ):
        given.setdefault("WRAP_DEMONSTRATION", "yes")
    try:
        return Supervisor(Settings.from_environment(given), given).serve()
    except SettingsError as error:
        print(f"A setting is wrong. {error}", file=sys.stderr)
        return 2
    except CannotServe as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
