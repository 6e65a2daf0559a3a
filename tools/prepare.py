"""Makes .venv what the requirements say. Standard library only: this runs before anything is installed.

`python3 tools/prepare.py` installs what the portal needs to run, `--dev` also what its tests and checks
need. Every package is pinned and its hash checked. Nothing is done when nothing changed. What goes wrong is
said in a sentence with what to do about it.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".prepared"


class PrepareError(Exception):
    """Says in a sentence what is in the way and what to do."""


def contents(kind: str) -> str:
    """What the stamp holds when the environment is up to date for that kind (run or dev)."""
    names = [
        "requirements-tools.txt",
        "requirements.txt",
        *(["requirements-dev.txt"] if kind == "dev" else []),
    ]
    whole = hashlib.sha256()
    for name in names:
        whole.update((ROOT / name).read_bytes())
    return f"{kind} {whole.hexdigest()}"


def prepare(kind: str) -> bool:
    """Brings .venv up to date.

    Arguments: `run` or `dev`. Returns whether anything was to be done. Raises PrepareError.
    """
    installed = STAMP.read_text() if STAMP.exists() and works() else ""
    # What the tests need holds all that the portal needs; who has it keeps it.
    kind = "dev" if installed.startswith("dev ") else kind
    if installed == contents(kind):
        return False
    if not works():
        make_venv()
    STAMP.unlink(missing_ok=True)
    say("installing the requirements")
    install(ROOT / ("requirements-dev.txt" if kind == "dev" else "requirements.txt"))
    STAMP.write_text(contents(kind))
    return True


def works() -> bool:
    """Whether .venv holds a Python that starts (that of the system may have gone since) and is new enough."""
    try:
        return (
            subprocess.run(
                [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"], check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def make_venv() -> None:
    """Makes .venv anew. Raises PrepareError."""
    say(f"making the virtual environment .venv with Python {sys.version.split()[0]}")
    if VENV.exists():
        if not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()):
            raise PrepareError(f"{VENV} is there and is no virtual environment. Move it away.")
        shutil.rmtree(VENV)
    try:
        venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    except (subprocess.CalledProcessError, ImportError, SystemExit) as error:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise PrepareError(
            "this Python cannot make virtual environments. On Debian or Ubuntu: "
            f"sudo apt-get install python{version}-venv"
        ) from error
    except OSError as error:
        shutil.rmtree(VENV, ignore_errors=True)
        raise PrepareError(f"{VENV} could not be made: {error}") from error


def install(requirements: Path) -> None:
    """Makes the installed packages exactly those of the file.
    Raises PrepareError.

    uv does it in seconds. Where uv cannot (no build of it for this machine, a proxy that only pip is set up
    for), pip does it in a minute.
    """
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--retries=2",
        "--require-hashes",
    ]
    got_uv = run([*pip, "-r", ROOT / "requirements-tools.txt"])
    if got_uv is None:
        uv: list[str | Path] = [
            VENV / "bin" / "uv",
            "--quiet",
            "pip",
            "sync",
            "--python",
            PYTHON,
            "--require-hashes",
            requirements,
        ]
        if run(uv) is None:
            return
    say("this takes a minute with pip, which is used where uv cannot be")
    failed = run([*pip, "-r", requirements])
    if failed is not None:
        raise PrepareError(
            f"the requirements could not be installed:\n{failed}\n"
            "Is the network reachable? Behind a proxy, set HTTPS_PROXY; with a package index of your own, "
            "set PIP_INDEX_URL."
        )


def run(command: list[str | Path]) -> str | None:
    """Runs a command quietly. Returns None when it went well, otherwise the last lines it wrote."""
    # 022: where root prepares, the database's account must be able to read what is installed.
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            umask=0o022,
        )
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else "\n".join(done.stdout.strip().splitlines()[-12:])


def say(words: str) -> None:
    """Tells the person at the terminal what is being done."""
    print(f"  {words}", flush=True)


def main() -> int:
    """The command line. Returns the exit status."""
    arguments = argparse.ArgumentParser(description="Make .venv what the requirements say.")
    arguments.add_argument("--dev", action="store_true", help="with what the tests and checks need")
    os.umask(0o022)
    try:
        prepare("dev" if arguments.parse_args().dev else "run")
    except PrepareError as error:
        print(f"Could not prepare: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
