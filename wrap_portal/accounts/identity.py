"""Who is asking: the glue between Flask-Login and the sign-in sessions kept in the database.

The signed cookie holds a random token and nothing that counts; what it opens is read anew at every request,
so that signing out, disabling a user and ending a role take effect at once, whoever has a copy of the
cookie.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, abort, current_app, redirect, request, session, url_for
from flask_login import AnonymousUserMixin, current_user, login_user, logout_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts import queries, rules, service
from wrap_portal.accounts.queries import HeldRole, SignedIn
from wrap_portal.extensions import login_manager
from wrap_portal.transaction import committed
from wrap_portal.web import held_forms
from wrap_portal.web.access import AccessRule, Role, Scope
from wrap_portal.web.branding import DEFAULT_BRAND, Brand

AUTHORITY = "authority_id"
ORGANISATION = "organisation_id"

# (text, address) in the order of the navigation. An address appears for those whom its view lets in, once it
# is there at all; `{organisation}` is the organisation that a lead works on.
NAVIGATION = (
    ("Coverage", "/coverage"),
    ("My organisation", "/organisations/{organisation}/coverage"),
    ("Diary", "/sessions/diary"),
    ("Sessions", "/sessions"),
    ("Staff", "/organisations/{organisation}/staff"),
    ("In-house sessions", "/organisations/{organisation}/in-house"),
    ("Bookings", "/bookings"),
    ("Organisations", "/organisations"),
    ("Trainers", "/trainers"),
    ("Claims", "/claims"),
    ("Courses", "/courses"),
    ("Requirements", "/requirements"),
    ("Registers", "/registers"),
    ("Messages", "/messages"),
    ("Users", "/users"),
)
CHANGE_PLACE = ("Change place", "/working-on")
# Lists of everything: of no use to who has one organisation, though its own page is below such an address.
OF_WHOLE_AUTHORITIES = {"/organisations", "/registers"}


class SignedInUser:
    """The caller of this request: a user, their sign-in session and what they hold now
    (`web.access.Caller`).
    """

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, signed_in: SignedIn) -> None:
        self._token = token
        self.session_id = signed_in.session_id
        self.user_id = signed_in.user_id
        self.name = signed_in.name
        self.email = signed_in.email
        self.last_seen_at = signed_in.last_seen_at
        self.held = signed_in.held

    def get_id(self) -> str:
        """Return what Flask-Login keeps in the cookie: the session's token, not the user's id."""
        return self._token

    def holds_any(self, roles: Iterable[Role]) -> bool:
        """True when a current grant has one of these roles."""
        wanted = set(roles)
        return any(held.role in wanted for held in self.held)

    def scope(self, roles: Iterable[Role]) -> Scope:
        """Return what the current grants of these roles reach."""
        wanted = set(roles)
        held = [each for each in self.held if each.role in wanted]
        return Scope(
            authority_ids=frozenset(
                each.authority_id for each in held if each.whole_authority and each.authority_id
            ),
            organisation_ids=frozenset(
                each.organisation_id for each in held if each.organisation_id is not None
            ),
        )


class Visitor(AnonymousUserMixin):
    """Nobody in particular: holds nothing, reaches nothing."""

    user_id = None
    held: tuple[HeldRole, ...] = ()

    def holds_any(self, roles: Iterable[Role]) -> bool:
        """False, whatever the roles."""
        return False

    def scope(self, roles: Iterable[Role]) -> Scope:
        """Return an empty scope, whatever the roles."""
        return Scope()


def init_identity(app: Flask) -> None:
    """Let the application know its callers."""
    login_manager.session_protection = "basic"
    login_manager.anonymous_user = Visitor
    login_manager.user_loader(load_caller)
    login_manager.unauthorized_handler(send_to_sign_in)
    app.before_request(note_presence)
    app.context_processor(page_context)


def load_caller(token: str) -> SignedInUser | None:
    """Return the caller whom the cookie's token belongs to, None where it opens nothing any more."""
    found = queries.signed_in(rules.token_hash(token))
    if found is None:
        return None
    roles = [held.role for held in found.held]
    alive = rules.is_session_alive(found.started_at, found.last_seen_at, found.ended_at, roles, clock.now())
    return SignedInUser(token, found) if alive else None


def send_to_sign_in() -> Response:
    """Send a visitor to sign in, and from there back to the page that they wanted.

    Whoever was signed out while they filled in a form gets it back to send again: nothing typed is lost.
    """
    if held_forms.can_hold():
        return held_forms.page()
    return redirect(url_for("accounts.sign_in", next=_wanted_page()), 303)


def note_presence() -> None:
    """Let a signed-in browser's idle time start anew, at most once a minute.

    Done before the view does anything, in a transaction of its own. With the note of a page that was refused
    (`web.access`) it is all that a GET writes.
    """
    if request.endpoint == "static" or request.blueprint == "web" or not current_user.is_authenticated:
        return
    if clock.now() - current_user.last_seen_at >= rules.SEEN_EVERY:
        with committed():
            service.mark_session_seen(session_id=current_user.session_id)


def sign_in_browser(session_token: str) -> None:
    """Let this browser be signed in from now on.

    Everything that the cookie held before is dropped: whoever put it there knows nothing of the new one
    (fixation).
    """
    session.clear()
    caller = load_caller(session_token)
    if caller is not None:
        login_user(caller)


def sign_out_browser() -> None:
    """Let this browser forget who was signed in. The session's row is for `service.end_session`."""
    logout_user()
    session.clear()


def current_user_id() -> int:
    """Return the signed-in user's id; for views that nobody else gets into. Aborts with 403 for a visitor."""
    if current_user.user_id is None:
        abort(403)
    return cast(int, current_user.user_id)


