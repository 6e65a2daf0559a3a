"""What the portal takes from the environment, and what it refuses to start with."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import PROJECT_ROOT, MailTransport, Settings, SettingsError, SmtpSecurity

GOOD_SECRET = "q3vN8xKp0ZtLw7RbYc2MfHs5UjAe9DgT"


def production(**changes: str) -> dict[str, str]:
    """An environment that production starts with, then changed; an empty value takes a setting away."""
    environ = {
        "WRAP_ENV": "production",
        "SECRET_KEY": GOOD_SECRET,
        "BASE_URL": "https://wrap.example.gov.uk",
        "SMTP_HOST": "mail.example.gov.uk",
    }
    return environ | changes


def test_production_starts_with_the_four_settings_it_needs() -> None:
    settings = Settings.from_environment(production())
    assert settings.production
    assert settings.https
    assert settings.secret_key == GOOD_SECRET
    assert settings.mail_transport is MailTransport.SMTP
    assert settings.trusted_hosts == ("wrap.example.gov.uk",)
    assert settings.trusted_proxies == 0
    assert settings.demonstration is False


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "   "}, "SECRET_KEY"),
        ({"SECRET_KEY": GOOD_SECRET[:31]}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY"),
        ({"SECRET_KEY": "change-me-to-something-at-least-32-long"}, "SECRET_KEY"),
        ({"SECRET_KEY_FALLBACKS": f"{GOOD_SECRET},short"}, "SECRET_KEY_FALLBACKS"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"FLASK_DEBUG": "True"}, "FLASK_DEBUG"),
        ({"FLASK_DEBUG": "anything"}, "FLASK_DEBUG"),
        ({"BASE_URL": ""}, "BASE_URL"),
        ({"BASE_URL": "http://wrap.example.gov.uk"}, "BASE_URL"),
        ({"WRAP_DEMONSTRATION": "yes"}, "WRAP_DEMONSTRATION"),
        ({"SMTP_HOST": ""}, "SMTP_HOST"),
        ({"SMTP_USERNAME": "u", "SMTP_PASSWORD": "p", "SMTP_SECURITY": "none"}, "SMTP_SECURITY"),
    ],
)
def test_production_refuses_and_names_the_setting(changes: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: ") as refusal:
        Settings.from_environment(production(**changes))
    assert refusal.value.name == name


def test_production_with_mail_held_needs_no_mail_server() -> None:
    settings = Settings.from_environment(production(SMTP_HOST="", MAIL_TRANSPORT="hold"))
    assert settings.mail_transport is MailTransport.HOLD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WRAP_ENV", "staging"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "5000.0"),
        ("PORT", "٥٠٠٠"),
        ("PORT", "9" * 5000),
        ("WRAP_DEMONSTRATION", "perhaps"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("TRUSTED_HOSTS", "good.example.gov.uk, *"),
        ("TRUSTED_HOSTS", "https://good.example.gov.uk"),
        ("MAIL_TRANSPORT", "pigeon"),
        ("SMTP_PORT", "smtp"),
        ("SMTP_SECURITY", "ssl"),
        ("BASE_URL", "wrap.example.gov.uk"),
        ("BASE_URL", "ftp://wrap.example.gov.uk"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://user@wrap.example.gov.uk"),
        ("BASE_URL", "https://wrap.example.gov.uk/portal"),
        ("BASE_URL", "https://wrap.example.gov.uk?a=b"),
        ("BASE_URL", "https://wrap.example.gov.uk:port"),
        ("BASE_URL", "https://bad host"),
        ("BASE_URL", "https://[::1"),
        ("DATABASE_URL", "sqlite:///wrap.db"),
        ("DATABASE_URL", "postgresql+psycopg2://host/name"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("DATABASE_URL", "postgresql://host"),
        ("DATABASE_URL", "nonsense"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@example.org\r\nBcc: b@example.org"),
        ("MAIL_FROM", "a@example.org, b@example.org"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Settings.from_environment({"WRAP_INSTANCE": str(tmp_path), name: value})


@pytest.mark.parametrize(
    ("given", "missing"), [("SMTP_USERNAME", "SMTP_PASSWORD"), ("SMTP_PASSWORD", "SMTP_USERNAME")]
)
def test_half_a_mail_account_is_refused(given: str, missing: str, tmp_path: Path) -> None:
    environ = {"WRAP_INSTANCE": str(tmp_path), "SMTP_HOST": "mail.example.org", given: "x"}
    with pytest.raises(SettingsError, match=f"^{missing}: "):
        Settings.from_environment(environ)


def test_development_needs_no_setting_at_all(tmp_path: Path) -> None:
    settings = Settings.from_environment({"WRAP_INSTANCE": str(tmp_path)})
    assert not settings.production
    assert settings.base_url == "http://127.0.0.1:5000"
    assert settings.database_url is None
    assert settings.mail_transport is MailTransport.HOLD
    assert settings.mail_from == "no-reply@127.0.0.1"
    assert settings.trusted_hosts == ("127.0.0.1", "localhost", "[::1]")


def test_the_port_is_part_of_the_address_outside_production(tmp_path: Path) -> None:
    settings = Settings.from_environment({"WRAP_INSTANCE": str(tmp_path), "PORT": "8080"})
    assert (settings.port, settings.base_url) == (8080, "http://127.0.0.1:8080")


def test_a_relative_instance_is_a_folder_of_the_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({"SECRET_KEY": GOOD_SECRET, "WRAP_INSTANCE": "elsewhere"})
    assert settings.instance == PROJECT_ROOT / "elsewhere"
    assert Settings.from_environment({"SECRET_KEY": GOOD_SECRET}).instance == PROJECT_ROOT / "instance"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_postgresql_address_is_taken(scheme: str) -> None:
    settings = Settings.from_environment(
        production(DATABASE_URL=f"{scheme}://u:p%40w@db.example.org:5433/wrap")
    )
    assert settings.database_url == "postgresql+psycopg://u:p%40w@db.example.org:5433/wrap"
    assert settings.flask_config()["SQLALCHEMY_DATABASE_URI"] == settings.database_url


def test_without_an_address_no_database_is_named(tmp_path: Path) -> None:
    settings = Settings.from_environment({"WRAP_INSTANCE": str(tmp_path)})
    assert "SQLALCHEMY_DATABASE_URI" not in settings.flask_config()


def test_the_usual_port_follows_the_security_of_the_mail_server() -> None:
    ports = {
        security: Settings.from_environment(production(SMTP_SECURITY=security.value)).smtp_port
        for security in SmtpSecurity
    }
    assert ports == {SmtpSecurity.STARTTLS: 587, SmtpSecurity.TLS: 465, SmtpSecurity.NONE: 25}


def test_the_secret_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = Settings.from_environment({"WRAP_INSTANCE": str(tmp_path / "new")}).secret_key
    again = Settings.from_environment({"WRAP_INSTANCE": str(tmp_path / "new")}).secret_key
    other = Settings.from_environment({"WRAP_INSTANCE": str(tmp_path / "other")}).secret_key
    assert first == again != other
    assert len(first) >= 48
    path = tmp_path / "new" / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_at_once_share_the_secret(tmp_path: Path) -> None:
    code = "import os, config; print(config.Settings.from_environment(os.environ).secret_key)"
    environ = {**os.environ, "WRAP_INSTANCE": str(tmp_path / "new"), "WRAP_ENV": "development"}
    environ.pop("SECRET_KEY", None)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=PROJECT_ROOT, env=environ, stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 6
    assert len(set(said)) == 1


def test_a_given_secret_leaves_nothing_in_the_instance(tmp_path: Path) -> None:
    Settings.from_environment({"WRAP_INSTANCE": str(tmp_path), "SECRET_KEY": "short is fine here"})
    assert list(tmp_path.iterdir()) == []


def test_an_instance_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SettingsError, match=r"^WRAP_INSTANCE: .*file"):
        Settings.from_environment({"WRAP_INSTANCE": str(tmp_path / "file" / "instance")})


def test_no_secret_is_shown_when_settings_are_printed() -> None:
    settings = Settings.from_environment(
        production(
            DATABASE_URL="postgresql://u:hush1@h/d",
            SMTP_USERNAME="u",
            SMTP_PASSWORD="hush2",
            SECRET_KEY_FALLBACKS=GOOD_SECRET[::-1],
        )
    )
    for secret in ("hush1", "hush2", GOOD_SECRET, GOOD_SECRET[::-1]):
        assert secret not in repr(settings)


def test_the_cookie_is_bound_to_the_host_over_https_only() -> None:
    config = Settings.from_environment(production()).flask_config()
    assert config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert config["SESSION_COOKIE_SECURE"] is True
    assert config["SESSION_COOKIE_DOMAIN"] is None
    assert config["SESSION_COOKIE_PATH"] == "/"
    assert config["SESSION_COOKIE_HTTPONLY"] is True
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_the_cookie_works_over_plain_http_in_development(tmp_path: Path) -> None:
    config = Settings.from_environment({"WRAP_INSTANCE": str(tmp_path)}).flask_config()
    assert config["SESSION_COOKIE_SECURE"] is False
    assert not config["SESSION_COOKIE_NAME"].startswith("__Host-")


def test_the_limits_let_a_national_register_and_a_long_form_through() -> None:
    config = Settings.from_environment(production()).flask_config()
    assert config["MAX_CONTENT_LENGTH"] >= 62 * 1024 * 1024
    assert config["MAX_FORM_PARTS"] >= 5000
    assert config["MAX_FORM_MEMORY_SIZE"] >= 1024 * 1024


def test_further_hosts_are_added_to_that_of_the_address() -> None:
    settings = Settings.from_environment(production(TRUSTED_HOSTS="wrap.internal, wrap.example.gov.uk"))
    assert settings.flask_config()["TRUSTED_HOSTS"] == ["wrap.example.gov.uk", "wrap.internal"]


def test_old_secrets_stay_valid_for_reading() -> None:
    settings = Settings.from_environment(production(SECRET_KEY_FALLBACKS=GOOD_SECRET[::-1]))
    assert settings.flask_config()["SECRET_KEY_FALLBACKS"] == [GOOD_SECRET[::-1]]
