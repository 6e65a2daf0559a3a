"""Every page and button as every kind of caller, against the table in access_policy.py."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.architecture.access_policy import POLICY, SAMPLES, Who, World
from tests.factories.accounts import (
    make_administrator,
    make_lead,
    make_manager,
    make_trainer,
    make_user,
    make_viewer,
)
from tests.support.bodies import told_by
from tests.support.signing_in import sign_in
from wrap_portal.accounts import service
from wrap_portal.accounts.identity import SignedInUser
from wrap_portal.web.access import AccessRule, Role, Scope

# The files of the pages: Flask's own view, for everybody by nature.
WITHOUT_RULE = {"static"}
MISSING = 2_000_000_000

# kind: (role, whether it is held for the world's school or authority)
KINDS: dict[str, tuple[Role | None, bool]] = {
    "lead": (Role.LEAD, True),
    "lead next door": (Role.LEAD, False),
    "trainer": (Role.TRAINER, True),
    "trainer elsewhere": (Role.TRAINER, False),
    "manager": (Role.MANAGER, True),
    "manager elsewhere": (Role.MANAGER, False),
    "viewer": (Role.VIEWER, True),
    "viewer elsewhere": (Role.VIEWER, False),
    "administrator": (Role.ADMINISTRATOR, True),
    "without a role": (None, False),
}
NOT_SIGNED_IN = ("anonymous", "disabled")


class Callers:
    """A world, and a client for each kind of caller."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.world = world = World()
        elsewhere = world.elsewhere.authority
        disabled = make_manager(world.authority)
        users = {
            "lead": make_lead(world.organisation),
            "lead next door": make_lead(world.next_door),
            "trainer": make_trainer(world.authority),
            "trainer elsewhere": make_trainer(elsewhere),
            "manager": make_manager(world.authority),
            "manager elsewhere": make_manager(elsewhere),
            "viewer": make_viewer(world.authority),
            "viewer elsewhere": make_viewer(elsewhere),
            "administrator": make_administrator(),
            "without a role": make_user(),
            "disabled": disabled,
        }
        assert users.keys() == KINDS.keys() | {"disabled"}
        self.clients = {kind: sign_in(app.test_client(), user) for kind, user in users.items()}
        self.clients["anonymous"] = app.test_client()
        service.disable_user(user=disabled)
        self._samples: dict[str, int | str] = {}

    def problems(self, rule: Rule, kinds: Any = None) -> list[str]:
        """Return what is wrong with the access to one route, a sentence each."""
        who = POLICY[rule.endpoint]
        found = []
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for kind in kinds or telling_kinds(who):
                problem = self._problem(rule, method, kind, who)
                if problem:
                    found.append(f"{method} {rule.rule} as {kind}: {problem}")
        return found

    def _problem(self, rule: Rule, method: str, kind: str, who: Who) -> str | None:
        expected = expectation(who, kind)
        if expected == "in" and method == "POST":
            # To be let in here is to change something: the rooms' own tests do that.
            return None
        client = self.clients[kind]
        answer = client.open(self._address(rule), method=method)
        got = outcome(answer)
        if got != expected:
            return f"expected {expected}, got {got} ({answer.status})"
        if expected == "not there":
            of_missing = client.open(self._address(rule, missing=True), method=method)
            if told_by(answer) != told_by(of_missing):
                return "a foreign thing is told from a missing one"
        return None

    def _address(self, rule: Rule, missing: bool = False) -> str:
        values = {name: self._missing(name) if missing else self._sample(name) for name in rule.arguments}
        return self.app.url_map.bind("").build(rule.endpoint, values, method=next(iter(rule.methods or ())))

    def _sample(self, name: str) -> int | str:
        if name not in self._samples:
            self._samples[name] = SAMPLES[name](self.world)
        return self._samples[name]

    def _missing(self, name: str) -> int | str:
        return MISSING if isinstance(self._sample(name), int) else "no_such_thing"


