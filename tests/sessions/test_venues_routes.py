"""Where sessions are held."""

import pytest
from flask.testing import FlaskClient

from tests.factories.accounts import make_trainer
from tests.factories.organisations import make_authority
from tests.factories.sessions import make_venue
from tests.support.signing_in import sign_in
from wrap_portal.sessions import queries


@pytest.fixture
def authority(db_session):
    return make_authority()


@pytest.fixture
def trainer(client: FlaskClient, authority) -> FlaskClient:
    return sign_in(client, make_trainer(authority))


def test_venues_lists_the_councils_own(trainer, authority):
    assert "There is no venue yet." in trainer.get("/sessions/venues").text
    make_venue(authority, name="Town Hall", capacity=30)
    make_venue(name="Elsewhere")
    page = trainer.get("/sessions/venues").text
    assert "Town Hall" in page
    assert "Elsewhere" not in page


def test_add_venue_adds_one(trainer, authority):
    assert trainer.get("/sessions/venues/add").status_code == 200
    answer = trainer.post(
        "/sessions/venues/add",
        data={"name": "Library", "address": "2 High Street", "capacity": "25", "access_notes": "Lift"},
    )
    assert (answer.status_code, answer.location) == (303, "/sessions/venues")
    (venue,) = queries.venues(authority.id)
    assert (venue.name, venue.capacity, venue.access_notes) == ("Library", 25, "Lift")


@pytest.mark.parametrize(
    ("answers", "field"),
    [({"name": ""}, "name"), ({"name": "LIBRARY"}, "name"), ({"name": "Hall", "capacity": "0"}, "capacity")],
)
def test_add_venue_refuses_beside_the_field(trainer, authority, answers, field):
    make_venue(authority, name="Library")
    answer = trainer.post("/sessions/venues/add", data=answers)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert len(queries.venues(authority.id)) == 1


def test_venue_can_be_corrected(trainer, authority):
    venue = make_venue(authority, name="Libary", address="2 High Street", capacity=25)
    address = f"/sessions/venues/{venue.id}"
    page = trainer.get(address).text
    assert 'value="Libary"' in page
    assert "2 High Street" in page
    assert trainer.post(address, data={"name": ""}).status_code == 422
    assert trainer.post(address, data={"name": "Library"}).status_code == 303
    assert (venue.name, venue.address, venue.capacity) == ("Library", "", None)


def test_venue_of_another_council_is_not_there(trainer):
    assert trainer.get(f"/sessions/venues/{make_venue().id}").status_code == 404
