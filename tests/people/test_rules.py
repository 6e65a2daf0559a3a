"""Which roles there are, when dates make sense, which names are one."""

from datetime import date

import pytest

from wrap_portal.organisations.models import Sector
from wrap_portal.people import rules
from wrap_portal.people.models import MemberRole

TODAY = date(2026, 11, 23)


def test_every_role_has_words() -> None:
    assert rules.ROLE_WORDS.keys() == set(MemberRole)
    assert len(set(rules.ROLE_WORDS.values())) == len(MemberRole)


@pytest.mark.parametrize("sector", Sector)
def test_roles_in_every_sector(sector: Sector) -> None:
    roles = rules.roles_in(sector)
    assert roles
    assert len(set(roles)) == len(roles)


@pytest.mark.parametrize(
    ("sector", "held", "vacant"),
    [
        (Sector.SCHOOL, [], MemberRole.DSL),
        (Sector.SCHOOL, [MemberRole.TEACHING_STAFF], MemberRole.DSL),
        (Sector.SCHOOL, [MemberRole.TEACHING_STAFF, MemberRole.DEPUTY_DSL], None),
        (Sector.SCHOOL, [MemberRole.DSL], None),
        (Sector.HEALTH, [MemberRole.CLINICAL], MemberRole.PREVENT_LEAD),
        (Sector.HEALTH, [MemberRole.PREVENT_LEAD], None),
        (Sector.ELECTED_MEMBERS, [], None),
    ],
)
def test_vacant_lead_role(sector: Sector, held: list[MemberRole], vacant: MemberRole | None) -> None:
    assert rules.vacant_lead_role(sector, held) is vacant


@pytest.mark.parametrize(
    ("ends_on", "ended"),
    [(None, False), (date(2026, 11, 24), False), (TODAY, True), (date(2026, 11, 22), True)],
)
def test_has_ended(ends_on: date | None, ended: bool) -> None:
    assert rules.has_ended(ends_on, TODAY) is ended


@pytest.mark.parametrize(
    ("on", "plausible"),
    [
        (date(1949, 12, 31), False),
        (date(1950, 1, 1), True),
        (TODAY, True),
        (date(2027, 11, 24), True),
        (date(2027, 11, 25), False),
    ],
)
def test_date_problem(on: date, plausible: bool) -> None:
    assert (rules.date_problem(on, TODAY) is None) is plausible


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jo O'Neil", "jo  o'neil ", True),
        ("STRASSE", "Straße", True),
        ("Jo O'Neil", "Jo Oneil", False),
        ("Jo Smith", "Jo Smyth", False),
    ],
)
def test_same_name(one: str, other: str, same: bool) -> None:
    assert rules.same_name(one, other) is same