def rules_of(app: Flask) -> list[Rule]:
    """Return every route of the portal's own views."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in WITHOUT_RULE]


def telling_kinds(who: Who) -> list[str]:
    """Return the kinds to try: a role that gets nobody in is refused the same wherever it is held."""
    return [
        *NOT_SIGNED_IN,
        *(kind for kind, (role, here) in KINDS.items() if here or role is None or role in who.roles),
    ]


def expectation(who: Who, kind: str) -> str:
    """Return what the table says about a kind of caller: in, sign in, not allowed, not there."""
    if who.public:
        return "in"
    if kind in NOT_SIGNED_IN:
        return "sign in"
    role, here = KINDS[kind]
    if who.roles and role not in who.roles:
        return "not allowed"
    return "in" if (here and role not in who.assigned) or not who.own else "not there"


def outcome(answer: Any) -> str:
    """Return what a caller met with."""
    if answer.status_code in {302, 303}:
        return "sign in" if answer.location.partition("?")[0] == "/sign-in" else "in"
    return {200: "in", 403: "not allowed", 404: "not there"}.get(answer.status_code, "an error")


@pytest.fixture
def callers(app: Flask, db_session: Any) -> Iterator[Callers]:
    """A world and its callers."""
    yield Callers(app)


def test_every_view_wears_a_rule(app: Flask) -> None:
    bare = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint not in WITHOUT_RULE and not isinstance(getattr(view, "access_rule", None), AccessRule)
    ]
    assert not bare, f"views without @allow, @allow_signed_in or @allow_anyone: {bare}"


def test_the_table_names_every_view(app: Flask) -> None:
    endpoints = set(app.view_functions) - WITHOUT_RULE
    assert not endpoints - POLICY.keys(), "add a line to POLICY in tests/architecture/access_policy.py"
    assert not POLICY.keys() - endpoints, "these views are gone: take their lines out of access_policy.py"


def test_the_table_has_a_sample_for_every_name_in_an_address(app: Flask) -> None:
    names = {name for rule in rules_of(app) for name in rule.arguments}
    assert not names - SAMPLES.keys(), "add these to SAMPLES in tests/architecture/access_policy.py"


def test_the_rules_say_what_the_table_says(app: Flask) -> None:
    for endpoint, who in POLICY.items():
        rule = app.view_functions[endpoint].access_rule
        assert (rule.public, rule.roles) == (who.public, who.roles), endpoint


def test_every_route_as_every_caller(app: Flask, callers: Callers) -> None:
    problems = [problem for rule in rules_of(app) for problem in callers.problems(rule)]
    assert not problems, "\n".join(problems)


def test_a_view_without_its_guard_is_noticed(app: Flask, callers: Callers, monkeypatch: Any) -> None:
    """Take the guard off each view in turn: the trial above must object to every one of them."""
    unnoticed = []
    for rule in rules_of(app):
        view = app.view_functions[rule.endpoint]
        if POLICY[rule.endpoint].public:
            continue
        monkeypatch.setitem(app.view_functions, rule.endpoint, view.__wrapped__)
        # Where a view without its guard fails outright, that is noticed too.
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        if not callers.problems(rule, kinds=["anonymous", "without a role"]):
            unnoticed.append(rule.rule)
        monkeypatch.undo()
    assert not unnoticed


def test_a_view_that_forgets_whose_things_they_are_is_noticed(
    app: Flask, callers: Callers, monkeypatch: Any
) -> None:
    """Let every caller's scope be everything: the trial must object to every view of `own` things."""
    world = callers.world
    everything = Scope(
        frozenset({world.authority.id, world.elsewhere.authority_id}),
        frozenset({world.organisation.id, world.next_door.id}),
    )
    monkeypatch.setattr(SignedInUser, "scope", lambda self, roles: everything)
    elsewhere = [kind for kind, (_, here) in KINDS.items() if not here]
    unnoticed = [
        rule.rule
        for rule in rules_of(app)
        if POLICY[rule.endpoint].own
        and "GET" in (rule.methods or ())
        and not callers.problems(rule, kinds=elsewhere)
    ]
    assert not unnoticed


def test_the_demonstration_door_is_shut_to_all(callers: Callers) -> None:
    for client in callers.clients.values():
        assert client.post("/sign-in/demonstration", data={"user_id": 1}).status_code == 404


def test_other_methods_are_refused(app: Flask, client: FlaskClient) -> None:
    for path in ("/", "/sign-in", "/users"):
        for method in ("PUT", "DELETE", "PATCH", "TRACE"):
            assert client.open(path, method=method).status_code == 405
