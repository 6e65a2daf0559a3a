"""The composition root: the only module that knows every room."""

import os

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config import PROJECT_ROOT, Settings
from wrap_portal import cli, embedded_postgres, tables
from wrap_portal.accounts import routes as accounts
from wrap_portal.attendance import routes as attendance
from wrap_portal.bookings import routes as bookings
from wrap_portal.courses import routes as courses
from wrap_portal.coverage import routes as coverage
from wrap_portal.coverage import service as coverage_service
from wrap_portal.extensions import csrf, db, login_manager, migrate
from wrap_portal.jobs.timetable import Job, init_timetable
from wrap_portal.mail import jobs as mail_jobs
from wrap_portal.organisations import routes as organisations
from wrap_portal.people import routes as people
from wrap_portal.records import routes as records
from wrap_portal.reminders import jobs as reminders_jobs
from wrap_portal.reminders import routes as reminders
from wrap_portal.reports import routes as reports
from wrap_portal.sessions import routes as sessions
from wrap_portal.trainers import routes as trainers
from wrap_portal.transaction import before_commit
from wrap_portal.web.addresses import init_addresses
from wrap_portal.web.errors import init_error_pages
from wrap_portal.web.headers import init_headers
from wrap_portal.web.requests import init_requests
from wrap_portal.web.templating import init_templating

# Bottom storey first: a room may import the rooms before it (docs/architecture.md 2).
ROOMS = (
    organisations,
    courses,
    people,
    accounts,
    records,
    trainers,
    sessions,
    bookings,
    attendance,
    coverage,
    reminders,
    reports,
)

# The whole timetable on one screen; also `flask jobs list`.
JOBS: tuple[Job, ...] = (*mail_jobs.JOBS, *reminders_jobs.JOBS)


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application.

    Arguments: `settings`, or None to read them from the environment.
    Raises SettingsError where a setting is missing or wrong, naming it.
    """
    settings = settings or Settings.from_environment(os.environ)
    app = Flask(
        "wrap_portal",
        root_path=str(PROJECT_ROOT / "wrap_portal"),
        template_folder=str(PROJECT_ROOT / "templates"),
        static_folder=str(PROJECT_ROOT / "static"),
    )
    app.config.from_mapping(settings.flask_config())
    app.config["SQLALCHEMY_DATABASE_URI"] = embedded_postgres.database_url(settings)
    _init_extensions(app)
    _believe_proxies(app, settings.trusted_proxies)
    init_addresses(app)
    init_requests(app)
    init_headers(app)
    init_templating(app)
    init_error_pages(app)
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    before_commit(coverage_service.refresh_stale)
    init_timetable(app, JOBS)
    cli.init_commands(app)
    return app


def _believe_proxies(app: Flask, number: int) -> None:
    """Take the caller's address and scheme from so many proxies' headers; from none, unless told otherwise.

    The host is never taken from a header: links come from BASE_URL, TRUSTED_HOSTS checks what was asked for.
    """
    if number:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number)  # type: ignore[method-assign]


def _init_extensions(app: Flask) -> None:
    db.init_app(app)
    assert tables.TABLES  # noqa: S101
    migrate.init_app(app, db, directory=str(PROJECT_ROOT / "migrations"))
    csrf.init_app(app)
    login_manager.init_app(app)
