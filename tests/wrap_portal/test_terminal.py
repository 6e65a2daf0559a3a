"""Commands find the database ready, or say in a line what is missing."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_migrate import downgrade
from sqlalchemy import text

from config import PROJECT_ROOT
from tests.support.databases import OwnDatabase
from wrap_portal.extensions import db

COMMANDS = (
    ["accounts", "sign-in-link", "nobody@example.org"],
    ["coverage", "requirements"],
    ["coverage", "workbook", "/nowhere/out.xlsx", "--authority", "380", "--as-at", "2026-11-22"],
    ["demo", "accounts"],
    ["jobs", "start"],
    ["registers", "import", "schools", "none.csv", "--authority", "380"],
)


@pytest.fixture
def instance() -> Iterator[Path]:
    """A folder that the database's account can be let through to."""
    path = Path(tempfile.mkdtemp(prefix="wrap-", dir="/tmp"))  # noqa: S108
    yield path
    shutil.rmtree(path)


def flask(*words: str, **environ: str) -> subprocess.Popen[str]:
    """Starts `flask` as a person does in the project's folder: nothing set but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *words],
        cwd=PROJECT_ROOT,
        env=kept | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_new_instance_is_set_up_by_the_first_command_though_two_start_at_once(instance: Path) -> None:
    both = [flask("coverage", "requirements", WRAP_INSTANCE=str(instance)) for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert all("school_any" in out for out, _ in said)
    words = f"Setting up the database in {instance}, the first time only."
    assert "".join(err for _, err in said).count(words) == 1


@pytest.mark.parametrize(
    ("setting", "value", "line"),
    [
        ("PORT", "x", "Error: A setting is wrong. PORT: must be a whole number from 1 to 65535\n"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "Error: The database does not answer: "),
    ],
)
def test_what_stops_every_command_is_one_line(instance: Path, setting: str, value: str, line: str) -> None:
    process = flask("jobs", "list", WRAP_INSTANCE=str(instance), **{setting: value})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith(line)
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:3]))
def test_a_database_of_somebodys_own_is_never_set_up_unasked(
    own_database: OwnDatabase, words: list[str]
) -> None:
    with own_database.app.app_context():
        downgrade(revision="base")
        result = own_database.app.test_cli_runner().invoke(args=words)
        assert result.exit_code == 1
        assert result.output == "Error: The database has not been set up. Run: flask db upgrade\n"
        tables = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        # Alembic's own, which is empty.
        assert db.session.scalar(tables) == 1


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("0001", "The database is of an older portal (0001; this one needs "),
        ("9999", "The database was set up by a newer portal (9999; this one knows "),
    ],
)
def test_a_database_of_another_version_is_left_alone(
    own_database: OwnDatabase, revision: str, said: str
) -> None:
    with own_database.app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        db.session.commit()
        result = own_database.app.test_cli_runner().invoke(args=["jobs", "list"])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {said}")
