"""How long ways in stay open, what counts as one network, where somebody may be sent, what a role reaches."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from config import PROJECT_ROOT
from wrap_portal.accounts import rules
from wrap_portal.web.access import Role

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE, HOUR, INSTANT = timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("roles", "idle", "alive"),
    [
        ([Role.MANAGER], 30 * MINUTE - INSTANT, True),
        ([Role.MANAGER], 30 * MINUTE, False),
        ([Role.ADMINISTRATOR], 30 * MINUTE, False),
        ([Role.LEAD, Role.MANAGER], 30 * MINUTE, False),
        ([Role.LEAD], 3 * HOUR - INSTANT, True),
        ([Role.LEAD], 3 * HOUR, False),
        ([Role.VIEWER], 30 * MINUTE, True),
        ([Role.TRAINER], 3 * HOUR, False),
        ([], 3 * HOUR, False),
    ],
)
def test_is_session_alive_while_not_idle(roles: list[Role], idle: timedelta, alive: bool) -> None:
    assert rules.is_session_alive(NOW - 4 * HOUR, NOW - idle, None, roles, NOW) is alive


@pytest.mark.parametrize(("age", "alive"), [(12 * HOUR - INSTANT, True), (12 * HOUR, False)])
def test_is_session_alive_for_twelve_hours_however_busy(age: timedelta, alive: bool) -> None:
    assert rules.is_session_alive(NOW - age, NOW, None, [Role.LEAD], NOW) is alive


def test_is_session_alive_until_signed_out() -> None:
    assert not rules.is_session_alive(NOW, NOW, NOW, [Role.LEAD], NOW)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("", ""),
    ],
)
def test_network_of(address: str, network: str) -> None:
    assert rules.network_of(address) == network


@pytest.mark.parametrize(
    "path",
    [
        "/users",
        "/users?page=2&search=a%20b",
        "/organisations/3/staff",
        "/9",
        "/coverage/school_dsl/gaps?as_at=2027-03-14",
    ],
)
def test_is_safe_path_within_the_portal(path: str) -> None:
    assert rules.is_safe_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "users",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "/a//evil.example",
        "/%2f/evil.example",
        "/.evil.example",
        "/@evil.example",
        "/\tevil",
        "/a\n",
        "/a\r\nLocation: http://evil.example",
        "/a\x00",
        "/a b",
        " /a",
        "http://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/?next=/a",
        "/#x",
        "/a" * 2000,
    ],
)
def test_is_safe_path_refuses_the_rest(path: str) -> None:
    assert not rules.is_safe_path(path)


@pytest.mark.parametrize(
    ("role", "authority_id", "organisation_id", "field"),
    [
        (Role.ADMINISTRATOR, None, None, None),
        (Role.ADMINISTRATOR, 1, None, "role"),
        (Role.ADMINISTRATOR, None, 1, "role"),
        (Role.MANAGER, 1, None, None),
        (Role.MANAGER, None, None, "authority"),
        (Role.MANAGER, None, 1, "organisation"),
        (Role.MANAGER, 1, 1, "organisation"),
        (Role.VIEWER, 1, None, None),
        (Role.VIEWER, None, None, "authority"),
        (Role.LEAD, None, 1, None),
        (Role.LEAD, 1, None, "authority"),
        (Role.LEAD, 1, 1, "authority"),
        (Role.LEAD, None, None, "organisation"),
        (Role.TRAINER, 1, None, None),
        (Role.TRAINER, None, 1, None),
        (Role.TRAINER, None, None, "authority"),
        (Role.TRAINER, 1, 1, "authority"),
    ],
)
def test_reach_problem(
    role: Role, authority_id: int | None, organisation_id: int | None, field: str | None
) -> None:
    problem = rules.reach_problem(role, authority_id, organisation_id)
    assert (problem and problem[0]) == field


def test_the_figures_of_the_documentation() -> None:
    table = (PROJECT_ROOT / "docs" / "security.md").read_text().partition("| what | figure |")[2]
    figures = [int(figure) for figure in re.findall(r"\| (\d+)(?: minutes)? \|\n", table)]
    assert figures == [
        *(
            limit // MINUTE
            for limit in (rules.LINK_LIFETIME, rules.IDLE_WIDE, rules.IDLE_OTHER, rules.SESSION_LIFETIME)
        ),
        rules.ATTEMPTS_AN_ACCOUNT,
        rules.ATTEMPTS_A_NETWORK,
    ]
