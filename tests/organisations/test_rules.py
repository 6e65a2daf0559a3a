from datetime import date

import pytest

from wrap_portal.organisations.models import OrganisationStatus, Sector
from wrap_portal.organisations.rules import (
    category_of_school,
    identifier_text,
    is_open_on,
    next_local_code,
    same_name,
    website_link,
)

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("status", "opened_on", "closed_on", "is_open"),
    [
        (OrganisationStatus.OPEN, None, None, True),
        (OrganisationStatus.OPEN, DAY, None, True),
        (OrganisationStatus.OPEN, date(2026, 11, 23), None, False),
        (OrganisationStatus.PROPOSED_TO_CLOSE, None, date(2026, 11, 23), True),
        (OrganisationStatus.CLOSED, None, DAY, False),
        (OrganisationStatus.CLOSED, None, date(2026, 11, 23), True),
        (OrganisationStatus.PROPOSED_TO_OPEN, None, None, False),
        (OrganisationStatus.PROPOSED_TO_OPEN, date(2020, 1, 1), None, False),
    ],
)
def test_an_organisation_is_open_from_its_first_day_to_the_day_before_it_closed(
    status, opened_on, closed_on, is_open
) -> None:
    assert is_open_on(DAY, status=status, opened_on=opened_on, closed_on=closed_on) is is_open


@pytest.mark.parametrize(
    ("sector", "type_category", "phase", "category"),
    [
        (Sector.SCHOOL, None, "Primary", "Primary"),
        (Sector.SCHOOL, "Special", None, "Special"),
        (Sector.SCHOOL, "Special", "Secondary", "Secondary"),
        (Sector.SCHOOL, None, None, "Phase not stated"),
        (Sector.FURTHER_EDUCATION, "College", "16 plus", "College"),
        (Sector.OTHER, None, "Primary", "Primary"),
    ],
)
def test_a_school_without_a_phase_has_the_category_of_its_type(
    sector, type_category, phase, category
) -> None:
    assert category_of_school(sector=sector, type_category=type_category, phase=phase) == category


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ash School", " Ash\t School ", True),
        ("Ash School", "Ash\N{NO-BREAK SPACE}School", True),
        ("Ash School", "ash school", False),
        ("Ash School", "AshSchool", False),
    ],
)
def test_names_are_the_same_whatever_their_white_space(one, other, same) -> None:
    assert same_name(one, other) is same


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("www.ash.bradford.sch.uk", "http://www.ash.bradford.sch.uk"),
        ("http://www.ash.sch.uk/", "http://www.ash.sch.uk/"),
        ("HTTPS://Ash.org.uk/Primary", "https://ash.org.uk/Primary"),
        ("http:www.ash.sch.uk/", "http://www.ash.sch.uk/"),
        ("http//www.ash.org", "http://www.ash.org"),
        ("www.ash.sch.uk.", "http://www.ash.sch.uk"),
        ("ash.org:8080/a?b=c#d", "http://ash.org:8080/a?b=c#d"),
        ("httpschool.org", "http://httpschool.org"),
        ("javascript:alert(1)", None),
        ("http:javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://ash.org", None),
        ("mailto:office@ash.org", None),
        ("office@ash.org", None),
        ("http://user:secret@ash.org", None),
        ("http://ash.org/<script>", None),
        ("http://ash.org/a b", None),
        ("http://http://ash.org", None),
        ("http://127.0.0.1/", None),
        ("none", None),
        ("", None),
        ("www.ash\N{CYRILLIC SMALL LETTER A}.org", None),
    ],
)
def test_a_website_is_a_link_where_it_can_be_made_one(text, link) -> None:
    assert website_link(text) == link


def test_an_organisation_is_known_by_its_register_or_by_the_portals_number() -> None:
    assert identifier_text(urn=107201, ods_code=None, local_code=None) == "URN 107201"
    assert identifier_text(urn=None, ods_code="A81001", local_code=None) == "ODS A81001"
    assert identifier_text(urn=None, ods_code=None, local_code="L00001") == "L00001"


@pytest.mark.parametrize(
    ("last", "following"), [(None, "L00001"), ("L00001", "L00002"), ("L99999", "L100000")]
)
def test_local_codes_count_up(last, following) -> None:
    assert next_local_code(last) == following
