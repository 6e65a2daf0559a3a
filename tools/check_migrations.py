"""Checks the migrations on a server of its own: up, down, up again, and the same schema as the models.

`alembic check` compares tables and columns but does not see a changed CHECK, and server defaults only in
part. So the schema is also written out as text by pg_dump, once after the migrations and once made straight
from the models, and the two texts are compared line by line (sorted: the order of columns says nothing).
Functions and triggers are made by migrations only; they are compared before and after the way down and up,
not with the models.
"""

import difflib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import flask_migrate
from flask import Flask
from sqlalchemy.engine import make_url

from config import Settings
from wrap_portal.app import create_app
from wrap_portal.embedded_postgres import EmbeddedServer, program
from wrap_portal.extensions import db

# Made by the migrations only, and not by the models: the table that keeps the revision.
NOT_A_MODEL = "alembic_version"
FUNCTION = re.compile(r"^CREATE FUNCTION .*?AS (\$\w*\$).*?\1;$", re.DOTALL | re.MULTILINE)
TRIGGER = re.compile(r"^CREATE (CONSTRAINT )?TRIGGER .*?;$", re.DOTALL | re.MULTILINE)


def main() -> int:
    """The command line. Returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="wrap-portal-migrations-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedServer(Path(folder) / "postgres", ["fsync=off"])
        server.join()
        try:
            return compare(server, Path(folder))
        finally:
            server.leave()


def compare(server: EmbeddedServer, folder: Path) -> int:
    """Runs the migrations and compares. Returns the exit status."""
    for name in ("migrated", "modelled"):
        server.create_database(name)
    with application(server, folder, "migrated").app_context():
        flask_migrate.upgrade()
        up = schema(server, "migrated")
        tables = schema(server, "migrated", procedures=False)
        flask_migrate.downgrade(revision="base")
        left = [
            line
            for line in schema(server, "migrated")
            if NOT_A_MODEL not in line and line.startswith("CREATE")
        ]
        flask_migrate.upgrade()
        again = schema(server, "migrated")
        flask_migrate.check()
        db.engine.dispose()
    with application(server, folder, "modelled").app_context():
        db.create_all()
        models = schema(server, "modelled", procedures=False)
        db.engine.dispose()
    failed = [
        differs("after down and up again the schema is another", up, again),
        differs("the migrations (-) and the models (+) differ", tables, models),
        differs("going down to nothing leaves something", [], left),
    ]
    if not any(failed):
        print("The migrations go up, down and up again, and equal the models.")
    return int(any(failed))


def application(server: EmbeddedServer, folder: Path, name: str) -> Flask:
    """The application on a database of the server."""
    environ = {
        "DATABASE_URL": server.url(name),
        "WRAP_INSTANCE": str(folder),
        "SECRET_KEY": "for this check only",
    }
    return create_app(Settings.from_environment(environ))


def schema(server: EmbeddedServer, name: str, *, procedures: bool = True) -> list[str]:
    """The schema as sorted lines of SQL, each with the table that it belongs to.

    Arguments: the server; the database's name; whether functions and triggers are part of it.
    """
    url = make_url(server.url(name)).set(drivername="postgresql").render_as_string(hide_password=False)
    options = ["--schema-only", "--no-owner", "--no-privileges", f"--exclude-table={NOT_A_MODEL}"]
    text = subprocess.run(
        [program("pg_dump"), *options, url], capture_output=True, text=True, check=True
    ).stdout
    if not procedures:
        text = TRIGGER.sub("", FUNCTION.sub("", text))
    lines, about = [], ""
    for line in text.splitlines():
        # pg_dump writes a new random key into each dump, and comments of its own.
        if not line.strip() or line.startswith(("--", "\\")):
            continue
        started = re.match(r"(CREATE|ALTER) .*", line)
        about = line if started and not line.endswith(";") else about if line.startswith(" ") else ""
        lines.append(
            line.rstrip(",") if line == about or not about else f"{about} {line.strip().rstrip(',')}"
        )
    return sorted(lines)


def differs(words: str, before: list[str], after: list[str]) -> bool:
    """Says what differs, if anything does. Returns whether."""
    difference = [
        line
        for line in difflib.unified_diff(before, after, lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    if difference:
        print(f"{words}:\n  " + "\n  ".join(difference), file=sys.stderr)
    return bool(difference)


if __name__ == "__main__":
    raise SystemExit(main())
