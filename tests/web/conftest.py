"""A small application with our pages, forms and headers, and views that do what rooms do. No database."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest
from flask import Flask, abort, flash, redirect, render_template_string, request
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from tests.support.pages import CheckingClient
from wrap_portal.errors import DomainError
from wrap_portal.extensions import csrf
from wrap_portal.web.errors import init_error_pages
from wrap_portal.web.fields import (
    CheckboxesField,
    CheckboxField,
    DateField,
    EmailField,
    FileField,
    HiddenField,
    Option,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    WholeNumberField,
)
from wrap_portal.web.forms import Form, apply_domain_error
from wrap_portal.web.headers import init_headers
from wrap_portal.web.requests import init_requests
from wrap_portal.web.templating import init_templating

ROOT = Path(__file__).parents[2]


class Mode(StrEnum):
    """How a session is held."""

    ROOM = "room"
    ONLINE = "online"


class EverythingForm(Form):
    """One field of each kind."""

    key = HiddenField("Key", required=False)
    name = TextField("Full name", max_length=60)
    notes = TextAreaField("Notes", required=False, max_length=400)
    email = EmailField("E-mail address", required=False)
    places = WholeNumberField("Places", at_least=1, at_most=500)
    on = DateField("Date", called="the date", earliest=date(2015, 7, 1))
    starts_at = TimeField("Start time")
    course = SelectField("Course", choices=[(1, "WRAP"), (2, "Refresher")], blank="Choose a course")
    mode = RadiosField("How it is held", choices=[Option(Mode.ROOM, "In person", "At a venue")])
    people = CheckboxesField("People", choices=[(7, "Ada Byron"), (8, "Alan Kay")], called="who to book")
    sure = CheckboxField("I have told the ward's members")
    file = FileField("File", required=False, endings=(".csv", ".zip"))


PAGE = """
{% extends "layouts/page.html" %}
{% from "components/form_block.html" import form_block %}
{% from "components/question.html" import question %}
{% set title = "Everything" %}
{% block body %}
  {% call form_block(form, upload=true) %}
    {% for field in form if field.name not in ("csrf_token", "key") %}{{ question(field) }}{% endfor %}
  {% endcall %}
{% endblock %}
"""


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each test makes an application; to compile all templates for each takes most of its time."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def small_app(compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """The application; views that fail are at /fails/..."""
    app = Flask(
        "wrap_portal",
        root_path=str(ROOT / "wrap_portal"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.update(SECRET_KEY="for these tests only", WTF_CSRF_ENABLED=False, MAX_CONTENT_LENGTH=5_000_000)
    app.test_client_class = CheckingClient
    csrf.init_app(app)
    init_requests(app)
    init_headers(app)
    init_templating(app)
    app.jinja_env.bytecode_cache = compiled_templates
    init_error_pages(app)
    _add_views(app)
    yield app


@pytest.fixture
def small_client(small_app: Flask) -> FlaskClient:
    """A client of the small application."""
    return small_app.test_client()


def _add_views(app: Flask) -> None:
    @app.route("/everything", methods=["GET", "POST"])
    def everything() -> Response | tuple[str, int]:
        form = EverythingForm()
        form.mode.choices = [Option(Mode.ROOM, "In person", "At a venue"), (Mode.ONLINE, "Online")]
        if form.validate_on_submit():
            try:
                if form.places.data == 13:
                    raise DomainError("There are only 12 chairs.", field=request.args.get("refuse", "places"))
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                flash("It is in the diary.", "success")
                flash("One place is left.")
                return redirect("/everything", 303)
        return render_template_string(PAGE, form=form), 422 if form.is_submitted() else 200

    @app.get("/fails/<int:status>")
    def fails(status: int) -> str:
        abort(status)

    @app.get("/crashes/<secret>")
    def crashes(secret: str) -> str:
        raise RuntimeError(f"Key (email)=({secret}) already exists")

    @app.get("/database-down")
    def database_down() -> str:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    @app.post("/refuses")
    def refuses() -> str:
        raise DomainError("The session has already started.")
