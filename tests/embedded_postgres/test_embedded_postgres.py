"""The embedded server through real processes: shared, stopped by the last, started again after every kind of
kill.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config import PROJECT_ROOT, Settings
from wrap_portal import embedded_postgres
from wrap_portal.embedded_postgres import EmbeddedPostgresError, EmbeddedServer, database_url, program

# A process that holds the server until its input ends, or that leaves at once when told to.
HOLDER = """
import os, sys
from config import Settings
from wrap_portal.embedded_postgres import database_url
print(database_url(Settings.from_environment(os.environ)), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of its own, with a short path that the server's account can be let through to."""
    path = Path(tempfile.mkdtemp(prefix="wrap-", dir="/tmp"))  # noqa: S108
    yield path
    number = server_number(path)
    if number is not None:
        os.kill(number, signal.SIGQUIT)
        wait_until(lambda: not psutil.pid_exists(number))
    shutil.rmtree(path)


def server_number(instance: Path) -> int | None:
    """The number of the running server of an instance, or None."""
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and str(instance / "postgres") in process.cmdline():
                return process.pid
        except psutil.Error:
            continue
    return None


def wait_until(fact: object, seconds: float = 20) -> None:
    """Waits until the fact (a function) is true; fails when it does not become so."""
    until = time.monotonic() + seconds
    while not fact():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def python_for(account: dict[str, object]) -> str:
    """A Python that the account may run with our packages; root's own may lie in a closed home."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = [python, "-c", "import psycopg, sqlalchemy, psutil"]
        try:
            if subprocess.run(command, env=environment(), check=False, **account).returncode == 0:  # type: ignore[call-overload]
                return python
        except OSError:
            continue
    pytest.skip("no Python here is open to other accounts")


def environment(**more: str) -> dict[str, str]:
    """This environment with the packages of this Python, and no database given."""
    packages = sysconfig.get_path("purelib")
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {"PYTHONPATH": packages, "SECRET_KEY": "only for tests"} | more


def hold(instance: Path, executable: str = sys.executable, **more: object) -> subprocess.Popen[str]:
    """Starts a process that uses the server of the instance."""
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        ["python", "-c", HOLDER],
        cwd=PROJECT_ROOT,
        executable=executable,
        env=environment(WRAP_INSTANCE=str(instance)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    """The address that the process got; waits for it."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        _, error = process.communicate(timeout=30)
        pytest.fail(f"the process ended: {error}")
    return line


def let_go(process: subprocess.Popen[str]) -> None:
    """Ends a holder properly."""
    _, error = process.communicate("\n", timeout=60)
    assert process.returncode == 0, error


def write_a_row(instance: Path) -> None:
    server = EmbeddedServer(instance / "postgres")
    server.join()
    server.create_database("wrap_portal")
    with server.connect("wrap_portal") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number integer)")
        connection.execute("INSERT INTO kept VALUES (1)")
    server.leave()


def rows(instance: Path) -> int:
    server = EmbeddedServer(instance / "postgres")
    server.join()
    with server.connect("wrap_portal") as connection:
        found = connection.execute("SELECT count(*) FROM kept").fetchone()
    server.leave()
    assert found is not None
    return int(found[0])


def test_a_given_address_is_used_as_it_is(tmp_path: Path) -> None:
    environ = {
        "WRAP_INSTANCE": str(tmp_path),
        "SECRET_KEY": "x",
        "DATABASE_URL": "postgres://db.example.org/wrap",
    }
    assert database_url(Settings.from_environment(environ)) == "postgresql+psycopg://db.example.org/wrap"
    assert list(tmp_path.iterdir()) == []


def test_one_command_alone_starts_and_stops_the_server_and_the_data_stay(folder: Path) -> None:
    write_a_row(folder)
    assert server_number(folder) is None
    assert rows(folder) == 1
    assert server_number(folder) is None


def test_processes_that_start_at_once_share_one_server_and_the_last_stops_it(folder: Path) -> None:
    holders = [hold(folder) for _ in range(4)]
    urls = {url_of(holder) for holder in holders}
    assert len(urls) == 1
    number = server_number(folder)
    assert number is not None
    for holder in holders[:-1]:
        let_go(holder)
    assert server_number(folder) == number
    let_go(holders[-1])
    assert server_number(folder) is None


def test_a_killed_process_counts_as_gone(folder: Path) -> None:
    killed = hold(folder)
    url_of(killed)
    killed.kill()
    killed.communicate()
    assert server_number(folder) is not None
    last = hold(folder)
    url_of(last)
    let_go(last)
    assert server_number(folder) is None


def test_a_killed_server_starts_again_with_its_data(folder: Path) -> None:
    write_a_row(folder)
    holder = hold(folder)
    url_of(holder)
    number = server_number(folder)
    assert number is not None
    os.kill(number, signal.SIGKILL)
    holder.kill()
    holder.communicate()
    assert (folder / "postgres" / "postmaster.pid").exists()
    assert rows(folder) == 1
    assert server_number(folder) is None


