"""The ways out of the outbox: to a mail server, or nowhere."""

import smtplib
import ssl
from email.utils import parseaddr
from types import TracebackType
from typing import Protocol, Self

from flask import current_app

from wrap_portal import clock
from wrap_portal.mail.mime import OutgoingMessage, mime_bytes
from wrap_portal.mail.models import MessageState

# Ten commands to a mute server stay below the lease of a claimed message (sending.LEASE).
TIMEOUT_SECONDS = 20
ACCEPTED = 250
TOO_LARGE = 552
CLOSING = 421


class TransportDown(Exception):
    """The mail server cannot be used at all, which says nothing about any one message."""


class NotDelivered(Exception):
    """The server did not accept this message.

    `outcome_unknown`: the connection was lost after the text had been handed over, so that it may have been
    accepted.
    """

    def __init__(self, why: str, *, outcome_unknown: bool = False) -> None:
        super().__init__(why)
        self.outcome_unknown = outcome_unknown


class Transport(Protocol):
    """A way out. `settles_as` is the state of a message that went this way."""

    settles_as: MessageState

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def deliver(self, message: OutgoingMessage) -> None:
        """Hand one message over. Raises NotDelivered or TransportDown."""


class HoldTransport:
    """Keeps messages in the portal, to be read there: nothing leaves (demonstration)."""

    settles_as = MessageState.HELD

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def deliver(self, message: OutgoingMessage) -> None:
        """Do nothing: the message stays where it is."""


class SmtpTransport:
    """Sends over SMTP, many messages over one connection, which is opened when the first is there.

    Arguments: `security` is "starttls" or "tls", both with the server's certificate checked, or "none" for
    a sink on the same machine; `sender`, an address with or without a name.
    """

    settles_as = MessageState.SENT

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: str,
        sender: str,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._security = security
        self._sender = sender
        self._username = username
        self._password = password
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
                self._connection.close()
            self._connection = None

    def deliver(self, message: OutgoingMessage) -> None:
        """Hand one message over, for exactly one recipient.

        Raises NotDelivered where the server refuses it or the connection breaks, TransportDown where no
        message could go out.
        """
        content = mime_bytes(message, sender=self._sender, at=clock.now())
        connection = self._begin(len(content))
        try:
            self._hand_over(connection, message.recipient, content)
        except NotDelivered:
            raise
        except BaseException:
            # Nobody knows what the server waits for now; the next message must not find out.
            self._drop()
            raise

    def _hand_over(self, connection: smtplib.SMTP, recipient: str, content: bytes) -> None:
        try:
            self._check(connection, *connection.rcpt(recipient))
        except OSError as error:
            self._drop()
            raise NotDelivered(_words(error)) from error
        try:
            self._check(connection, *connection.data(content))
        except smtplib.SMTPDataError as error:
            self._check(connection, error.smtp_code, _reply_bytes(error))
        except OSError as error:
            self._drop()
            raise NotDelivered(_words(error), outcome_unknown=True) from error

    def _begin(self, size: int) -> smtplib.SMTP:
        """Return a connection on which a message has begun; a server that closed the last one in between is
        called again."""
        reused = self._connection is not None
        connection = self._connection or self._connect()
        options = [f"size={size}"] if connection.has_extn("size") else []
        try:
            code, reply = connection.mail(parseaddr(self._sender)[1], options)
        except OSError as error:
            self._drop()
            if reused:
                return self._begin(size)
            raise TransportDown(_words(error)) from error
        if code == CLOSING and reused:
            self._drop()
            return self._begin(size)
        if code == TOO_LARGE:
            self._check(connection, code, reply)
        if code != ACCEPTED:
            # The sender is the same for every message, and so is its refusal.
            self._drop()
            raise TransportDown(f"The mail server refuses the sender: {_reply(code, reply)}")
        return connection

    def _connect(self) -> smtplib.SMTP:
        domain = parseaddr(self._sender)[1].rpartition("@")[2]
        context = ssl.create_default_context()
        connection: smtplib.SMTP | None = None
        try:
            if self._security == "tls":
                connection = smtplib.SMTP_SSL(
                    self._host, self._port, local_hostname=domain, timeout=TIMEOUT_SECONDS, context=context
                )
            else:
                connection = smtplib.SMTP(
                    self._host, self._port, local_hostname=domain, timeout=TIMEOUT_SECONDS
                )
            if self._security == "starttls":
                connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
            if self._username is not None and self._password is not None:
                connection.login(self._username, self._password)
        except (OSError, smtplib.SMTPException) as error:
            if connection is not None:
                connection.close()
            raise TransportDown(f"The mail server cannot be used: {_words(error)}") from error
        self._connection = connection
        return connection

    def _check(self, connection: smtplib.SMTP, code: int, reply: bytes) -> None:
        """Raise NotDelivered where the reply is a refusal, with the connection ready for the next message."""
        if code in {ACCEPTED, 251}:
            return
        try:
            if code == CLOSING or connection.rset()[0] != ACCEPTED:
                self._drop()
        except OSError:
            self._drop()
        raise NotDelivered(_reply(code, reply))

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _reply(code: int, reply: bytes) -> str:
    return f"{code} {reply.decode('utf-8', 'replace')}"


def _reply_bytes(error: smtplib.SMTPResponseException) -> bytes:
    return error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, _reply_bytes(error))
    return f"{type(error).__name__}: {error}"


def transport_from_settings() -> Transport:
    """Return the way out that the application's settings name."""
    settings = current_app.config["SETTINGS"]
    if settings.mail_transport == "hold":
        return HoldTransport()
    return SmtpTransport(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.mail_from,
        username=settings.smtp_username,
        password=settings.smtp_password,
    )
