"""Accounts, roles and ways in, through the services."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.conftest import OwnDatabase
from tests.factories.accounts import make_administrator, make_grant, make_lead, make_manager, make_user
from tests.factories.organisations import make_authority, make_organisation
from wrap_portal.accounts import queries, rules, service
from wrap_portal.accounts.models import Grant, SignInAttempt, SignInLink, SignInSession, User
from wrap_portal.audit.models import AuditEvent
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HERE = "203.0.113.7"

pytestmark = pytest.mark.usefixtures("db_session")


def audited() -> list[str]:
    """Return the actions in the audit trail, in order."""
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_create_user_keeps_the_address_in_small_letters_and_the_name_as_it_is() -> None:
    user = service.create_user(email=" Jo.O'Neil@Council.Example ", name="  jo  O'NEIL-mac Donald ")
    assert (user.email, user.name) == ("jo.o'neil@council.example", "jo O'NEIL-mac Donald")
    assert audited() == ["create_user"]


@pytest.mark.parametrize(
    ("email", "name", "field"),
    [
        ("no address", "Jo", "email"),
        ("a@b.example, c@d.example", "Jo", "email"),
        ("jo@council.example\nBcc: x@y.example", "Jo", "email"),
        ("", "Jo", "email"),
        ("jo@council.example", "  ", "name"),
        ("jo@council.example", "J" * 201, "name"),
        ("TAKEN@council.example", "Jo", "email"),
    ],
)
def test_create_user_refuses(email: str, name: str, field: str) -> None:
    make_user(email="taken@council.example")
    with pytest.raises(DomainError) as refusal:
        service.create_user(email=email, name=name)
    assert refusal.value.field == field


def test_grant_role_writes_who_gave_what_to_whom_where() -> None:
    organisation, giver, user = make_organisation(), make_user(), make_user()
    grant = service.grant_role(
        user_id=user.id, role=Role.LEAD, organisation_id=organisation.id, actor_id=giver.id
    )
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor_id, event.subject_id) == ("grant_role", giver.id, grant.id)
    assert event.authority_id == organisation.authority_id
    assert event.details == {"user_id": user.id, "role": "lead", "organisation_id": organisation.id}


def test_grant_role_refuses_the_same_role_twice_but_not_again_after_it_ended() -> None:
    authority, user = make_authority(), make_user()
    grant = service.grant_role(user_id=user.id, role=Role.MANAGER, authority_id=authority.id)
    with pytest.raises(DomainError, match="already has this role"):
        service.grant_role(user_id=user.id, role=Role.MANAGER, authority_id=authority.id)
    service.end_grant(grant=grant)
    service.grant_role(user_id=user.id, role=Role.MANAGER, authority_id=authority.id)
    service.grant_role(user_id=user.id, role=Role.MANAGER, authority_id=make_authority().id)


def test_grant_role_refuses_a_reach_that_does_not_go_with_the_role() -> None:
    with pytest.raises(DomainError) as refusal:
        service.grant_role(user_id=make_user().id, role=Role.LEAD, authority_id=make_authority().id)
    assert refusal.value.field == "authority"


def test_end_grant_ends_it_once() -> None:
    grant = make_grant()
    with time_machine.travel(NOW, tick=False):
        service.end_grant(grant=grant)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        service.end_grant(grant=grant)
    assert grant.ended_at == NOW
    assert audited() == ["end_grant"]


def test_the_last_administrator_stays() -> None:
    last = make_administrator()
    make_administrator(disabled_at=NOW)
    grant = db.session.scalars(select(Grant).where(Grant.user_id == last.id)).one()
    with pytest.raises(DomainError, match="only administrator"):
        service.end_grant(grant=grant)
    with pytest.raises(DomainError, match="only administrator"):
        service.disable_user(user=last)
    make_administrator()
    service.end_grant(grant=grant)
    assert grant.ended_at is not None


def test_invite_lead_makes_an_account_or_uses_the_one_there_is() -> None:
    organisation, known = make_organisation(), make_lead(name="Known Already")
    user, _ = service.invite_lead(email="new@school.example", name="New", organisation_id=organisation.id)
    again, _ = service.invite_lead(email=known.email, name="Other", organisation_id=organisation.id)
    assert (user.name, again.id, again.name) == ("New", known.id, "Known Already")
    assert {row.user_id for row in queries.leads(organisation.id)} == {user.id, known.id}


def test_invite_lead_refuses_who_is_there_already_and_the_disabled() -> None:
    organisation = make_organisation()
    lead = make_lead(organisation)
    for user in (lead, make_user(disabled_at=NOW)):
        with pytest.raises(DomainError) as refusal:
            service.invite_lead(email=user.email, name="X", organisation_id=organisation.id)
        assert refusal.value.field == "email"


def test_a_link_lets_in_once() -> None:
    user = make_user()
    token = service.issue_sign_in_link(user_id=user.id)
    session_token = service.use_sign_in_link(token=token, network_address=HERE)
    found = queries.signed_in(rules.token_hash(session_token))
    assert found is not None
    assert found.user_id == user.id
    with pytest.raises(DomainError, match="has been used"):
        service.use_sign_in_link(token=token, network_address=HERE)


def test_a_link_lets_in_for_a_quarter_of_an_hour() -> None:
    user = make_user()
    with time_machine.travel(NOW, tick=False):
        early, late = (service.issue_sign_in_link(user_id=user.id) for _ in range(2))
    with time_machine.travel(NOW + timedelta(minutes=15), tick=False), pytest.raises(DomainError):
        service.use_sign_in_link(token=late, network_address=HERE)
    with time_machine.travel(NOW + timedelta(minutes=15, microseconds=-1), tick=False):
        service.use_sign_in_link(token=early, network_address=HERE)


def test_using_a_link_shuts_the_others_of_the_same_user_only() -> None:
    user, other = make_user(), make_user()
    first, second = (service.issue_sign_in_link(user_id=user.id) for _ in range(2))
    of_other = service.issue_sign_in_link(user_id=other.id)
    service.use_sign_in_link(token=second, network_address=HERE)
    with pytest.raises(DomainError):
        service.use_sign_in_link(token=first, network_address=HERE)
    service.use_sign_in_link(token=of_other, network_address=HERE)


@pytest.mark.parametrize("token", ["", "x", "é\udcff\x00", "x" * 10_000])
def test_a_link_that_nobody_made_is_refused(token: str) -> None:
    with pytest.raises(DomainError, match="Ask for a new one"):
        service.use_sign_in_link(token=token, network_address=HERE)


def test_only_hashes_are_kept() -> None:
    user = make_user()
    token = service.issue_sign_in_link(user_id=user.id)
    session_token = service.use_sign_in_link(token=token, network_address=HERE)
    kept = [
        *db.session.scalars(select(SignInLink.token_hash)),
        *db.session.scalars(select(SignInSession.token_hash)),
    ]
    assert {len(each) for each in kept} == {64}
    assert not {token, session_token} & set(kept)
    assert len(token) >= 43


def test_disable_user_ends_sessions_and_links_at_once() -> None:
    user = make_manager()
    session_token = service.start_session(user_id=user.id)
    token = service.issue_sign_in_link(user_id=user.id)
    service.disable_user(user=user)
    assert queries.signed_in(rules.token_hash(session_token)) is None
    with pytest.raises(DomainError):
        service.use_sign_in_link(token=token, network_address=HERE)
    with pytest.raises(DomainError, match="disabled"):
        service.issue_sign_in_link(user_id=user.id)
    service.enable_user(user=user)
    with pytest.raises(DomainError):
        service.use_sign_in_link(token=token, network_address=HERE)
    found = queries.signed_in(rules.token_hash(session_token))
    assert found is not None
    assert found.ended_at is not None


def test_end_session_is_written_once() -> None:
    user = make_user()
    token = service.start_session(user_id=user.id)
    found = queries.signed_in(rules.token_hash(token))
    assert found is not None
    service.end_session(session_id=found.session_id)
    service.end_session(session_id=found.session_id)
    assert audited() == ["sign_in", "sign_out"]


def test_request_sign_in_link_answers_the_owner_of_an_address_only() -> None:
    user = make_user(email="jo@council.example")
    make_user(email="out@council.example", disabled_at=NOW)
    asked = service.request_sign_in_link(email=" JO@council.example", network_address=HERE)
    assert asked is not None
    assert asked[0] is user
    assert service.use_sign_in_link(token=asked[1], network_address=HERE)
    for email in ("nobody@council.example", "out@council.example"):
        assert service.request_sign_in_link(email=email, network_address=HERE) is None


@pytest.mark.parametrize("email", ["jo@council.example", "nobody@council.example"])
def test_an_address_may_be_asked_for_ten_times_an_hour(email: str) -> None:
    make_user(email="jo@council.example")
    for number in range(10):
        with time_machine.travel(NOW + timedelta(minutes=number), tick=False):
            service.request_sign_in_link(email=email.upper(), network_address=f"203.0.113.{number}")
    with time_machine.travel(NOW + timedelta(minutes=60, microseconds=-1), tick=False):
        with pytest.raises(service.TooManyAttempts):
            service.request_sign_in_link(email=email, network_address="198.51.100.1")
        service.request_sign_in_link(email="other@council.example", network_address=HERE)
    with time_machine.travel(NOW + timedelta(minutes=60), tick=False):
        service.request_sign_in_link(email=email, network_address=HERE)


def test_a_network_has_a_limit_too_and_failed_links_count_against_it() -> None:
    for number in range(rules.ATTEMPTS_A_NETWORK - 1):
        service.count_attempt(network_address=HERE, email=f"user{number}@council.example")
    token = service.issue_sign_in_link(user_id=make_user().id)
    service.note_failed_link(network_address=HERE)
    with pytest.raises(service.TooManyAttempts):
        service.count_attempt(network_address=HERE, email="one.more@council.example")
    with pytest.raises(service.TooManyAttempts):
        service.use_sign_in_link(token=token, network_address=HERE)
    assert service.use_sign_in_link(token=token, network_address="198.51.100.1")


def test_attempts_are_forgotten_after_an_hour() -> None:
    with time_machine.travel(NOW, tick=False):
        service.count_attempt(network_address=HERE)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        service.count_attempt(network_address="198.51.100.1")
    assert db.session.scalar(select(func.count()).select_from(SignInAttempt)) == 1


def test_attempts_name_nobody() -> None:
    service.count_attempt(network_address=HERE, email="jo@council.example")
    kept = db.session.scalars(select(SignInAttempt.subject_hash)).all()
    assert [len(subject) for subject in kept] == [64, 64]


@pytest.mark.usefixtures("own_database")
class TestAtOnce:
    """Several processes at the same moment, each with a connection and a transaction of its own."""

    def test_one_link_one_session(self, own_database: OwnDatabase) -> None:
        with own_database.app.app_context(), committed():
            user = User(email="jo@council.example", name="Jo", created_at=NOW)
            db.session.add(user)
            db.session.flush()
            token = service.issue_sign_in_link(user_id=user.id)

        def use(_: int) -> bool:
            with own_database.app.app_context():
                try:
                    with committed():
                        service.use_sign_in_link(token=token, network_address=HERE)
                except DomainError:
                    return False
                return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(use, range(8))) == 1

    def test_ten_attempts_an_hour(self, own_database: OwnDatabase) -> None:
        def ask(number: int) -> bool:
            with own_database.app.app_context():
                try:
                    with committed():
                        service.request_sign_in_link(
                            email="jo@council.example", network_address=f"203.0.113.{number % 2}"
                        )
                except service.TooManyAttempts:
                    return False
                return True

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(ask, range(40))) == 10

    def test_one_administrator_stays(self, own_database: OwnDatabase) -> None:
        with own_database.app.app_context(), committed():
            for number in range(2):
                user = User(email=f"a{number}@council.example", name="A", created_at=NOW)
                db.session.add(user)
                db.session.flush()
                service.grant_role(user_id=user.id, role=Role.ADMINISTRATOR)

        def end_the_other() -> bool:
            with own_database.app.app_context():
                user = queries.user_by_email("a1@council.example")
                assert user is not None
                try:
                    with committed():
                        service.disable_user(user=user)
                except DomainError:
                    return False
                return True

        with own_database.app.app_context(), ThreadPoolExecutor(1) as pool:
            with committed():
                first = queries.user_by_email("a0@council.example")
                assert first is not None
                service.disable_user(user=first)
                other = pool.submit(end_the_other)
                # Long enough for it to go through, were it not made to wait for this transaction.
                wait([other], timeout=1)
            assert other.result() is False