def test_a_pid_file_whose_number_another_process_has_by_now_does_not_stop_the_start(folder: Path) -> None:
    write_a_row(folder)
    # As after a restart of a container: the number belongs to a living process of the same account.
    account = (folder / "postgres").stat()
    sleeper = subprocess.Popen(["sleep", "60"], user=account.st_uid if os.geteuid() == 0 else None)
    try:
        text = f"{sleeper.pid}\n{folder}/postgres\n1700000000\n5432\n{folder}/postgres\n\n  1 1\nready\n"
        for path in (folder / "postgres" / "postmaster.pid", folder / "postgres" / ".s.PGSQL.5432.lock"):
            path.write_text(text)
            os.chown(path, account.st_uid, account.st_gid)
        assert rows(folder) == 1
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize(
    "name", ["a" * 150, "with a space", "comma, é", "it's"], ids=["long", "space", "comma", "quote"]
)
def test_folders_with_long_and_odd_names_work(folder: Path, name: str) -> None:
    odd = folder / name
    write_a_row(odd)
    holder = hold(odd)
    assert url_of(holder).startswith("postgresql+psycopg://")
    let_go(holder)
    assert rows(odd) == 1


def test_the_socket_is_found_by_a_process_with_another_temporary_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = folder / ("a" * 150)
    holder = hold(deep)
    url = url_of(holder)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = EmbeddedServer(deep / "postgres")
    server.join()
    assert server.url("wrap_portal") == url
    server.leave()
    let_go(holder)


def test_a_private_folder_put_there_by_someone_else_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    server = EmbeddedServer(folder / ("a" * 150) / "postgres")
    trap = server._own_socket_folder()
    assert trap.parent == folder
    trap.mkdir(mode=0o777)
    trap.chmod(0o777)
    with pytest.raises(EmbeddedPostgresError, match="put there by someone else"):
        server.join()


def test_a_start_that_was_stopped_half_way_is_begun_again(folder: Path) -> None:
    half = folder / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    write_a_row(folder)
    assert rows(folder) == 1
    assert not half.exists()


def test_a_folder_that_holds_something_else_is_left_alone(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedPostgresError, match="not a database"):
        EmbeddedServer(folder / "postgres").join()
    assert (folder / "postgres" / "letter.txt").read_text() == "mine"


def test_data_of_another_version_are_refused_with_a_way_out(folder: Path) -> None:
    write_a_row(folder)
    (folder / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 17.*backup"):
        EmbeddedServer(folder / "postgres").join()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    server = EmbeddedServer(folder / "postgres", options=["shared_buffers=nonsense"])
    with pytest.raises(EmbeddedPostgresError, match="shared_buffers"):
        server.join()
    # And it lets go of everything: the next start works.
    write_a_row(folder)


def test_settings_of_libpq_in_the_environment_do_no_harm(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "1",
        "PGHOST": "nowhere.invalid",
        "PGDATA": "/nowhere",
        "PGUSER": "nobody",
    }.items():
        monkeypatch.setenv(name, value)
    write_a_row(folder)
    assert rows(folder) == 1


def test_nothing_listens_on_a_port_and_the_folder_is_closed(folder: Path) -> None:
    server = EmbeddedServer(folder / "postgres")
    server.join()
    try:
        number = server_number(folder)
        assert number is not None
        assert [
            c for c in psutil.Process(number).net_connections("inet") if c.status == psutil.CONN_LISTEN
        ] == []
        assert (folder / "postgres").stat().st_mode & 0o077 == 0
    finally:
        server.leave()


@pytest.mark.parametrize("name", ["postgres", "psql", "pg_dump", "pg_restore"])
def test_the_programs_are_there(name: str) -> None:
    assert os.access(program(name), os.X_OK)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(EmbeddedPostgresError, match="no_such_program"):
        program("no_such_program")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_an_ordinary_account_runs_its_own_server_and_is_told_about_anothers(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    python = python_for(as_nobody)
    folder.chmod(0o755)
    own = folder / "own"
    own.mkdir()
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    holder = hold(own, executable=python, **as_nobody)
    url_of(holder)
    number = server_number(own)
    assert number is not None
    assert psutil.Process(number).uids().real == nobody.pw_uid
    let_go(holder)
    # Root uses it as its owner.
    write_a_row(own)
    assert (own / "postgres").stat().st_uid == nobody.pw_uid
    # And the other way round is refused in a sentence.
    write_a_row(folder)
    refused = hold(folder, executable=python, **as_nobody)
    _, error = refused.communicate("\n", timeout=60)
    assert refused.returncode != 0
    assert "belongs to another account" in error


def test_what_the_last_process_leaves_in_the_module_is_one_server_a_folder(folder: Path) -> None:
    settings = Settings.from_environment({"WRAP_INSTANCE": str(folder), "SECRET_KEY": "x"})
    first = database_url(settings)
    assert database_url(settings) == first
    embedded_postgres._servers.pop(settings.instance / "postgres").leave()
    assert server_number(folder) is None