def current_authority_id() -> int:
    """Return the authority that the caller works on: the one they chose, or the first.

    Only authorities count in which the caller holds a role that the present view asks for: whoever manages
    one council and looks at another cannot take a manager's page to the other. A role in an organisation
    counts for its authority. Aborts with 403 where there is none.
    """
    held = _chosen(_held_for_this_view(), AUTHORITY)
    if held is None or held.authority_id is None:
        abort(403)
    return held.authority_id


def current_organisation_id() -> int:
    """Return the organisation that the caller works on, as `current_authority_id` does. Aborts with 403."""
    held = _chosen([each for each in _held_for_this_view() if each.organisation_id is not None], ORGANISATION)
    if held is None or held.organisation_id is None:
        abort(403)
    return held.organisation_id


@dataclass(frozen=True)
class Place:
    """A council or an organisation that the caller may choose to work on; `values` is what the button
    sends.
    """

    name: str
    values: dict[str, int]
    chosen: bool


def places() -> list[Place]:
    """Return where the caller has a role: whole councils first, then single organisations."""
    whole = [held for held in current_user.held if held.whole_authority]
    single = [held for held in current_user.held if held.organisation_id is not None]
    authority, organisation = _chosen(whole, AUTHORITY), _chosen(single, ORGANISATION)
    found = {
        (AUTHORITY, held.authority_id): Place(
            held.authority_name,
            {AUTHORITY: held.authority_id},
            authority is not None and held.authority_id == authority.authority_id,
        )
        for held in whole
    } | {
        (ORGANISATION, held.organisation_id): Place(
            held.organisation_name,
            {ORGANISATION: held.organisation_id},
            organisation is not None and held.organisation_id == organisation.organisation_id,
        )
        for held in single
    }
    return list(found.values())


def work_on(*, authority_id: int | None = None, organisation_id: int | None = None) -> str | None:
    """Choose the council or organisation to work on and return its name; None where the caller has no role
    there.
    """
    for held in current_user.held:
        if organisation_id is not None and held.organisation_id == organisation_id:
            session[ORGANISATION] = organisation_id
            session[AUTHORITY] = held.authority_id
            return cast(str, held.organisation_name)
        if organisation_id is None and held.whole_authority and held.authority_id == authority_id:
            session[AUTHORITY] = authority_id
            return cast(str, held.authority_name)
    return None


def page_context() -> dict[str, Any]:
    """Return what the frame of every page says about the caller."""
    if not current_user.is_authenticated:
        sign_in = url_for("accounts.sign_in")
        return {
            "navigation": [{"text": "Sign in", "href": sign_in, "current": request.path == sign_in}],
        }
    return {
        "navigation": _navigation(),
        "brand": _brand(),
        "signed_in_as": current_user.name,
        "sign_out_url": url_for("accounts.sign_out"),
    }


def _wanted_page() -> str | None:
    """Return the page to come back to: this one, where it can be opened by a link and is one of ours."""
    rule = request.url_rule
    if rule is None or "GET" not in (rule.methods or ()):
        return None
    address = request.full_path if request.query_string else request.path
    return address if rules.is_safe_path(address) else None


def _held_for_this_view() -> list[HeldRole]:
    rule = _rule_of(request.endpoint)
    wanted = rule.roles if rule is not None else frozenset[Role]()
    return [held for held in current_user.held if not wanted or held.role in wanted]


def _chosen(held: list[HeldRole], key: str) -> HeldRole | None:
    with_authority = [each for each in held if each.authority_id is not None]
    # A role in the whole authority says more about it than one in an organisation of it.
    with_authority.sort(key=lambda each: each.organisation_id is not None)
    wanted = session.get(key)
    for each in with_authority:
        if wanted is not None and wanted == (each.authority_id if key == AUTHORITY else each.organisation_id):
            return each
    return with_authority[0] if with_authority else None


def _brand() -> Brand:
    held = _chosen(_held_for_this_view(), AUTHORITY) or _chosen(list(current_user.held), AUTHORITY)
    if held is None or held.authority_name is None or held.brand_colour is None:
        return DEFAULT_BRAND
    return Brand(held.authority_name, held.brand_colour.lower())


def _navigation() -> list[dict[str, Any]]:
    organisation = _chosen([held for held in current_user.held if held.role is Role.LEAD], ORGANISATION)
    one_place = all(held.organisation_id is not None for held in current_user.held)
    entries = (*NAVIGATION, CHANGE_PLACE) if len(places()) > 1 else NAVIGATION
    links = {}
    for text, address in entries:
        if "{organisation}" in address and organisation is None:
            continue
        if one_place and address in OF_WHOLE_AUTHORITIES:
            continue
        href = address.format(organisation=organisation.organisation_id if organisation else "")
        if _may_open(href):
            links[href] = text
    # A page belongs to the closest address above it: the diary is below the sessions, and a link of its own.
    nearest = max((href for href in links if _is_within(href)), key=len, default=None)
    return [
        {"text": text, "href": href, "current": request.path == href, "active": href == nearest}
        for href, text in links.items()
    ]


def _may_open(address: str) -> bool:
    try:
        endpoint, _ = current_app.url_map.bind("").match(address, method="GET")
    except HTTPException:
        return False
    rule = _rule_of(endpoint)
    return rule is not None and (rule.public or not rule.roles or current_user.holds_any(rule.roles))


def _is_within(address: str) -> bool:
    return request.path == address or request.path.startswith(f"{address}/")


def _rule_of(endpoint: str | None) -> AccessRule | None:
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, "access_rule", None)
