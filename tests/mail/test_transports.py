"""Encryption on the way to the mail server: asked for means done, with the server's certificate checked."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask

from config import MailTransport, Settings, SmtpSecurity
from tests.support.mail import OnAFreePort, SmtpSink
from wrap_portal.mail.mime import OutgoingMessage
from wrap_portal.mail.transports import HoldTransport, SmtpTransport, TransportDown, transport_from_settings

TLS = Path(__file__).parents[1] / "corpus" / "tls"
MESSAGE = OutgoingMessage(
    id=1,
    attempts=1,
    recipient="ada@school.example",
    subject="Hello",
    body_text="Hello.\n",
    body_html=None,
    calendar=None,
    calendar_method=None,
    message_id="<1@example.org>",
)


@pytest.fixture
def start_server() -> Iterator[Callable[..., tuple[SmtpSink, int]]]:
    """Starts mail servers that collect; the arguments are aiosmtpd's."""
    sinks: list[SmtpSink] = []

    def start(**values: Any) -> tuple[SmtpSink, int]:
        sink = SmtpSink()
        sink.controller = OnAFreePort(sink, hostname="127.0.0.1", **values)
        sink.controller.start()
        sinks.append(sink)
        return sink, sink.port

    yield start
    for sink in sinks:
        sink.stop()


@pytest.fixture
def certificate() -> ssl.SSLContext:
    """What the servers show: a certificate for localhost that nobody trusts."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "server.pem")
    return context


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine trust the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))


def send(port: int, security: str, host: str = "localhost", **values: Any) -> None:
    with SmtpTransport(
        host=host, port=port, security=security, sender="portal@example.org", **values
    ) as transport:
        transport.deliver(MESSAGE)


@pytest.mark.usefixtures("trusted")
def test_starttls_encrypts(start_server: Callable[..., Any], certificate: ssl.SSLContext) -> None:
    sink, port = start_server(tls_context=certificate, require_starttls=True)
    send(port, "starttls")
    assert len(sink.deliveries) == 1


@pytest.mark.usefixtures("trusted")
def test_tls_encrypts_from_the_first_byte(
    start_server: Callable[..., Any], certificate: ssl.SSLContext
) -> None:
    sink, port = start_server(ssl_context=certificate)
    send(port, "tls")
    assert len(sink.deliveries) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_trusts_is_refused(
    start_server: Callable[..., Any], certificate: ssl.SSLContext, security: str
) -> None:
    values = {"tls_context": certificate} if security == "starttls" else {"ssl_context": certificate}
    sink, port = start_server(**values)
    with pytest.raises(TransportDown, match="CERTIFICATE_VERIFY_FAILED"):
        send(port, security)
    assert sink.deliveries == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_host_is_refused(
    start_server: Callable[..., Any], certificate: ssl.SSLContext
) -> None:
    sink, port = start_server(tls_context=certificate)
    with pytest.raises(TransportDown, match="not valid for '127.0.0.1'"):
        send(port, "starttls", host="127.0.0.1")
    assert sink.deliveries == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("password", "let_in"), [("right", True), ("wrong", False)])
def test_the_portal_signs_in_to_the_mail_server(
    start_server: Callable[..., Any], certificate: ssl.SSLContext, password: str, let_in: bool
) -> None:
    def authenticate(
        server: Any, session: Any, envelope: Any, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=given == LoginPassword(b"portal", b"right"), handled=False)

    sink, port = start_server(tls_context=certificate, auth_required=True, authenticator=authenticate)
    if let_in:
        send(port, "starttls", username="portal", password=password)
    else:
        with pytest.raises(TransportDown, match="535") as refused:
            send(port, "starttls", username="portal", password=password)
        assert password not in str(refused.value)
    assert len(sink.deliveries) == let_in


def test_transport_from_settings_takes_what_they_say(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = app.config["SETTINGS"]
    with app.app_context():
        assert isinstance(transport_from_settings(), HoldTransport)
        sending = replace(
            settings,
            mail_transport=MailTransport.SMTP,
            smtp_host="mail.example.org",
            smtp_security=SmtpSecurity.STARTTLS,
        )
        monkeypatch.setitem(app.config, "SETTINGS", sending)
        assert isinstance(transport_from_settings(), SmtpTransport)
