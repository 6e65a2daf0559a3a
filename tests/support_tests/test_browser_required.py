"""What a run without Chromium says last, and that it fails where a browser is required."""

import os
import subprocess
import sys
from pathlib import Path

from config import PROJECT_ROOT

OF_A_BROWSER = "test_the_live_server_answers_in_a_browser"
OF_NONE = "test_a_good_page_has_no_faults"


def run_without_chromium(empty: Path, names: str, *arguments: str, **environ: str) -> tuple[int, list[str]]:
    """Runs the named tests on a PATH without a browser. Returns the status and the lines that were said."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "REQUIRE", "WRAP"))
    }
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", names, *arguments]
    done = subprocess.run(
        [*command, Path(__file__).parent],
        cwd=PROJECT_ROOT,
        env=kept | {"PATH": str(empty)} | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.strip().splitlines()


def test_the_last_line_says_that_browser_tests_were_skipped(tmp_path: Path) -> None:
    status, said = run_without_chromium(tmp_path, f"{OF_A_BROWSER} or {OF_NONE}", "-n", "2")
    assert status == 0, said
    assert said[-1].startswith("BROWSER TESTS SKIPPED: 1, because Chromium is not installed")


def test_a_run_fails_where_a_browser_is_required_and_missing(tmp_path: Path) -> None:
    status, said = run_without_chromium(tmp_path, OF_A_BROWSER, REQUIRE_BROWSER="1")
    assert status == 1
    assert any("Chromium is not installed, and REQUIRE_BROWSER is set" in line for line in said)


def test_a_run_fails_where_a_browser_is_required_and_none_was_driven(tmp_path: Path) -> None:
    status, said = run_without_chromium(tmp_path, OF_NONE, REQUIRE_BROWSER="1")
    assert status == 1
    assert said[-1].startswith("BROWSER TESTS REQUIRED")
