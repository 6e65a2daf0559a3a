"""A real server in a process of its own, for real browsers and for races."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import PROJECT_ROOT


@dataclass
class LiveServer:
    """The portal under gunicorn on a free port of the loopback.

    Arguments: its environment, where its output goes, how many processes answer, and how many threads each.
    """

    environ: Mapping[str, str]
    log: Path
    workers: int = 1
    threads: int = 8
    url: str = ""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers."""
        # The listening socket is handed over open, so that no one else can take the port meanwhile.
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, self.log.open("wb") as log:
            port = listener.getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--worker-class=gthread"]
            command += [f"--workers={self.workers}", f"--threads={self.threads}", "--graceful-timeout=2"]
            command += [f"--bind=fd://{listener.fileno()}", "wrap_portal.app:create_app()"]
            kept = {
                name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
            }
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=kept | {"BASE_URL": self.url} | dict(self.environ),
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Stops it; raises AssertionError where it wrote a traceback meanwhile."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        said = self.log.read_text(errors="replace")
        assert "Traceback (most recent call last)" not in said, said

    def _wait_until_it_answers(self, seconds: float = 60) -> None:
        assert self._process is not None
        until = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):  # noqa: S310
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                ended = self._process.poll() is not None
                if ended or time.monotonic() > until:
                    said = self.log.read_text(errors="replace")
                    raise AssertionError(f"the server does not answer at {self.url}:\n{said}") from None
                time.sleep(0.05)
