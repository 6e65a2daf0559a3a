"""Where the caller of a view works, by the roles that the view asks for."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.conftest import OwnDatabase
from tests.factories.accounts import make_grant, make_manager, make_user
from tests.factories.organisations import make_authority, make_organisation
from tests.support.signing_in import sign_in
from wrap_portal.accounts import identity
from wrap_portal.extensions import db
from wrap_portal.web.access import Role, allow, allow_anyone


def authority() -> dict[str, int]:
    """Answer with the authority that the caller works on."""
    return {"id": identity.current_authority_id()}


def organisation() -> dict[str, int]:
    """Answer with the organisation that the caller works on."""
    return {"id": identity.current_organisation_id()}


VIEWS = {
    "/authority/managers": allow(Role.MANAGER, Role.ADMINISTRATOR)(authority),
    "/authority/readers": allow(Role.MANAGER, Role.VIEWER)(authority),
    "/authority/leads": allow(Role.LEAD, Role.MANAGER)(authority),
    "/authority/anyone": allow_anyone(authority),
    "/organisation/leads": allow(Role.LEAD, Role.TRAINER, Role.MANAGER)(organisation),
}


@pytest.fixture
def browser(own_database: OwnDatabase) -> Iterator[FlaskClient]:
    """A client of an application with views that answer with the place."""
    for path, view in VIEWS.items():
        own_database.app.add_url_rule(path, path.replace("/", "_"), view)
    with own_database.app.app_context():
        yield own_database.app.test_client()


def test_the_first_authority_unless_another_was_chosen(browser: FlaskClient) -> None:
    user, first, second = make_user(), make_authority(), make_authority()
    for each in (first, second):
        make_grant(user, authority_id=each.id)
    sign_in(browser, user)
    assert browser.get("/authority/managers").json == {"id": first.id}
    browser.post("/working-on", data={"authority_id": second.id})
    assert browser.get("/authority/managers").json == {"id": second.id}


def test_a_choice_counts_only_with_a_role_that_the_view_asks_for(
    browser: FlaskClient,
) -> None:
    user, managed, looked_at = make_user(), make_authority(), make_authority()
    make_grant(user, authority_id=managed.id)
    make_grant(user, role=Role.VIEWER, authority_id=looked_at.id)
    sign_in(browser, user)
    browser.post("/working-on", data={"authority_id": looked_at.id})
    assert browser.get("/authority/readers").json == {"id": looked_at.id}
    assert browser.get("/authority/managers").json == {"id": managed.id}


def test_an_organisation_counts_for_its_authority_behind_whole_authorities(browser: FlaskClient) -> None:
    user, school, managed = make_user(), make_organisation(), make_authority()
    make_grant(user, role=Role.LEAD, organisation_id=school.id)
    assert sign_in(browser, user).get("/authority/leads").json == {"id": school.authority_id}
    make_grant(user, authority_id=managed.id)
    assert browser.get("/authority/leads").json == {"id": managed.id}
    assert browser.get("/organisation/leads").json == {"id": school.id}


def test_the_organisation_that_was_chosen(browser: FlaskClient) -> None:
    user, first, second = make_user(), make_organisation(), make_organisation()
    make_grant(user, role=Role.LEAD, organisation_id=first.id)
    grant = make_grant(user, role=Role.LEAD, organisation_id=second.id)
    sign_in(browser, user)
    assert browser.get("/organisation/leads").json == {"id": first.id}
    browser.post("/working-on", data={"organisation_id": second.id})
    assert browser.get("/organisation/leads").json == {"id": second.id}
    assert browser.get("/authority/leads").json == {"id": second.authority_id}
    grant.ended_at = grant.granted_at
    db.session.commit()
    assert browser.get("/organisation/leads").json == {"id": first.id}


def test_who_works_nowhere_is_refused(browser: FlaskClient) -> None:
    assert browser.get("/authority/anyone").status_code == 403
    user = make_user()
    make_grant(user, role=Role.ADMINISTRATOR)
    sign_in(browser, user)
    assert browser.get("/authority/managers").status_code == 403
    sign_in(browser, make_manager())
    assert browser.get("/organisation/leads").status_code == 403
