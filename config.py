"""The portal's settings: read from the environment once, checked at start, never read anywhere else.

`Settings.from_environment(os.environ)` either returns settings that are fit to run with or raises
SettingsError, whose sentence begins with the name of the setting that is wrong. docs/operations.md lists them
for the people who set them.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PROJECT_ROOT = Path(__file__).resolve().parent

SHORTEST_SECRET = 32
FEWEST_DIFFERENT_CHARACTERS = 12
# Parts of the values that examples and tutorials print, and that get copied as they are.
EXAMPLE_SECRETS = (
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "example",
    "secret-key",
    "secret_key",
    "your-",
)

# The GIAS file of England, unzipped, has 60 MB and must go through the browser.
LARGEST_REQUEST = 70 * 1024 * 1024
# A register of 1,100 attendees posts a few fields for each; Flask's own limit is 1,000 parts.
MOST_FORM_PARTS = 5000
LARGEST_FORM = 4 * 1024 * 1024

YES = {"1", "true", "yes", "on"}
NO = {"", "0", "false", "no", "off"}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
HOST = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]")
ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+|[^\r\n<>@]+ <[^\s@<>,;]+@[^\s@<>,;]+>")


class SettingsError(Exception):
    """A setting is missing or wrong; the sentence starts with its name and says what to do."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name = name


class Environment(StrEnum):
    """Where the portal runs: `development` covers tests and the demonstration."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class MailTransport(StrEnum):
    """What happens to a queued message: `smtp` sends it, `hold` keeps it in the queue to be read there."""

    SMTP = "smtp"
    HOLD = "hold"


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


USUAL_SMTP_PORT = {SmtpSecurity.STARTTLS: 587, SmtpSecurity.TLS: 465, SmtpSecurity.NONE: 25}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that differs between one installation and another."""

    environment: Environment
    secret_key: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    base_url: str
    database_url: str | None = field(default=None, repr=False)
    instance: Path
    port: int = 5000
    demonstration: bool = False
    mail_transport: MailTransport = MailTransport.HOLD
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_username: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    mail_from: str
    trusted_hosts: tuple[str, ...]
    trusted_proxies: int = 0

    @property
    def production(self) -> bool:
        """Whether real people's records are kept here."""
        return self.environment is Environment.PRODUCTION

    @property
    def https(self) -> bool:
        """Whether browsers reach the portal over https."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads and checks the settings.

        Arguments: the environment, by name. An empty value counts as not set. A relative WRAP_INSTANCE is a
        folder of the project, wherever the command was started, so that every command means the same one.
        Outside production a missing SECRET_KEY is made once and kept in the instance folder. Raises
        SettingsError naming the first setting that is missing or wrong.
        """
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        environment = _one_of(given, "WRAP_ENV", Environment, Environment.DEVELOPMENT)
        production = environment is Environment.PRODUCTION
        instance = PROJECT_ROOT / Path(given.get("WRAP_INSTANCE", "instance")).expanduser()
        demonstration = _yes_or_no(given, "WRAP_DEMONSTRATION")
        port = _number(given, "PORT", 5000, lowest=1, highest=65535)
        if production:
            _refuse_debug(given)
            if demonstration:
                raise SettingsError(
                    "WRAP_DEMONSTRATION", "cannot be on in production: it lets anyone sign in"
                )
        base_url = _base_url(given, port=port, production=production)
        host = urlsplit(base_url).netloc.rsplit("@")[-1]
        host_name = re.sub(r":\d+$", "", host)
        secret_key, fallbacks = _secrets(given, instance=instance, production=production)
        mail = _mail(given, production=production, host_name=host_name)
        return cls(
            environment=environment,
            secret_key=secret_key,
            secret_key_fallbacks=fallbacks,
            base_url=base_url,
            database_url=_database_url(given),
            instance=instance.resolve(),
            port=port,
            demonstration=demonstration,
            trusted_hosts=_trusted_hosts(given, host_name=host_name, production=production),
            trusted_proxies=_number(given, "TRUSTED_PROXIES", 0, lowest=0, highest=10),
            **mail,
        )

    def flask_config(self) -> dict[str, Any]:
        """The settings in Flask's own words, with these settings themselves as SETTINGS.

        SQLALCHEMY_DATABASE_URI is there only when DATABASE_URL was given; otherwise the embedded server says
        it.
        """
        config: dict[str, Any] = {
            "SETTINGS": self,
            "SECRET_KEY": self.secret_key,
            "SECRET_KEY_FALLBACKS": list(self.secret_key_fallbacks),
            "TRUSTED_HOSTS": list(self.trusted_hosts),
            "PREFERRED_URL_SCHEME": "https" if self.https else "http",
            # __Host- makes the browser refuse the cookie from anywhere but this very host over https.
            "SESSION_COOKIE_NAME": "__Host-wrap_portal" if self.https else "wrap_portal",
            "SESSION_COOKIE_SECURE": self.https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_PATH": "/",
            "SESSION_COOKIE_DOMAIN": None,
            "SESSION_REFRESH_EACH_REQUEST": False,
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
            # A form lives as long as the sign-in session that it was given to, not the hour of Flask-WTF.
            "WTF_CSRF_TIME_LIMIT": None,
            "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
            "MAX_FORM_PARTS": MOST_FORM_PARTS,
            "MAX_FORM_MEMORY_SIZE": LARGEST_FORM,
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "pool_pre_ping": True,
                # Whatever zone the server was set up with, a time without one means the same.
                "connect_args": {"options": "-c timezone=UTC", "application_name": "wrap-portal"},
            },
        }
        if self.database_url is not None:
            config["SQLALCHEMY_DATABASE_URI"] = self.database_url
        return config


