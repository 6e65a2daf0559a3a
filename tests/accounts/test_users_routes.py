"""The administrator's pages."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.accounts import make_administrator, make_grant, make_lead, make_manager, make_user
from tests.factories.organisations import make_authority, make_organisation
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.accounts import queries
from wrap_portal.accounts.models import Grant, User
from wrap_portal.extensions import db
from wrap_portal.web.access import Role

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def chief(client: FlaskClient) -> User:
    """An administrator who has signed in."""
    user = make_administrator(name="Chief", email="chief@portal.example")
    sign_in(client, user)
    return user


@pytest.mark.usefixtures("chief")
def test_users_lists_roles_and_states(client: FlaskClient) -> None:
    make_manager(make_authority(name="Nearshire"), name="Mo Manager")
    make_user(name="Dee Disabled", disabled_at=NOW)
    page = client.get("/users").text
    for words in ("Mo Manager", "Manager, Nearshire", "Disabled", "Administrator"):
        assert words in page


@pytest.mark.usefixtures("chief")
def test_users_can_be_searched(client: FlaskClient) -> None:
    make_user(name="Ann Other", email="ann@a.example")
    make_user(name="100%_Ben", email="ben@b.example")
    for search, found in (("OTHER", "Ann Other"), ("ben@B", "100%_Ben"), ("%_b", "100%_Ben")):
        page = client.get("/users", query_string={"search": search}).text
        assert [name in page for name in ("Ann Other", "100%_Ben")] == [
            found == "Ann Other",
            found == "100%_Ben",
        ]
    assert "No user has this" in client.get("/users?search=zzz").text


@pytest.mark.usefixtures("chief")
def test_users_asks_the_database_as_often_for_thirty_as_for_one(client: FlaskClient) -> None:
    counts = []
    for more in (1, 29):
        for _ in range(more):
            make_lead()
        with counted_queries() as statements:
            client.get("/users")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_add_user_with_a_first_role(client: FlaskClient, chief: User) -> None:
    authority = make_authority()
    answer = client.post(
        "/users/add",
        data={
            "name": "mary-ann O'HARA",
            "email": "Mary@Council.example",
            "role": "manager",
            "authority": authority.id,
            "id": 7,
            "demonstration": "yes",
        },
    )
    user = queries.user_by_email("mary@council.example")
    assert user is not None
    assert (answer.status_code, answer.location) == (303, f"/users/{user.id}")
    assert (user.name, user.demonstration) == ("mary-ann O'HARA", False)
    assert [(grant.role, grant.authority_id) for grant in user.grants] == [(Role.MANAGER, authority.id)]


@pytest.mark.usefixtures("chief")
@pytest.mark.parametrize("code", ["urn", "ods_code", "local_code"])
def test_add_user_for_an_organisation_by_its_code(client: FlaskClient, code: str) -> None:
    value = {"urn": 123456, "ods_code": "RX9AB", "local_code": "L00007"}[code]
    organisation = make_organisation(**{code: value})
    data = {"name": "Lee", "email": "lee@school.example", "role": "lead", "organisation": str(value).lower()}
    assert client.post("/users/add", data=data).status_code == 303
    assert [row.email for row in queries.leads(organisation.id)] == ["lee@school.example"]


@pytest.mark.usefixtures("chief")
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Enter the name"),
        ({"email": "x"}, "like name@example.com"),
        ({"email": "CHIEF@portal.example"}, "already an account"),
        ({"role": ""}, "Select the role"),
        ({"role": "emperor"}, "must be one of the list"),
        ({"role": "lead"}, "Say which organisation"),
        ({"role": "lead", "organisation": "999999"}, "no organisation with this code"),
        ({"role": "lead", "organisation": "９９"}, "no organisation with this code"),
        ({"role": "manager"}, "Say which authority"),
        ({"role": "manager", "authority": "999"}, "must be one of the list"),
    ],
)
def test_add_user_refuses_beside_the_field_and_does_nothing(
    client: FlaskClient, change: dict[str, str], sentence: str
) -> None:
    before = db.session.scalars(select(User.id)).all()
    data = {"name": "Jo", "email": "jo@council.example", "role": "administrator"} | change
    answer = client.post("/users/add", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalars(select(User.id)).all() == before


@pytest.mark.usefixtures("chief")
def test_user_gives_a_role(client: FlaskClient) -> None:
    user, authority = make_user(), make_authority(name="Nearshire")
    data = {"role": "viewer", "authority": authority.id}
    assert client.post(f"/users/{user.id}", data=data).status_code == 303
    assert "Nearshire" in client.get(f"/users/{user.id}").text
    again = client.post(f"/users/{user.id}", data=data)
    assert again.status_code == 422
    assert "already has this role" in again.text
    assert db.session.scalars(select(Grant.role).where(Grant.user_id == user.id)).all() == [Role.VIEWER]


@pytest.mark.usefixtures("chief")
def test_user_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/users/999999").status_code == 404
    assert client.get(f"/users/{2**40}").status_code == 404


@pytest.mark.usefixtures("chief")
def test_end_role_of_this_user_only(client: FlaskClient) -> None:
    grant = make_grant()
    other = make_user()
    assert client.post(f"/users/{other.id}/roles/{grant.id}/end").status_code == 404
    assert client.post(f"/users/{grant.user_id}/roles/{grant.id}/end").status_code == 303
    assert grant.ended_at is not None
    assert client.post(f"/users/{grant.user_id}/roles/{grant.id}/end").status_code == 404


def test_end_role_refuses_the_last_administrators(client: FlaskClient, chief: User) -> None:
    grant = chief.grants[0]
    answer = client.post(f"/users/{chief.id}/roles/{grant.id}/end")
    assert answer.status_code == 422
    assert "only administrator" in answer.text
    assert grant.ended_at is None


@pytest.mark.usefixtures("chief")
def test_disable_and_enable_a_user(client: FlaskClient) -> None:
    user = make_manager()
    assert client.post(f"/users/{user.id}/disable").status_code == 303
    assert user.disabled_at is not None
    assert "Enable this account" in client.get(f"/users/{user.id}").text
    assert client.post(f"/users/{user.id}/enable").status_code == 303
    assert user.disabled_at is None
    assert "Disable this account" in client.get(f"/users/{user.id}").text


@pytest.mark.usefixtures("chief")
def test_enable_of_who_is_not_there(client: FlaskClient) -> None:
    assert client.post("/users/999999/enable").status_code == 404
    assert client.post("/users/999999/disable").status_code == 404
