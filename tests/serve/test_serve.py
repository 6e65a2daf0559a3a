"""`make run` through real processes: what starts answers, and what is stopped leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config import PROJECT_ROOT


@pytest.fixture
def instance() -> Iterator[Path]:
    """A folder for the instance that the database's account can be let through to."""
    path = Path(tempfile.mkdtemp(prefix="wrap-", dir="/tmp"))  # noqa: S108
    yield path
    left = processes_of(path)
    for process in left:
        process.kill()
    shutil.rmtree(path)
    assert left == []


def processes_of(instance: Path) -> list[psutil.Process]:
    """Every process that was started for the instance: ours say so in their environment, the database in
    its words.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.environ().get("WRAP_INSTANCE") == str(instance)
                or str(instance / "postgres") in process.cmdline()
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Ends what a failed test has left, so that one failure stays one."""
    yield
    for process in started:
        with process:
            if process.poll() is None:
                process.kill()
    started.clear()


started: list[subprocess.Popen[str]] = []


def serve(instance: Path, port: int, **more: str) -> subprocess.Popen[str]:
    """Starts the portal without its demonstration, which takes longer to load than these tests to run."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "WRAP_ENV"}}
    environ = kept | {"WRAP_INSTANCE": str(instance), "PORT": str(port), "WRAP_DEMONSTRATION": "no"} | more
    process = subprocess.Popen(
        [sys.executable, "-m", "wrap_portal.serve"],
        cwd=PROJECT_ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    started.append(process)
    return process


def until_ready(process: subprocess.Popen[str]) -> str:
    """What it said until it was ready; fails where it ends instead."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Ctrl-C"):
            return said
    pytest.fail(f"it ended:\n{said}")


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit status and the rest of what it said."""
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def test_main_serves_until_it_is_told_to_stop_and_leaves_nothing(instance: Path) -> None:
    port = free_port()
    process = serve(instance, port)
    said = until_ready(process)
    assert f"http://127.0.0.1:{port}" in said
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:  # noqa: S310
        assert answer.status == 200
    assert {"web.log", "clock.log"} == {path.name for path in (instance / "log").iterdir()}
    process.send_signal(signal.SIGINT)
    assert finished(process)[0] == 0
    assert processes_of(instance) == []


def test_main_starts_a_second_time_in_seconds(instance: Path) -> None:
    first = serve(instance, free_port())
    until_ready(first)
    first.send_signal(signal.SIGINT)
    finished(first)
    began = time.monotonic()
    second = serve(instance, free_port())
    until_ready(second)
    took = time.monotonic() - began
    second.send_signal(signal.SIGTERM)
    assert finished(second)[0] == 0
    assert processes_of(instance) == []
    # It takes four seconds; the rest is for a machine that does other things meanwhile.
    assert took < 30


@pytest.mark.parametrize(
    ("name", "words"), [("gunicorn", "web"), ("jobs", "clock"), ("postgres", "database")]
)
def test_main_stops_the_rest_and_says_so_when_a_part_dies(instance: Path, name: str, words: str) -> None:
    process = serve(instance, free_port())
    until_ready(process)
    parts = [part for part in processes_of(instance) if any(name in word for word in part.cmdline())]
    leader = min(parts, key=lambda part: part.create_time())
    leader.kill()
    status, said = finished(process)
    assert status == 1
    assert f"The {words} ended by itself" in said
    assert [part for part in processes_of(instance) if part.name() != "postgres"] == []


def test_main_that_is_killed_takes_the_web_and_the_clock_along(instance: Path) -> None:
    port = free_port()
    process = serve(instance, port)
    until_ready(process)
    process.kill()
    process.communicate()
    until = time.monotonic() + 30
    while [part for part in processes_of(instance) if "postgres" not in part.name()]:
        assert time.monotonic() < until
        time.sleep(0.1)
    # The database has no one left to stop it, and the next start finds it and stops it in the end.
    again = serve(instance, port)
    until_ready(again)
    again.send_signal(signal.SIGHUP)
    assert finished(again)[0] == 0
    assert processes_of(instance) == []


def test_main_says_what_to_do_when_the_port_is_taken(instance: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, said = finished(serve(instance, port))
    assert status == 1
    assert f"Port {port} is in use" in said
    assert f"PORT={port + 1 if port < 65535 else 5000} make run" in said
    assert not (instance / "postgres").exists()


def test_main_names_the_setting_that_is_wrong(instance: Path) -> None:
    status, said = finished(serve(instance, free_port(), WRAP_ENV="production", WRAP_DEMONSTRATION=""))
    assert status == 2
    assert "BASE_URL: must be set in production" in said
    assert "Traceback" not in said


def test_main_says_that_the_given_database_does_not_answer(instance: Path) -> None:
    address = f"postgresql://u:hush@127.0.0.1:{free_port()}/d"
    status, said = finished(serve(instance, free_port(), DATABASE_URL=address))
    assert status == 1
    assert "DATABASE_URL does not answer" in said
    assert "hush" not in said