_Choice = TypeVar("_Choice", bound=StrEnum)


def _one_of(given: Mapping[str, str], name: str, kind: type[_Choice], default: _Choice) -> _Choice:
    try:
        return kind(given.get(name, default).lower())
    except ValueError:
        raise SettingsError(name, f"must be one of {', '.join(kind)}") from None


def _yes_or_no(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "").lower()
    if value in YES or value in NO:
        return value in YES
    raise SettingsError(name, "must be yes or no")


def _number(given: Mapping[str, str], name: str, default: int, *, lowest: int, highest: int) -> int:
    value = given.get(name, str(default))
    if value.isascii() and value.isdigit() and len(value) < 10 and lowest <= int(value) <= highest:
        return int(value)
    raise SettingsError(name, f"must be a whole number from {lowest} to {highest}")


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[,\s]+", given.get(name, "")) if part)


def _refuse_debug(given: Mapping[str, str]) -> None:
    # Flask's own reading: everything but these three means on.
    if given.get("FLASK_DEBUG", "0").lower() not in {"0", "false", "no"}:
        raise SettingsError("FLASK_DEBUG", "cannot be on in production: its error pages run code for anyone")


def _base_url(given: Mapping[str, str], *, port: int, production: bool) -> str:
    value = given.get("BASE_URL")
    if value is None:
        if production:
            raise SettingsError(
                "BASE_URL", "must be set in production: every link in a message starts with it"
            )
        return f"http://127.0.0.1:{port}"
    try:
        parts = urlsplit(value)
        well_formed = parts.hostname is not None and (parts.port is None or parts.port > 0)
    except ValueError:
        well_formed = False
    if not well_formed or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise SettingsError("BASE_URL", "must be an address like https://wrap.example.gov.uk")
    if not HOST.fullmatch(re.sub(r":\d+$", "", parts.netloc)):
        raise SettingsError("BASE_URL", "must hold a host name like wrap.example.gov.uk")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SettingsError("BASE_URL", "must hold a host only, no path: the portal takes a host of its own")
    if production and parts.scheme != "https":
        raise SettingsError("BASE_URL", "must start with https:// in production")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _database_url(given: Mapping[str, str]) -> str | None:
    value = given.get("DATABASE_URL")
    if value is None:
        return None
    value = re.sub(r"^(postgres|postgresql)://", "postgresql+psycopg://", value)
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "DATABASE_URL", "is not an address like postgresql://user:password@host/name"
        ) from None
    if url.drivername != "postgresql+psycopg":
        raise SettingsError(
            "DATABASE_URL", "must start with postgresql://; the portal runs on PostgreSQL only"
        )
    if not url.database:
        raise SettingsError("DATABASE_URL", "must end with the name of a database, like /wrap_portal")
    return value


