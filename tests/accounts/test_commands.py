"""Accounts from the terminal."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.accounts import make_user
from tests.factories.organisations import make_authority, make_organisation
from wrap_portal.accounts import queries
from wrap_portal.web.access import Role

pytestmark = pytest.mark.usefixtures("db_session")


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """Run `flask accounts ...` and return its exit code and everything it said."""
    result = app.test_cli_runner().invoke(args=["accounts", *arguments])
    return result.exit_code, result.output


def test_create_prints_a_link_that_works(app: Flask, client: FlaskClient) -> None:
    code, said = run(app, "create", "First@Portal.example", "--role", "administrator")
    assert code == 0, said
    link = said.splitlines()[-1]
    assert link.startswith(f"{app.config['SETTINGS'].base_url}/sign-in/link/")
    client.post(link.removeprefix(app.config["SETTINGS"].base_url))
    assert client.get("/users").status_code == 200
    assert "first" in client.get("/users").text


@pytest.mark.parametrize("role", ["manager", "viewer", "trainer"])
def test_create_for_an_authority(app: Flask, role: str) -> None:
    authority = make_authority(code="825")
    code, said = run(app, "create", "m@c.example", "--role", role, "--authority", "825", "--name", "Mo M")
    assert code == 0, said
    user = queries.user_by_email("m@c.example")
    assert user is not None
    assert user.name == "Mo M"
    assert [(grant.role, grant.authority_id) for grant in user.grants] == [(Role(role), authority.id)]


@pytest.mark.parametrize("role", ["lead", "trainer"])
def test_create_for_an_organisation(app: Flask, role: str) -> None:
    organisation = make_organisation(urn=123456)
    code, said = run(app, "create", "l@s.example", "--role", role, "--organisation", "123456")
    assert code == 0, said
    user = queries.user_by_email("l@s.example")
    assert user is not None
    assert [grant.organisation_id for grant in user.grants] == [organisation.id]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["taken@c.example", "--role", "administrator"], "already an account"),
        (["no address", "--role", "administrator"], "correct format"),
        (["a@c.example", "--role", "manager"], "Say which authority"),
        (["a@c.example", "--role", "manager", "--authority", "999"], "no council with the code 999"),
        (["a@c.example", "--role", "lead"], "Say which organisation"),
        (["a@c.example", "--role", "lead", "--organisation", "1"], "no organisation with the code 1"),
        (["a@c.example", "--role", "administrator", "--authority", "825"], "whole portal"),
        (["a@c.example", "--role", "emperor"], "is not one of"),
        (["a@c.example"], "Missing option"),
    ],
)
def test_create_refuses_and_does_nothing(app: Flask, arguments: list[str], sentence: str) -> None:
    make_authority(code="825")
    make_user(email="taken@c.example")
    code, said = run(app, "create", *arguments)
    assert code != 0
    assert sentence in said
    assert "Traceback" not in said
    assert queries.user_by_email("a@c.example") is None


def test_sign_in_link_for_support(app: Flask, client: FlaskClient) -> None:
    make_user(email="jo@c.example")
    code, said = run(app, "sign-in-link", "JO@c.example")
    assert code == 0
    assert re.fullmatch(rf"{app.config['SETTINGS'].base_url}/sign-in/link/[\w-]{{43}}", said.strip())
    client.post(said.strip().removeprefix(app.config["SETTINGS"].base_url))
    assert client.get("/working-on").status_code == 200


@pytest.mark.parametrize("email", ["nobody@c.example", "out@c.example", "x"])
def test_sign_in_link_refuses(app: Flask, email: str) -> None:
    make_user(email="out@c.example", disabled_at=make_user().created_at)
    code, said = run(app, "sign-in-link", email)
    assert code == 1
    assert said.startswith("Error: ")
    assert len(said.splitlines()) == 1
