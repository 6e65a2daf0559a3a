from datetime import date

import pytest
import time_machine
from sqlalchemy import select

from tests.factories.organisations import make_authority, make_organisation, make_ward
from wrap_portal.audit.models import AuditEvent
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.organisations import service
from wrap_portal.organisations.models import OrganisationStatus, Sector

pytestmark = pytest.mark.usefixtures("db_session")


def add(authority, **values):
    given = {
        "authority_id": authority.id,
        "name": "Al-Noor Madrassah",
        "sector": Sector.COMMUNITY,
        "category": "Supplementary school",
    }
    return service.add_organisation(**(given | values))


def refusal(field: str, verb, **values) -> str:
    with pytest.raises(DomainError) as refused:
        verb(**values)
    assert refused.value.field == field
    return refused.value.sentence


# authorities


def test_an_authority_is_added() -> None:
    authority = service.add_authority(code="825", name=" Bucking  hamshire ", user_id=3)
    assert (authority.code, authority.name) == ("825", "Bucking hamshire")
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor_id, event.authority_id) == ("add_authority", 3, authority.id)


@pytest.mark.parametrize(
    ("code", "name", "field"),
    [
        ("38", "Bucks", "code"),
        ("38O", "Bucks", "code"),
        ("8255", "Bucks", "code"),
        ("825", " ", "name"),
        ("380", "Bucks", "code"),
        ("825", "BRADFORD", "name"),
    ],
)
def test_an_authority_that_cannot_be_is_refused(code, name, field) -> None:
    make_authority(code="380", name="Bradford")
    refusal(field, service.add_authority, code=code, name=name)


# organisations by hand


def test_an_organisation_in_no_register_gets_a_number_of_the_portals_own() -> None:
    authority = make_authority()
    first, second = add(authority), add(authority, name="Tuition Centre")
    assert (first.local_code, second.local_code) == ("L00001", "L00002")
    assert (first.counts, first.status) == (True, OrganisationStatus.OPEN)
    assert add(make_authority()).local_code == "L00003"


def test_an_organisation_with_a_code_of_a_register_needs_no_other() -> None:
    authority = make_authority()
    practice = add(authority, name="The Surgery", ods_code="a81001")
    assert (practice.ods_code, practice.local_code) == ("A81001", None)
    assert add(authority, name="Ash", urn=107201).local_code is None


def test_what_is_typed_is_tidied() -> None:
    authority = make_authority()
    ward = make_ward(authority)
    added = add(
        authority, name=" Al-Noor  M ", postcode="bd11hx", website="www.noor.example.org", ward_code=ward.code
    )
    assert (added.name, added.postcode) == ("Al-Noor M", "BD1 1HX")
    assert (added.website, added.ward) == ("http://www.noor.example.org", ward)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "AL-NOOR  madrassah"}, "name"),
        ({"category": ""}, "category"),
        ({"name": "A", "postcode": "Bradford"}, "postcode"),
        ({"name": "A", "postcode": "BD1"}, "postcode"),
        ({"name": "A", "website": "javascript:alert(1)"}, "website"),
        ({"name": "A", "urn": 107201}, "urn"),
        ({"name": "A", "ods_code": "a81001"}, "ods_code"),
        ({"name": "A", "ward_code": "E05999999"}, "ward_code"),
    ],
)
def test_an_organisation_that_cannot_be_is_refused(values, field) -> None:
    authority = make_authority()
    add(authority)
    make_organisation(urn=107201)
    make_organisation(ods_code="A81001")
    refusal(field, add, authority=authority, **values)


def test_a_ward_of_another_authority_is_refused() -> None:
    ward = make_ward(make_authority())
    refusal("ward_code", add, authority=make_authority(), ward_code=ward.code)


def test_the_name_of_a_closed_organisation_or_of_another_authoritys_may_be_used() -> None:
    authority = make_authority()
    make_organisation(
        authority, name="Al-Noor Madrassah", status=OrganisationStatus.CLOSED, closed_on=date(2020, 1, 1)
    )
    make_organisation(name="Al-Noor Madrassah")
    assert add(authority).name == "Al-Noor Madrassah"


# closing


@time_machine.travel(date(2026, 11, 22))
def test_an_organisation_is_closed_from_a_day_on() -> None:
    organisation = make_organisation()
    service.close_organisation(organisation=organisation, on=date(2026, 11, 22), user_id=3)
    assert (organisation.status, organisation.closed_on) == (OrganisationStatus.CLOSED, date(2026, 11, 22))
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.details) == ("close_organisation", {"closed_on": "2026-11-22"})


@time_machine.travel(date(2026, 11, 22))
def test_an_organisation_that_will_close_is_open_until_then() -> None:
    organisation = make_organisation()
    service.close_organisation(organisation=organisation, on=date(2026, 12, 31))
    assert organisation.status is OrganisationStatus.PROPOSED_TO_CLOSE
    assert organisation.closed_on == date(2026, 12, 31)


def test_an_organisation_cannot_close_before_it_opened_or_twice() -> None:
    organisation = make_organisation(opened_on=date(2020, 9, 1))
    sentence = refusal("on", service.close_organisation, organisation=organisation, on=date(2020, 8, 31))
    assert "opened on 1 September 2020" in sentence
    service.close_organisation(organisation=organisation, on=date(2021, 8, 31))
    sentence = refusal("on", service.close_organisation, organisation=organisation, on=date(2022, 8, 31))
    assert "closed on 31 August 2021" in sentence


def test_what_was_to_close_is_closed_once_its_day_has_come() -> None:
    closing = make_organisation(closed_on=date(2026, 8, 31), status=OrganisationStatus.PROPOSED_TO_CLOSE)
    again = {
        "authority_id": closing.authority_id,
        "name": closing.name,
        "sector": Sector.SCHOOL,
        "category": "Primary",
    }
    with time_machine.travel(date(2026, 8, 30)):
        assert refusal("name", service.add_organisation, **again).startswith("There is an open organisation")
    with time_machine.travel(date(2026, 8, 31)):
        sentence = refusal("on", service.close_organisation, organisation=closing, on=date(2027, 8, 31))
        assert sentence == f"{closing.name} closed on 31 August 2026."
        assert service.add_organisation(**again).name == closing.name
