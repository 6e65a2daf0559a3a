"""The pages of trainers: who may deliver what, and who decides it."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.factories.accounts import make_grant, make_manager, make_trainer
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import make_training_session
from tests.factories.trainers import make_accreditation, make_proposal, make_trainer_account
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.organisations.models import Authority
from wrap_portal.people.models import Person
from wrap_portal.trainers import queries
from wrap_portal.trainers.models import AccreditationScope, AccreditationState
from wrap_portal.web.access import Role


@pytest.fixture
def authority(db_session) -> Authority:
    return make_authority()


@pytest.fixture
def manager(client: FlaskClient, authority: Authority) -> FlaskClient:
    return sign_in(client, make_manager(authority))


def days(name: str, day: date) -> dict[str, int]:
    return {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}


def test_trainers_lists_who_may_deliver_what(manager: FlaskClient, authority: Authority):
    accreditation = make_accreditation(
        make_person(authority, name="Ada Byron"), starts_on=date(2026, 1, 1), ends_on=date(2039, 3, 31)
    )
    make_accreditation(make_person(name="Somebody Elsewhere"))
    page = manager.get("/trainers")
    assert page.status_code == 200
    assert "Ada Byron" in page.text
    assert "1 Jan 2026 to 31 Mar 2039" in page.text
    assert "Somebody Elsewhere" not in page.text
    assert f"/trainers/{accreditation.person_id}" in page.text


def test_trainers_can_be_narrowed_to_a_course_and_to_those_ended(manager: FlaskClient, authority: Authority):
    first = make_accreditation(make_person(authority, name="Ada Byron"))
    make_accreditation(make_person(authority, name="Mary Somerville"))
    make_accreditation(make_person(authority, name="Gone By"), ends_on=date(2020, 12, 31))
    of_course = manager.get(f"/trainers?course={first.course_id}").text
    ended = manager.get("/trainers?show=ended").text
    assert "Ada Byron" in of_course
    assert "Mary Somerville" not in of_course
    assert "Gone By" in ended
    assert "Ada Byron" not in ended
    assert "Ada Byron" in manager.get("/trainers?course=nonsense&show=never").text


def test_trainers_says_what_waits(manager: FlaskClient, authority: Authority):
    assert "Decide now" not in manager.get("/trainers").text
    make_proposal(make_person(authority))
    assert "1 proposal waits for your decision" in manager.get("/trainers").text


def test_trainers_asks_the_same_number_of_questions_for_1_and_30(manager: FlaskClient, authority: Authority):
    make_accreditation(make_person(authority))
    manager.get("/trainers")
    with counted_queries() as for_one:
        manager.get("/trainers")
    for _ in range(29):
        make_accreditation(make_person(authority))
    with counted_queries() as for_thirty:
        manager.get("/trainers")
    assert len(for_thirty) == len(for_one) <= 12


def test_trainer_shows_accreditations_diary_and_account(manager: FlaskClient, authority: Authority):
    person = make_person(authority, name="Ada Byron")
    make_accreditation(person, make_course(name="WRAP"))
    make_proposal(person, make_course(name="Refresher"))
    make_training_session(authority, trainers=[person], course_id=make_course(name="Briefing").id)
    make_trainer_account(make_trainer(authority, email="ada@council.example").id, person)
    page = manager.get(f"/trainers/{person.id}")
    assert all(words in page.text for words in ("WRAP", "Refresher", "Briefing", "ada@council.example"))


def test_trainer_of_another_council_is_not_there(manager: FlaskClient):
    assert manager.get(f"/trainers/{make_accreditation().person_id}").status_code == 404


def test_proposals_lists_who_waits(manager: FlaskClient, authority: Authority):
    proposal = make_proposal(make_person(authority, name="Ada Byron"))
    make_proposal(make_person(name="Somebody Elsewhere"))
    page = manager.get("/trainers/proposals")
    assert "Ada Byron" in page.text
    assert f"/trainers/accreditations/{proposal.id}/confirm" in page.text
    assert "Somebody Elsewhere" not in page.text


def test_proposals_says_when_nothing_waits(manager: FlaskClient):
    assert "Nothing waits for a decision." in manager.get("/trainers/proposals").text


def test_confirm_offers_what_was_proposed_and_takes_it(manager: FlaskClient, authority: Authority):
    membership = make_membership(make_organisation(authority), make_person(authority, name="Ada Byron"))
    proposal = make_proposal(
        membership.person,
        organisation=membership.organisation,
        starts_on=date(2026, 11, 23),
        ends_on=date(2028, 11, 23),
    )
    address = f"/trainers/accreditations/{proposal.id}/confirm"
    assert 'value="2028"' in manager.get(address).text
    answer = manager.post(
        address,
        data={
            **days("starts_on", date(2026, 11, 23)),
            **days("ends_on", date(2028, 11, 23)),
            "scope": "own_organisation",
        },
    )
    assert (answer.status_code, answer.location) == (303, "/trainers/proposals")
    assert proposal.state is AccreditationState.CONFIRMED
    assert proposal.ends_on == date(2028, 11, 23)
    assert proposal.organisation_id == membership.organisation_id


def test_confirm_may_widen_to_the_area(manager: FlaskClient, authority: Authority):
    membership = make_membership(make_organisation(authority), make_person(authority))
    proposal = make_proposal(membership.person, organisation=membership.organisation)
    manager.post(
        f"/trainers/accreditations/{proposal.id}/confirm",
        data={
            **days("starts_on", date(2026, 11, 23)),
            **days("ends_on", date(2028, 11, 23)),
            "scope": "area",
        },
    )
    assert proposal.scope is AccreditationScope.AREA


def test_confirm_begins_a_renewal_when_the_old_one_ends(manager: FlaskClient, authority: Authority):
    held = make_accreditation(make_person(authority), starts_on=date(2025, 4, 1), ends_on=date(2027, 3, 31))
    proposal = make_proposal(
        held.person, held.course, starts_on=date(2026, 11, 23), ends_on=date(2028, 11, 23)
    )
    page = manager.get(f"/trainers/accreditations/{proposal.id}/confirm").text
    assert 'id="starts_on-month" name="starts_on-month" type="text" value="4"' in page
    assert 'id="starts_on-year" name="starts_on-year" type="text" value="2027"' in page


def test_confirm_refuses_beside_the_field(manager: FlaskClient, authority: Authority):
    proposal = make_proposal(make_person(authority))
    answer = manager.post(
        f"/trainers/accreditations/{proposal.id}/confirm",
        data={
            **days("starts_on", date(2028, 11, 23)),
            **days("ends_on", date(2026, 11, 23)),
            "scope": "area",
        },
    )
    assert answer.status_code == 422
    assert 'id="ends_on-error"' in answer.text
    assert proposal.state is AccreditationState.PROPOSED


def test_decline_keeps_the_reason(manager: FlaskClient, authority: Authority):
    proposal = make_proposal(make_person(authority))
    address = f"/trainers/accreditations/{proposal.id}/decline"
    assert manager.get(address).status_code == 200
    assert manager.post(address, data={"reason": " "}).status_code == 422
    assert proposal.state is AccreditationState.PROPOSED
    assert manager.post(address, data={"reason": "Has left"}).status_code == 303
    assert (proposal.state, proposal.decision_reason) == (AccreditationState.DECLINED, "Has left")
    assert manager.post(address, data={"reason": "Again"}).status_code == 422


def test_withdraw_shows_what_it_affects(manager: FlaskClient, authority: Authority):
    accreditation = make_accreditation(make_person(authority))
    session = make_training_session(
        authority, trainers=[accreditation.person], course_id=accreditation.course_id
    )
    other = make_training_session(authority)
    page = manager.get(f"/trainers/accreditations/{accreditation.id}/withdraw").text
    assert f"/sessions/{session.id}" in page
    assert f"/sessions/{other.id}" not in page


def test_withdraw_takes_it_away_from_the_day(manager: FlaskClient, authority: Authority):
    accreditation = make_accreditation(make_person(authority), ends_on=date(2028, 3, 31))
    address = f"/trainers/accreditations/{accreditation.id}/withdraw"
    late = manager.post(address, data={**days("on", date(2028, 4, 1)), "reason": "Moved"})
    assert late.status_code == 422
    assert 'id="on-error"' in late.text
    answer = manager.post(address, data={**days("on", date(2027, 1, 1)), "reason": "Moved"})
    assert answer.location == f"/trainers/{accreditation.person_id}"
    assert accreditation.ends_on == date(2026, 12, 31)


def test_find_person_finds_by_name_and_address(manager: FlaskClient, authority: Authority):
    membership = make_membership(
        make_organisation(authority, name="Hill School"), make_person(authority, name="Ada Byron")
    )
    make_person(authority, name="Someone", email="byron@council.example")
    make_person(name="Byron Elsewhere")
    page = manager.get("/trainers/find?name=byron").text
    assert "Ada Byron" in page
    assert "Hill School" in page
    assert f"/trainers/{membership.person_id}/accredit" in page
    assert "Someone" in page
    assert "Byron Elsewhere" not in page


def test_find_person_with_nothing_to_look_for_or_nobody(manager: FlaskClient):
    assert "People found" not in manager.get("/trainers/find").text
    assert "Nobody has that name" in manager.get("/trainers/find?name=%25").text


def test_add_trainer_goes_on_to_accredit_them(db_session, manager: FlaskClient, authority: Authority):
    assert manager.get("/trainers/add").status_code == 200
    assert manager.post("/trainers/add", data={"name": ""}).status_code == 422
    answer = manager.post("/trainers/add", data={"name": "Ada Byron", "email": "ada@council.example"})
    person = db_session.query(Person).filter_by(name="Ada Byron").one()
    assert answer.location == f"/trainers/{person.id}/accredit"
    assert (person.authority_id, person.email) == (authority.id, "ada@council.example")


def accredit(client: FlaskClient, person: Person, **values):
    data = {
        "course_id": make_course().id,
        **days("starts_on", date(2026, 11, 23)),
        **days("ends_on", date(2028, 11, 23)),
        "scope": "area",
    }
    return client.post(f"/trainers/{person.id}/accredit", data=data | values)


def test_accredit_lets_somebody_deliver(manager: FlaskClient, authority: Authority):
    person = make_person(authority)
    course = make_course(name="WRAP")
    assert "WRAP" in manager.get(f"/trainers/{person.id}/accredit").text
    answer = accredit(manager, person, course_id=course.id)
    assert answer.location == f"/trainers/{person.id}"
    assert queries.accreditation_on(person_id=person.id, course_id=course.id, day=date(2028, 11, 23))


def test_accredit_for_the_own_organisation_asks_which(manager: FlaskClient, authority: Authority):
    membership = make_membership(make_organisation(authority), make_person(authority))
    refused = accredit(manager, membership.person, scope="own_organisation")
    assert refused.status_code == 422
    assert 'id="organisation_id-error"' in refused.text
    elsewhere = make_organisation(authority)
    foreign = accredit(manager, membership.person, scope="own_organisation", organisation_id=elsewhere.id)
    assert foreign.status_code == 422
    answer = accredit(
        manager, membership.person, scope="own_organisation", organisation_id=membership.organisation_id
    )
    assert answer.status_code == 303


def test_accredit_counts_in_the_council_of_the_person(client: FlaskClient, authority: Authority):
    second = make_authority()
    user = make_manager(authority)
    make_grant(user, role=Role.MANAGER, authority_id=second.id)
    person, course = make_person(second), make_course()
    accredit(sign_in(client, user), person, course_id=course.id)
    day = date(2028, 11, 23)
    found = queries.accreditation_on(person_id=person.id, course_id=course.id, day=day)
    assert found and found.authority_id == second.id


def test_accredit_nobody_of_another_council(manager: FlaskClient):
    assert accredit(manager, make_person()).status_code == 404


def test_link_account_offers_the_trainers_of_the_council(manager: FlaskClient, authority: Authority):
    person = make_person(authority)
    user = make_trainer(authority, name="Terry Trainer")
    at_school = make_trainer(organisation=make_organisation(authority), name="Sam School")
    make_trainer(name="Somebody Elsewhere")
    address = f"/trainers/{person.id}/account"
    page = manager.get(address).text
    assert "Terry Trainer" in page
    assert "Sam School" in page
    assert "Somebody Elsewhere" not in page
    assert manager.post(address, data={"user_id": user.id}).status_code == 303
    assert queries.person_of_user(user.id) == person
    assert manager.post(address, data={"user_id": at_school.id}).status_code == 422


def test_link_account_says_when_there_is_none(manager: FlaskClient, authority: Authority):
    page = manager.get(f"/trainers/{make_person(authority).id}/account")
    assert "No account has the role of a trainer here." in page.text


def test_unlink_account_takes_it_away(manager: FlaskClient, authority: Authority):
    person = make_person(authority)
    user = make_trainer(authority)
    make_trainer_account(user.id, person)
    answer = manager.post(f"/trainers/{person.id}/account/remove")
    assert answer.status_code == 303
    assert queries.person_of_user(user.id) is None
