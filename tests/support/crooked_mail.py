"""A mail server that misbehaves the way it is told to."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

DROP = "drop"
USUAL = {
    "EHLO": "250 here",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "TEXT": "250 taken",
    "RSET": "250 ok",
}


@dataclass
class CrookedServer:
    """What it answers, how often it was called, and what it took.

    `answers` holds a list for each word that should not be answered as usual (TEXT is the end of a message):
    one answer after another, then the usual one. DROP hangs up; on TEXT it does so after it has taken the
    message.
    """

    port: int
    answers: dict[str, list[str]]
    took: list[str] = field(default_factory=list)
    connections: int = 0

    def answer(self, word: str) -> str:
        """The next answer to a word."""
        waiting = self.answers.get(word)
        return waiting.pop(0) if waiting else USUAL.get(word, "221 bye")

    def converse(self, stream: Any) -> None:
        """Talk until the other side or an answer ends it."""
        self.connections += 1
        greeting = self.answers.get("GREETING")
        stream.write((greeting.pop(0) if greeting else "220 here").encode() + b"\r\n")
        for line in stream:
            word = line[:4].decode().upper()
            answer = self.answer(word)
            if answer == DROP:
                return
            stream.write(answer.encode() + b"\r\n")
            if word == "DATA" and answer.startswith("354"):
                text = b"".join(iter(stream.readline, b".\r\n")).decode()
                answer = self.answer("TEXT")
                if answer == DROP or answer.startswith("250"):
                    self.took.append(text)
                if answer == DROP:
                    return
                stream.write(answer.encode() + b"\r\n")
            if word == "QUIT":
                return


@contextmanager
def crooked_server(
    answers: Mapping[str, list[str]] | None = None, *, port: int = 0
) -> Iterator[CrookedServer]:
    """Run such a server on the loopback."""
    listener = socket.create_server(("127.0.0.1", port))
    server = CrookedServer(listener.getsockname()[1], dict(answers or {}))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb", buffering=0) as stream:
                try:
                    server.converse(stream)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
