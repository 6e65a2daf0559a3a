"""A real mail server on the loopback that keeps what it is sent."""

import socket
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller


@dataclass
class Delivery:
    """One message as the server took it: the envelope, and the parsed message."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text part."""
        part = self.message.get_body(preferencelist=("plain",))
        return "" if part is None else str(part.get_content())


class OnAFreePort(Controller):
    """aiosmtpd's own controller cannot be asked for any free port: it looks for itself on port 0."""

    def _create_server(self) -> Any:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        return self.loop.create_server(self._factory_invoker, sock=listener, ssl=self.ssl_context)


@dataclass
class SmtpSink:
    """A mail server that takes everything, or answers as `refusals` says: one answer a message, in that
    order.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    controller: Controller | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Takes a message; aiosmtpd calls it."""
        if self.refusals:
            return self.refusals.pop(0)
        message = cast(EmailMessage, message_from_bytes(envelope.content, policy=default))
        self.deliveries.append(Delivery(envelope.mail_from, list(envelope.rcpt_tos), message))
        return "250 OK"

    def start(self) -> None:
        """Listens on a free port of the loopback."""
        self.controller = OnAFreePort(self, hostname="127.0.0.1")
        self.controller.start()

    def stop(self) -> None:
        """Stops listening; what was taken stays."""
        if self.controller is not None:
            self.controller.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self.controller is not None
        return int(self.controller.port)

    @property
    def environ(self) -> dict[str, str]:
        """The settings that make an application send here."""
        return {
            "MAIL_TRANSPORT": "smtp",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "portal@example.org",
        }