def _trusted_hosts(given: Mapping[str, str], *, host_name: str, production: bool) -> tuple[str, ...]:
    extra = _listed(given, "TRUSTED_HOSTS")
    for host in extra:
        if not HOST.fullmatch(host):
            raise SettingsError(
                "TRUSTED_HOSTS", f"must be host names with commas between them; {host!r} is none"
            )
    return tuple(dict.fromkeys((host_name, *extra, *(() if production else LOOPBACK))))


def _secrets(given: Mapping[str, str], *, instance: Path, production: bool) -> tuple[str, tuple[str, ...]]:
    key = given.get("SECRET_KEY")
    fallbacks = _listed(given, "SECRET_KEY_FALLBACKS")
    if production:
        if key is None:
            raise SettingsError("SECRET_KEY", f"must be set in production. {_HOW_TO_MAKE_ONE}")
        for name, secret in [("SECRET_KEY", key), *(("SECRET_KEY_FALLBACKS", old) for old in fallbacks)]:
            _refuse_weak(name, secret)
    return key or _kept_secret(instance), fallbacks


_HOW_TO_MAKE_ONE = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


def _refuse_weak(name: str, secret: str) -> None:
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(name, f"must have {SHORTEST_SECRET} characters or more. {_HOW_TO_MAKE_ONE}")
    if len(set(secret)) < FEWEST_DIFFERENT_CHARACTERS:
        raise SettingsError(name, f"is too easy to guess. {_HOW_TO_MAKE_ONE}")
    if any(example in secret.lower() for example in EXAMPLE_SECRETS):
        raise SettingsError(name, f"is an example from a text, known to everyone. {_HOW_TO_MAKE_ONE}")


def _kept_secret(instance: Path) -> str:
    """The instance's own secret, made by whichever process comes first and read by all."""
    path = instance / "secret_key"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # mkstemp makes the file 0600; link puts it in place whole, and fails where another process was
            # first.
            handle, scratch = tempfile.mkstemp(prefix=".secret_key-", dir=instance)
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(secrets.token_urlsafe(48))
                os.link(scratch, path)
            except FileExistsError:
                pass
            finally:
                os.unlink(scratch)
        secret = path.read_text().strip()
    except OSError as error:
        raise SettingsError("WRAP_INSTANCE", f"cannot be used: {error.strerror}: {error.filename}") from error
    if not secret:
        raise SettingsError("SECRET_KEY", f"the file {path} is empty: delete it and start again")
    return secret


def _mail(given: Mapping[str, str], *, production: bool, host_name: str) -> dict[str, Any]:
    host = given.get("SMTP_HOST")
    usual = MailTransport.SMTP if production or host else MailTransport.HOLD
    transport = _one_of(given, "MAIL_TRANSPORT", MailTransport, usual)
    if transport is MailTransport.SMTP and host is None:
        raise SettingsError(
            "SMTP_HOST", "must be set to send mail; MAIL_TRANSPORT=hold keeps messages in the queue"
        )
    security = _one_of(given, "SMTP_SECURITY", SmtpSecurity, SmtpSecurity.STARTTLS)
    username, password = given.get("SMTP_USERNAME"), given.get("SMTP_PASSWORD")
    if (username is None) != (password is None):
        missing, present = (
            ("SMTP_USERNAME", "SMTP_PASSWORD") if username is None else ("SMTP_PASSWORD", "SMTP_USERNAME")
        )
        raise SettingsError(missing, f"must be set where {present} is")
    if production and password is not None and security is SmtpSecurity.NONE:
        raise SettingsError("SMTP_SECURITY", "must be starttls or tls where a password is sent")
    sender = given.get("MAIL_FROM", f"no-reply@{host_name.strip('[]')}")
    if not ADDRESS.fullmatch(sender):
        raise SettingsError(
            "MAIL_FROM", "must be an address like prevent@example.gov.uk or Name <prevent@example.gov.uk>"
        )
    return {
        "mail_transport": transport,
        "smtp_host": host,
        "smtp_port": _number(given, "SMTP_PORT", USUAL_SMTP_PORT[security], lowest=1, highest=65535),
        "smtp_username": username,
        "smtp_password": password,
        "smtp_security": security,
        "mail_from": sender,
    }
