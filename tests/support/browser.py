"""The real browser: where it is, how it is started, what it may not complain about."""

import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

from config import PROJECT_ROOT

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The shared memory of a container is often too small for it.
    "--disable-dev-shm-usage",
)
AXE = PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> Path | None:
    """The Chromium of this machine, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


class Complaints:
    """What pages said in the console and threw meanwhile, as far as it is a fault of ours."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def listen(self, page: Page) -> None:
        """Hears what this page says from now on."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.found.append(message.text)


def axe_violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands now, a line for each element, against WCAG 2.2 AA and good
    practice.
    """
    # Evaluated by the browser's own tools, which the page's policy does not hold; the policy itself stays on.
    page.evaluate(AXE.read_text() + "\n;undefined")
    result: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        AXE_TAGS,
    )
    if result["testEngine"]["name"] != "axe-core" or not result["passes"]:
        raise AssertionError("axe checked nothing")
    return [
        f"{violation['id']}: {violation['help']}: {node['html']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
