"""The queue of messages, one message, and what will be sent."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from tests.factories.accounts import make_administrator, make_lead, make_manager
from tests.factories.mail import make_message
from tests.factories.organisations import make_authority
from tests.factories.reminders import make_due_school
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message, MessageState
from wrap_portal.organisations.models import Authority
from wrap_portal.reminders.jobs import send_refresher_reminders
from wrap_portal.reminders.service import plan_reminders

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def manager(client: FlaskClient, authority: Authority) -> FlaskClient:
    return sign_in(client, make_manager(authority))


def test_messages_lists_the_own_authority_to_a_manager(manager: FlaskClient, authority: Authority) -> None:
    make_message(subject="Of ours", authority_id=authority.id, queued_at=NOON)
    make_message(subject="Of theirs", authority_id=make_authority().id)
    make_message(subject="Of nobody")
    page = manager.get("/messages")
    assert page.status_code == 200
    assert "Of ours" in page.text and "person" in page.text and "Monday 23 November 2026, midday" in page.text
    assert "Of theirs" not in page.text and "Of nobody" not in page.text


def test_messages_lists_everything_to_an_administrator(client: FlaskClient, authority: Authority) -> None:
    make_message(subject="Of ours", authority_id=authority.id)
    make_message(subject="Of nobody")
    page = sign_in(client, make_administrator()).get("/messages")
    assert "Of ours" in page.text and "Of nobody" in page.text


def test_messages_filters_by_state_and_kind(manager: FlaskClient, authority: Authority) -> None:
    make_message(subject="Gone wrong", state=MessageState.FAILED, authority_id=authority.id)
    make_message(subject="Just waiting", authority_id=authority.id)
    make_message(subject="A digest", kind="refresher_digest", authority_id=authority.id)
    failed = manager.get("/messages?state=failed").text
    assert "Gone wrong" in failed and "Just waiting" not in failed
    digests = manager.get("/messages?kind=refresher_digest").text
    assert "A digest" in digests and "Just waiting" not in digests
    assert "No message is of this kind" in manager.get("/messages?kind=refresher_digest&state=failed").text
    assert "Just waiting" in manager.get("/messages?state=no-such&kind=no-such&page=99").text


def test_messages_says_when_there_are_none(manager: FlaskClient) -> None:
    assert "Nothing has been written yet" in manager.get("/messages").text


def test_messages_takes_as_many_queries_for_one_as_for_many(
    manager: FlaskClient, authority: Authority
) -> None:
    make_message(authority_id=authority.id)
    manager.get("/messages")
    with counted_queries() as for_one:
        manager.get("/messages")
    for _ in range(60):
        make_message(authority_id=authority.id)
    with counted_queries() as for_many:
        page = manager.get("/messages")
    assert len(for_one) == len(for_many)
    assert "Showing 1 to 50 of 61 messages" in page.text


def test_message_shows_what_it_says_and_what_became_of_it(manager: FlaskClient, authority: Authority) -> None:
    message = make_message(
        subject="A <b>bold</b> subject",
        body_text="Hello <script>alert(1)</script>,\n\nsee http://127.0.0.1:5000/sessions\nor ask.\n",
        authority_id=authority.id,
        state=MessageState.SENT,
        sent_at=NOON,
        attempts=2,
        possibly_repeated=True,
        calendar="BEGIN:VCALENDAR",
        calendar_method="REQUEST",
        reason="A lead booked a place.",
    )
    page = manager.get(f"/messages/{message.id}")
    assert page.status_code == 200
    assert "A &lt;b&gt;bold&lt;/b&gt; subject" in page.text
    assert "Hello &lt;script&gt;alert(1)&lt;/script&gt;," in page.text
    assert 'href="http://127.0.0.1:5000/sessions"' in page.text
    for words in ("2 of 10", "may have been sent twice", "calendar invitation", "A lead booked a place."):
        assert words in page.text
    assert "Send again" not in page.text


def test_message_never_shows_a_way_in(client: FlaskClient) -> None:
    message = make_message(
        body_text="https://portal/sign-in/link/secret", body_html="secret", confidential=True
    )
    page = sign_in(client, make_administrator()).get(f"/messages/{message.id}")
    assert page.status_code == 200
    assert "secret" not in page.text
    assert "nobody else can read it" in page.text


@pytest.mark.parametrize("mine", [True, False])
def test_message_of_another_authority_is_not_there(
    manager: FlaskClient, authority: Authority, mine: bool
) -> None:
    message = make_message(authority_id=authority.id if mine else make_authority().id)
    assert manager.get(f"/messages/{message.id}").status_code == (200 if mine else 404)


def test_message_lists_the_reminders_in_a_digest(client: FlaskClient) -> None:
    school = make_due_school()
    school.add_member(valid_until=clock.today(), name="Ada Byron")
    make_lead(school.organisation, email="lead@x.example")
    send_refresher_reminders()
    (message,) = db.session.scalars(db.select(Message))
    assert message.state is MessageState.HELD
    page = sign_in(client, make_manager(school.organisation.authority)).get(f"/messages/{message.id}")
    assert "Kept here" in page.text
    assert "The reminders in it" in page.text
    assert "Ada Byron" in page.text and school.requirement.name in page.text and "on the day" in page.text
    assert "The training of 1 person is due to be refreshed." in page.text


def test_send_again_puts_a_failed_message_back(manager: FlaskClient, authority: Authority) -> None:
    message = make_message(
        authority_id=authority.id, state=MessageState.FAILED, attempts=10, last_error="550 no"
    )
    assert "550 no" in manager.get(f"/messages/{message.id}").text
    answer = manager.post(f"/messages/{message.id}/send-again", follow_redirects=True)
    assert "waits to be sent again" in answer.text
    assert (message.state, message.attempts) == (MessageState.QUEUED, 0)


def test_send_again_refuses_a_message_that_did_not_fail(manager: FlaskClient, authority: Authority) -> None:
    message = make_message(authority_id=authority.id)
    answer = manager.post(f"/messages/{message.id}/send-again")
    assert answer.status_code == 422
    assert "Only a message that failed can be sent again" in answer.text


def test_planned_messages_lists_the_next_thirty_days(client: FlaskClient) -> None:
    today = clock.today()
    school, other = make_due_school(), make_due_school()
    school.add_member(valid_until=today + timedelta(days=25), name="Ada Byron", email="ada@x.example")
    school.add_member(valid_until=today + timedelta(days=25), name="Bea Potter")
    other.add_member(valid_until=today + timedelta(days=25), name="Cat Stevens")
    for each in (school, other):
        plan_reminders(authority_id=each.organisation.authority_id, today=today)
    sign_in(client, make_manager(school.organisation.authority))
    page = client.get("/messages/planned")
    assert "Ada Byron" in page.text and "Member and leads" in page.text
    assert "Bea Potter" in page.text and "Leads only" in page.text
    assert "7 days before" in page.text
    assert "Cat Stevens" not in page.text


def test_planned_messages_says_when_there_are_none(manager: FlaskClient) -> None:
    assert "No reminder is planned" in manager.get("/messages/planned").text
