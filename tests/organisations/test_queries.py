from datetime import UTC, date, datetime

import pytest

from tests.factories.organisations import make_authority, make_organisation
from wrap_portal.extensions import db
from wrap_portal.organisations import queries
from wrap_portal.organisations.models import OrganisationAlias, OrganisationStatus, RegisterEdition, Sector
from wrap_portal.organisations.queries import Search
from wrap_portal.web.access import Scope

pytestmark = pytest.mark.usefixtures("db_session")

DAY = date(2026, 11, 22)


def of(authority) -> Scope:
    return Scope(authority_ids=frozenset({authority.id}))


def found(authority, **search) -> list[str]:
    rows = queries.search_organisations(of(authority), Search(**search), DAY)
    assert len(rows) == queries.count_organisations(of(authority), Search(**search), DAY)
    return [row.name for row in rows]


# scope


def test_an_organisation_is_found_within_its_scope_alone() -> None:
    own, other = make_organisation(), make_organisation()
    assert queries.get_organisation(own.id, Scope(authority_ids=frozenset({own.authority_id}))) is own
    assert queries.get_organisation(own.id, Scope(organisation_ids=frozenset({own.id}))) is own
    assert queries.get_organisation(own.id, Scope(organisation_ids=frozenset({other.id}))) is None
    assert queries.get_organisation(own.id, Scope(authority_ids=frozenset({other.authority_id}))) is None
    assert queries.get_organisation(own.id, Scope()) is None


def test_a_list_holds_what_is_in_scope() -> None:
    authority = make_authority()
    first, second = make_organisation(authority, name="b"), make_organisation(authority, name="A")
    make_organisation()
    assert found(authority) == ["A", "b"]
    lead = Scope(organisation_ids=frozenset({first.id}))
    assert [row.organisation_id for row in queries.search_organisations(lead, Search(), DAY)] == [first.id]
    assert queries.search_organisations(Scope(), Search(), DAY) == []
    assert second.id


def test_authorities_are_those_reached_as_a_whole() -> None:
    first, second = make_authority(name="B"), make_authority(name="A")
    make_authority()
    assert queries.authorities(Scope(authority_ids=frozenset({first.id, second.id}))) == [second, first]
    assert queries.authorities(Scope()) == []
    assert queries.get_authority(first.code) is first
    assert queries.get_authority("999") is None
    assert queries.has_authorities()
    assert len(queries.all_authorities()) == 3


# search


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("ash", ["Ash Grove Primary", "Mill School"]),
        ("PRIMARY  ash", ["Ash Grove Primary"]),
        ("oldham", []),
        ("107201", ["Ash Grove Primary"]),
        ("10720", []),
        ("a81001", ["The Surgery"]),
        ("L00009", ["Madrassah"]),
        ("bd1 1hx", ["Ash Grove Primary"]),
        ("BD1", ["Ash Grove Primary", "The Surgery"]),
        ("%", []),
        ("_", []),
        ("99999999999999999999", []),
        ("'; drop table organisations --", []),
    ],
)
def test_words_are_found_in_names_old_and_new_codes_and_postcodes(words, names) -> None:
    authority = make_authority()
    make_organisation(authority, name="Ash Grove Primary", urn=107201, postcode="BD1 1HX")
    renamed = make_organisation(authority, name="Mill School", postcode="LS1 1AA")
    db.session.add(OrganisationAlias(organisation_id=renamed.id, name="Ashfield", until=date(2020, 1, 1)))
    make_organisation(authority, name="The Surgery", ods_code="A81001", postcode="BD1 4AB")
    make_organisation(authority, name="Madrassah", local_code="L00009")
    assert found(authority, words=words) == names


def test_filters_narrow_together() -> None:
    authority = make_authority()
    make_organisation(authority, name="Open")
    make_organisation(authority, name="Special", category="Special")
    make_organisation(authority, name="Trust", sector=Sector.HEALTH, category="Trust")
    make_organisation(authority, name="Closed", status=OrganisationStatus.CLOSED, closed_on=DAY)
    make_organisation(authority, name="Closing", closed_on=date(2026, 11, 23))
    make_organisation(authority, name="Proposed", status=OrganisationStatus.PROPOSED_TO_OPEN)
    assert found(authority, is_open=True) == ["Closing", "Open", "Special", "Trust"]
    assert found(authority, is_open=False) == ["Closed", "Proposed"]
    assert found(authority, sector=Sector.HEALTH) == ["Trust"]
    assert found(authority, sector=Sector.SCHOOL, category="Special") == ["Special"]
    assert found(authority, sector=Sector.HEALTH, category="Special") == []
    assert queries.categories(of(authority)) == ["Primary", "Special", "Trust"]


def test_a_list_is_read_in_pages() -> None:
    authority = make_authority()
    for name in "abcde":
        make_organisation(authority, name=name)
    page = queries.search_organisations(of(authority), Search(), DAY, limit=2, offset=2)
    assert [row.name for row in page] == ["c", "d"]


# summary


def test_a_summary_has_all_that_is_open_and_what_counts_by_sector() -> None:
    authority = make_authority()
    for _ in range(3):
        make_organisation(authority)
    make_organisation(authority, counts=False)
    make_organisation(authority, sector=Sector.FURTHER_EDUCATION, category="College")
    make_organisation(authority, sector=Sector.HEALTH, counts=False)
    make_organisation(authority, status=OrganisationStatus.PROPOSED_TO_OPEN)
    make_organisation(authority, opened_on=date(2026, 11, 23))
    make_organisation(authority, closed_on=DAY)
    make_organisation()
    summary = queries.sector_summary(authority.id, DAY)
    assert summary.open == 6
    assert summary.counted == {Sector.SCHOOL: 3, Sector.FURTHER_EDUCATION: 1}
    assert list(summary.counted) == [Sector.SCHOOL, Sector.FURTHER_EDUCATION]


def test_the_register_in_use_is_the_one_that_was_applied_last() -> None:
    authority = make_authority()
    assert queries.register_date(authority.id) is None
    for register_date, hour in ((date(2026, 7, 1), 9), (date(2026, 6, 1), 10), (date(2026, 5, 1), 8)):
        db.session.add(
            RegisterEdition(
                authority_id=authority.id,
                register="schools",
                register_date=register_date,
                file_name="f",
                file_sha256="s",
                row_count=1,
                applied_at=datetime(2026, 11, 22, hour, tzinfo=UTC),
            )
        )
    db.session.flush()
    assert queries.register_date(authority.id) == date(2026, 6, 1)
