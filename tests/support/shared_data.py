"""Real registers, for acceptance tests. They never enter the repository: without them tests are skipped."""

import os
from pathlib import Path

import pytest

from config import PROJECT_ROOT


def shared_file(name: str) -> Path:
    """Return a file of `../shared/data`, of a folder further up, or of WRAP_SHARED_DATA; skip without it."""
    given = os.environ.get("WRAP_SHARED_DATA")
    folders = [Path(given)] if given else [parent / "shared" / "data" for parent in PROJECT_ROOT.parents]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"The real register {name} is not here: see docs/CONTRIBUTING.md, WRAP_SHARED_DATA")
