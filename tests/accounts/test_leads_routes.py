"""Who looks after an organisation: the manager's page."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.accounts import make_lead, make_manager, make_user
from tests.factories.organisations import make_authority, make_organisation
from tests.support.signing_in import sign_in
from wrap_portal.accounts import queries
from wrap_portal.accounts.models import Grant, User
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message
from wrap_portal.organisations.models import Organisation
from wrap_portal.web.access import Role


@pytest.fixture
def school(client: FlaskClient) -> Organisation:
    """A school of the authority whose manager has signed in."""
    authority = make_authority()
    sign_in(client, make_manager(authority))
    return make_organisation(authority, name="Hill School")


def test_leads_lists_who_can_sign_in(client: FlaskClient, school: Organisation) -> None:
    assert (
        "Nobody can sign in for this organisation yet" in client.get(f"/organisations/{school.id}/leads").text
    )
    make_lead(school, name="Lee Lead")
    make_lead(name="Foreign Lead")
    page = client.get(f"/organisations/{school.id}/leads").text
    assert "Lee Lead" in page
    assert "Foreign Lead" not in page


def test_leads_invites_somebody_by_mail(app: Flask, client: FlaskClient, school: Organisation) -> None:
    data = {
        "name": "Jo de la Cruz",
        "email": "Jo@School.example",
        "role": "administrator",
        "organisation_id": 1,
    }
    answer = client.post(f"/organisations/{school.id}/leads", data=data)
    assert (answer.status_code, answer.location) == (303, f"/organisations/{school.id}/leads")
    user = queries.user_by_email("jo@school.example")
    assert user is not None
    assert [(grant.role, grant.organisation_id) for grant in user.grants] == [(Role.LEAD, school.id)]
    message = db.session.scalars(select(Message)).one()
    assert (message.recipient, message.confidential) == ("jo@school.example", False)
    assert message.authority_id == school.authority_id
    assert "Hill School" in message.subject
    assert f"{app.config['SETTINGS'].base_url}/sign-in" in message.body_text
    assert "/sign-in/link/" not in message.body_text


def test_leads_does_not_tell_who_has_an_account_elsewhere(client: FlaskClient, school: Organisation) -> None:
    known = make_lead(name="Known Elsewhere", email="known@school.example")
    client.post(f"/organisations/{school.id}/leads", data={"name": "Other", "email": known.email})
    assert {grant.organisation_id for grant in known.grants} >= {school.id}
    assert known.name == "Known Elsewhere"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "Enter the name"),
        ({"email": ""}, "Enter the email address"),
        ({"email": "x"}, "like name@example.com"),
        ({"email": "lee@school.example"}, "looks after this organisation already"),
        ({"email": "out@school.example"}, "This account is disabled"),
    ],
)
def test_leads_refuses_beside_the_field_and_does_nothing(
    client: FlaskClient, school: Organisation, change: dict[str, str], sentence: str
) -> None:
    make_lead(school, email="lee@school.example")
    make_user(email="out@school.example", disabled_at=make_user().created_at)
    users = len(db.session.scalars(select(User.id)).all())
    answer = client.post(
        f"/organisations/{school.id}/leads", data={"name": "Jo", "email": "jo@school.example"} | change
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(db.session.scalars(select(User.id)).all()) == users
    assert db.session.scalars(select(Message)).all() == []


def test_end_lead_of_this_organisation_only(client: FlaskClient, school: Organisation) -> None:
    next_door = make_organisation(school.authority)
    user = make_lead(school)
    grant = db.session.scalars(select(Grant).where(Grant.user_id == user.id)).one()
    assert client.post(f"/organisations/{next_door.id}/leads/{grant.id}/end").status_code == 404
    assert client.post(f"/organisations/{school.id}/leads/{grant.id}/end").status_code == 303
    assert grant.ended_at is not None


def test_end_lead_ends_no_other_role(client: FlaskClient, school: Organisation) -> None:
    manager = make_manager(school.authority)
    grant = db.session.scalars(select(Grant).where(Grant.user_id == manager.id)).one()
    assert client.post(f"/organisations/{school.id}/leads/{grant.id}/end").status_code == 404
