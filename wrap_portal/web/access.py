"""Access rules on views. The decorator records the rule, a test walks every route and fails where it lacks.

A rule says who may *try*; which objects they may see is in the query's scope, and what is not theirs is the
same 404 as what does not exist (architecture.md 6).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, Protocol, cast

from flask import abort, current_app, request
from flask_login import current_user
from werkzeug.wrappers import Response

from wrap_portal.audit.service import record_event
from wrap_portal.transaction import committed


class Role(StrEnum):
    """What a grant lets a user do: in an authority, in one organisation, or (administrator) in the portal."""

    MANAGER = "manager"
    VIEWER = "viewer"
    TRAINER = "trainer"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Scope:
    """Whose rows a caller may reach: whole authorities, or single organisations in them. Both hold ids."""

    authority_ids: frozenset[int] = frozenset()
    organisation_ids: frozenset[int] = frozenset()

    def reaches(self, authority_id: int, organisation_id: int) -> bool:
        """True for an organisation of one of the authorities, or one of the organisations."""
        return authority_id in self.authority_ids or organisation_id in self.organisation_ids

    @property
    def is_empty(self) -> bool:
        """True when nothing can be reached."""
        return not self.authority_ids and not self.organisation_ids


class Caller(Protocol):
    """What this module asks of the signed-in user; `accounts` provides it."""

    is_authenticated: bool
    user_id: int | None

    def holds_any(self, roles: Iterable[Role]) -> bool:
        """True when a current grant has one of these roles."""

    def scope(self, roles: Iterable[Role]) -> Scope:
        """Return what the current grants of these roles reach."""


@dataclass(frozen=True)
class AccessRule:
    """Who may call a view: anyone, anyone signed in (no roles), or holders of one of the roles."""

    public: bool
    roles: frozenset[Role] = frozenset()


View = Callable[..., Any]


def caller() -> Caller:
    """Return the signed-in user of this request (or the anonymous one, who holds nothing)."""
    return cast(Caller, current_user)


def scope_of(*roles: Role) -> Scope:
    """Return what the caller may reach as one of these roles."""
    return caller().scope(roles)


def allow(*roles: Role) -> Callable[[View], View]:
    """Let holders of one of `roles` through; anonymous callers are sent to sign in, others get 403."""
    return _rule(AccessRule(public=False, roles=frozenset(roles)))


def allow_signed_in(view: View) -> View:
    """Let everybody through who is signed in, whatever their role."""
    return _rule(AccessRule(public=False))(view)


def allow_anyone(view: View) -> View:
    """Let everybody through; the view shows nothing that needs protection."""
    return _rule(AccessRule(public=True))(view)


def _rule(rule: AccessRule) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            refusal = _refusal(rule)
            return view(*args, **kwargs) if refusal is None else refusal

        guarded.access_rule = rule  # type: ignore[attr-defined]
        return guarded

    return decorate


def _refusal(rule: AccessRule) -> Response | None:
    if rule.public:
        return None
    if not caller().is_authenticated:
        return cast(Response, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
    if rule.roles and not caller().holds_any(rule.roles):
        _record_refusal(rule)
        abort(403)
    return None


def _record_refusal(rule: AccessRule) -> None:
    user_id = caller().user_id
    with committed():
        record_event(
            action="refuse_access",
            subject_type="view",
            actor_id=user_id,
            details={"endpoint": request.endpoint, "method": request.method, "roles": sorted(rule.roles)},
        )
