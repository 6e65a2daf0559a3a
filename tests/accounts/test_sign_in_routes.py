"""Signing in and out, as a browser does it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.conftest import OwnDatabase
from tests.factories.accounts import make_administrator, make_lead, make_manager, make_user
from tests.factories.organisations import make_authority
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.accounts import service
from wrap_portal.accounts.models import SignInAttempt, SignInLink, SignInSession
from wrap_portal.audit.models import AuditEvent
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message
from wrap_portal.transaction import committed

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def ask_for_link(client: FlaskClient, email: str, query: str = "") -> Any:
    """Ask for a link on the sign-in page."""
    return client.post(f"/sign-in{query}", data={"email": email})


def link_in(message: Message) -> str:
    """Return the path of the link in a message."""
    found = re.search(r"https?://[^/\s]+(/sign-in/link/\S+)", message.body_text)
    assert found is not None
    return found[1]


def is_signed_in(client: FlaskClient) -> bool:
    """True where the client is let into a page for those who signed in."""
    return client.get("/working-on").status_code == 200


def test_sign_in_by_a_link_from_the_mail(client: FlaskClient) -> None:
    user = make_manager(email="jo@council.example")
    answer = ask_for_link(client, "Jo@Council.Example")
    assert (answer.status_code, answer.location) == (303, "/sign-in/check-your-email")
    message = db.session.scalars(select(Message)).one()
    assert (message.recipient, message.confidential) == (user.email, True)
    link = link_in(message)
    page = client.get(link)
    assert page.status_code == 200
    assert not is_signed_in(client)
    used = client.post(link)
    assert (used.status_code, used.location) == (303, "/")
    assert is_signed_in(client)


def test_sign_in_says_the_same_and_leaves_nothing_for_an_unknown_address(client: FlaskClient) -> None:
    make_user(email="jo@council.example")
    make_user(email="out@council.example", disabled_at=NOW)
    answers = []
    for email in ("jo@council.example", "nobody@council.example", "out@council.example"):
        answer = ask_for_link(client, email)
        answers.append((answer.status_code, answer.location, answer.get_data()))
    assert answers[0] == answers[1] == answers[2]
    assert [message.recipient for message in db.session.scalars(select(Message))] == ["jo@council.example"]


def test_sign_in_does_the_same_work_for_an_unknown_address(client: FlaskClient) -> None:
    """The database is asked and told the same, so that the time of the answer tells nothing either."""
    make_user(email="jo@council.example")
    make_user(email="out@council.example", disabled_at=NOW)
    asked = []
    for email in ("jo@council.example", "nobody@council.example", "out@council.example"):
        with counted_queries() as statements:
            ask_for_link(client, email)
        asked.append([" ".join(statement.split()[:3]) for statement in statements])
    assert asked[0] == asked[1] == asked[2]
    assert {"INSERT INTO sign_in_links", "INSERT INTO messages"} <= set(asked[0])


def test_sign_in_asks_again_for_what_is_no_address(client: FlaskClient) -> None:
    answer = ask_for_link(client, "jo at council")
    assert answer.status_code == 422
    assert "like name@example.com" in answer.text
    assert 'value="jo at council"' in answer.text


def test_sign_in_slows_down_whoever_asks_too_often(client: FlaskClient) -> None:
    for _ in range(10):
        assert ask_for_link(client, "jo@council.example").status_code == 303
    answer = ask_for_link(client, "jo@council.example")
    assert answer.status_code == 429
    assert "Wait an hour" in answer.text


def test_sign_in_leads_back_to_the_page_that_was_wanted(client: FlaskClient) -> None:
    make_administrator(email="jo@council.example")
    sent = client.get("/users?page=2")
    assert (sent.status_code, sent.location) == (303, "/sign-in?next=/users?page%3D2")
    form = client.get(sent.location)
    assert 'name="next" type="hidden" value="/users?page=2"' in form.text
    client.post("/sign-in", data={"email": "jo@council.example", "next": "/users?page=2"})
    link = link_in(db.session.scalars(select(Message)).one())
    assert client.post(link).location == "/users?page=2"


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
)
def test_sign_in_leads_nowhere_else(client: FlaskClient, path: str) -> None:
    user = make_manager(email="jo@council.example")
    client.post("/sign-in", data={"email": user.email, "next": path})
    link = link_in(db.session.scalars(select(Message)).one())
    assert "evil" not in link
    assert client.post(link, query_string={"next": path}).location == "/"
    assert client.get("/sign-in", query_string={"next": path}).location == "/"


def test_sign_in_links_name_the_portal_not_the_host_of_the_request(
    own_database: OwnDatabase,
) -> None:
    app = own_database.make_app(BASE_URL="https://wrap.council.example", TRUSTED_HOSTS="other.example")
    with app.app_context():
        with committed():
            service.create_user(email="jo@council.example", name="Jo")
        client = app.test_client()
        client.post("/sign-in", data={"email": "jo@council.example"}, base_url="https://other.example")
        message = db.session.scalars(select(Message)).one()
    assert "https://wrap.council.example/sign-in/link/" in message.body_text
    assert "other.example" not in message.body_text


def test_check_your_email_says_how_long_the_link_works(client: FlaskClient) -> None:
    assert "for 15 minutes" in client.get("/sign-in/check-your-email").text


def test_use_link_only_when_the_button_is_pressed(client: FlaskClient) -> None:
    token = service.issue_sign_in_link(user_id=make_user().id)
    for _ in range(3):
        assert client.get(f"/sign-in/link/{token}").status_code == 200
        assert client.head(f"/sign-in/link/{token}").status_code == 200
    assert db.session.scalars(select(SignInLink.used_at)).all() == [None]
    assert client.post(f"/sign-in/link/{token}").status_code == 303


def test_use_link_refuses_a_used_one_and_counts_it(client: FlaskClient) -> None:
    token = service.issue_sign_in_link(user_id=make_user().id)
    client.post(f"/sign-in/link/{token}")
    client.post("/sign-out")
    again = client.post(f"/sign-in/link/{token}")
    assert again.status_code == 422
    assert "Ask for a new one" in again.text
    assert not is_signed_in(client)
    assert len(db.session.scalars(select(SignInAttempt)).all()) == 1
    assert "refuse_sign_in" in db.session.scalars(select(AuditEvent.action)).all()


def test_use_link_makes_a_new_cookie(client: FlaskClient) -> None:
    """What somebody may have put into the browser before is worth nothing afterwards (fixation)."""
    client.get("/sign-in")
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody"
        cookie["_user_id"] = "a token that somebody knows"
    token = service.issue_sign_in_link(user_id=make_user().id)
    client.post(f"/sign-in/link/{token}")
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["_user_id"] != "a token that somebody knows"
    assert is_signed_in(client)


def test_demonstration_sign_in_with_one_click(own_database: OwnDatabase) -> None:
    app = own_database.make_app(WRAP_DEMONSTRATION="yes")
    with app.app_context():
        with committed():
            user = service.create_user(email="a@demonstration.example", name="Ann", demonstration=True)
            earnest = service.create_user(email="b@council.example", name="Ben Earnest")
            off = service.create_user(email="c@demonstration.example", name="Cat Off", demonstration=True)
            service.disable_user(user=off)
        client = app.test_client()
        page = client.get("/sign-in").text
        assert "Ann" in page
        assert "Ben Earnest" not in page
        assert "Cat Off" not in page
        for other in (earnest.id, off.id, 10**30, "x", ""):
            assert client.post("/sign-in/demonstration", data={"user_id": other}).status_code == 404
        answer = client.post("/sign-in/demonstration", data={"user_id": user.id, "next": "//evil.example"})
        assert (answer.status_code, answer.location) == (303, "/")
        assert is_signed_in(client)


def test_demonstration_sign_in_is_not_there_otherwise(client: FlaskClient) -> None:
    user = make_manager(demonstration=True)
    assert user.name not in client.get("/sign-in").text
    assert client.post("/sign-in/demonstration", data={"user_id": user.id}).status_code == 404
    assert not is_signed_in(client)


def test_sign_out_ends_the_session_for_every_copy_of_the_cookie(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_lead())
    copied = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert copied is not None
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/signed-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert not is_signed_in(client)
    thief = app.test_client()
    thief.set_cookie(copied.key, copied.value)
    assert not is_signed_in(thief)
    [ended_at] = db.session.scalars(select(SignInSession.ended_at))
    assert ended_at is not None


def test_sign_out_ends_this_browser_only(app: Flask, client: FlaskClient) -> None:
    user = make_lead()
    other = sign_in(app.test_client(), user)
    sign_in(client, user).post("/sign-out")
    assert is_signed_in(other)


def test_sign_out_is_fine_for_who_has_not_signed_in(client: FlaskClient) -> None:
    assert client.post("/sign-out").location == "/signed-out"
    assert client.get("/sign-out").status_code == 405


def test_signed_out_says_so(client: FlaskClient) -> None:
    assert "You have signed out" in client.get("/signed-out").text


@pytest.mark.parametrize(
    ("minutes", "manager", "lead"), [(29, True, True), (30, False, True), (180, False, False)]
)
def test_idle_time_ends_a_session(
    app: Flask, db_session: Any, minutes: int, manager: bool, lead: bool
) -> None:
    with time_machine.travel(NOW, tick=False):
        clients = [sign_in(app.test_client(), user) for user in (make_manager(), make_lead())]
    with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
        assert [is_signed_in(client) for client in clients] == [manager, lead]


def test_whoever_keeps_working_stays_for_twelve_hours(client: FlaskClient) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        sign_in(client, make_manager())
        for _ in range(12 * 3 - 1):
            traveller.shift(timedelta(minutes=20))
            assert is_signed_in(client)
        traveller.shift(timedelta(minutes=20))
        assert not is_signed_in(client)


def test_being_seen_is_written_at_most_once_a_minute(client: FlaskClient) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        sign_in(client, make_lead())
        for seconds, written in ((59, 0), (1, 1), (1, 0)):
            traveller.shift(timedelta(seconds=seconds))
            with counted_queries() as statements:
                client.get("/working-on")
            assert sum(statement.startswith("UPDATE sign_in_sessions") for statement in statements) == written


def test_disabling_and_ending_roles_take_effect_at_once(app: Flask, client: FlaskClient) -> None:
    chief, other = make_administrator(), make_administrator()
    sign_in(client, chief)
    browser = sign_in(app.test_client(), other)
    assert browser.get("/users").status_code == 200
    grant_id = other.grants[0].id
    client.post(f"/users/{other.id}/roles/{grant_id}/end")
    assert browser.get("/users").status_code == 403
    assert is_signed_in(browser)
    client.post(f"/users/{other.id}/disable")
    assert not is_signed_in(browser)


def test_a_refusal_is_in_the_audit_trail(client: FlaskClient) -> None:
    user = make_manager(make_authority())
    sign_in(client, user)
    assert client.get("/users").status_code == 403
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "refuse_access")).one()
    assert event.actor_id == user.id
    assert event.details == {"endpoint": "accounts.users", "method": "GET", "roles": ["administrator"]}


def test_there_is_no_password_anywhere(client: FlaskClient) -> None:
    for path in ("/", "/sign-in", "/sign-in/check-your-email", "/sign-in/link/x"):
        assert 'type="password"' not in client.get(path).text


def test_cookie_is_kept_to_this_host_over_https(own_database: OwnDatabase) -> None:
    app = own_database.make_app(BASE_URL="https://wrap.council.example")
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().get("/sign-in", base_url="https://wrap.council.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-wrap_portal=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie.split("; ")
    assert "Domain" not in cookie


def test_an_unknown_host_is_refused(client: FlaskClient) -> None:
    assert client.get("/sign-in", base_url="http://evil.example").status_code == 400


def test_changing_needs_a_token_of_the_form(own_database: OwnDatabase) -> None:
    app = own_database.make_app(WRAP_DEMONSTRATION="yes")
    app.config["WTF_CSRF_ENABLED"] = True
    with app.app_context():
        with committed():
            user = service.create_user(email="a@demonstration.example", name="Ann", demonstration=True)
            token = service.issue_sign_in_link(user_id=user.id)
        client = app.test_client()
        page = client.get("/sign-in").text
        for path, data in (
            ("/sign-in", {"email": user.email}),
            ("/sign-in/demonstration", {"user_id": user.id}),
            (f"/sign-in/link/{token}", {}),
            ("/sign-out", {}),
        ):
            assert client.post(path, data=data).status_code == 400, path
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert csrf is not None
        answer = client.post("/sign-in/demonstration", data={"user_id": user.id, "csrf_token": csrf[1]})
        assert answer.status_code == 303
