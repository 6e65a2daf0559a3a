"""Accreditations come and go: proposed, confirmed, declined, given, withdrawn."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import make_manager, make_trainer
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import make_record
from tests.factories.trainers import make_accreditation, make_proposal, make_trainer_account
from wrap_portal.errors import DomainError, refusal_for
from wrap_portal.trainers import queries, service
from wrap_portal.trainers.models import Accreditation, AccreditationScope, AccreditationState

pytestmark = pytest.mark.usefixtures("db_session")


def propose(membership, record, **values):
    return service.propose_accreditation(
        **{
            "person_id": membership.person_id,
            "course_id": make_course().id,
            "authority_id": membership.organisation.authority_id,
            "scope": AccreditationScope.OWN_ORGANISATION,
            "organisation_id": membership.organisation_id,
            "starts_on": date(2026, 11, 23),
            "training_record_id": record.id,
        }
        | values
    )


def test_propose_accreditation_waits_for_a_manager_and_lets_nobody_deliver():
    membership = make_membership()
    course = make_course()
    proposal = propose(membership, make_record(membership.person), course_id=course.id)
    assert proposal.state is AccreditationState.PROPOSED
    assert (proposal.starts_on, proposal.ends_on) == (date(2026, 11, 23), date(2028, 11, 23))
    assert queries.proposals(authority_id=membership.organisation.authority_id) == [proposal]
    assert (
        queries.accreditation_on(
            person_id=membership.person_id,
            course_id=course.id,
            day=date(2026, 12, 1),
            organisation_id=membership.organisation_id,
        )
        is None
    )


def test_propose_accreditation_twice_is_one_proposal():
    membership = make_membership()
    course = make_course()
    first = propose(membership, make_record(membership.person), course_id=course.id)
    second = propose(membership, make_record(membership.person), course_id=course.id)
    assert first.id == second.id


def test_propose_accreditation_again_after_a_refusal_waits_again():
    membership = make_membership()
    course = make_course()
    first = propose(membership, make_record(membership.person), course_id=course.id)
    service.decline_accreditation(accreditation_id=first.id, reason="Left the area", user_id=None)
    second = propose(membership, make_record(membership.person), course_id=course.id)
    assert second.id != first.id
    assert second.state is AccreditationState.PROPOSED


def test_drop_proposal_declines_what_stands_on_the_record_only():
    membership = make_membership()
    record = make_record(membership.person)
    proposal = propose(membership, record)
    other = make_proposal()
    service.drop_proposal(training_record_id=record.id, reason="The register was corrected", user_id=None)
    assert proposal.state is AccreditationState.DECLINED
    assert proposal.decision_reason == "The register was corrected"
    assert other.state is AccreditationState.PROPOSED


def test_drop_proposal_leaves_what_a_manager_confirmed():
    membership = make_membership()
    record = make_record(membership.person)
    proposal = propose(membership, record)
    service.confirm_accreditation(
        accreditation_id=proposal.id, starts_on=date(2026, 11, 23), ends_on=date(2027, 3, 31), user_id=None
    )
    service.drop_proposal(training_record_id=record.id, reason="The register was corrected", user_id=None)
    assert proposal.state is AccreditationState.CONFIRMED


def test_confirm_accreditation_holds_from_the_first_to_the_last_day():
    proposal = make_proposal()
    manager = make_manager()
    service.confirm_accreditation(
        accreditation_id=proposal.id,
        starts_on=date(2026, 4, 1),
        ends_on=date(2027, 3, 31),
        user_id=manager.id,
    )
    assert proposal.decided_by_user_id == manager.id
    held = {
        day: queries.accreditation_on(person_id=proposal.person_id, course_id=proposal.course_id, day=day)
        for day in (date(2026, 3, 31), date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1))
    }
    assert held == {
        date(2026, 3, 31): None,
        date(2026, 4, 1): proposal,
        date(2027, 3, 31): proposal,
        date(2027, 4, 1): None,
    }


def test_confirm_accreditation_for_the_whole_area():
    membership = make_membership()
    proposal = make_proposal(membership.person, organisation=membership.organisation)
    service.confirm_accreditation(
        accreditation_id=proposal.id,
        starts_on=date(2026, 4, 1),
        ends_on=date(2027, 3, 31),
        scope=AccreditationScope.AREA,
        user_id=None,
    )
    elsewhere = make_organisation(authority_id=membership.organisation.authority_id)
    assert proposal.organisation_id is None
    assert queries.accreditation_on(
        person_id=proposal.person_id,
        course_id=proposal.course_id,
        day=date(2026, 4, 1),
        organisation_id=elsewhere.id,
    )


def test_confirm_accreditation_refuses_days_in_the_wrong_order():
    proposal = make_proposal()
    with pytest.raises(DomainError) as refused:
        service.confirm_accreditation(
            accreditation_id=proposal.id, starts_on=date(2026, 4, 2), ends_on=date(2026, 4, 1), user_id=None
        )
    assert refused.value.field == "ends_on"
    assert proposal.state is AccreditationState.PROPOSED


def test_confirm_accreditation_refuses_days_that_are_held_already_and_names_them():
    person = make_person(name="Ada Byron")
    course = make_course(name="WRAP")
    make_accreditation(person, course, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    proposal = make_proposal(person, course)
    with pytest.raises(DomainError) as refused:
        service.confirm_accreditation(
            accreditation_id=proposal.id,
            starts_on=date(2026, 12, 31),
            ends_on=date(2027, 12, 31),
            user_id=None,
        )
    assert refused.value.field == "starts_on"
    assert "Ada Byron is already accredited for WRAP from 1 January 2026 to 31 December 2026." in (
        refused.value.sentence
    )
    service.confirm_accreditation(
        accreditation_id=proposal.id, starts_on=date(2027, 1, 1), ends_on=date(2027, 12, 31), user_id=None
    )


def test_confirm_accreditation_refuses_what_was_decided_already():
    proposal = make_proposal()
    service.decline_accreditation(accreditation_id=proposal.id, reason="Has left", user_id=None)
    with pytest.raises(DomainError, match="already declined"):
        service.confirm_accreditation(
            accreditation_id=proposal.id, starts_on=date(2026, 4, 1), ends_on=date(2027, 4, 1), user_id=None
        )


def test_decline_accreditation_needs_a_reason():
    proposal = make_proposal()
    with pytest.raises(DomainError) as refused:
        service.decline_accreditation(accreditation_id=proposal.id, reason="  ", user_id=None)
    assert refused.value.field == "reason"
    assert proposal.state is AccreditationState.PROPOSED


def test_withdraw_accreditation_keeps_the_days_before():
    accreditation = make_accreditation(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    service.withdraw_accreditation(
        accreditation_id=accreditation.id, on=date(2026, 6, 1), reason="Moved away", user_id=None
    )

    def held(day: date) -> Accreditation | None:
        return queries.accreditation_on(
            person_id=accreditation.person_id, course_id=accreditation.course_id, day=day
        )

    assert held(date(2026, 5, 31)) == accreditation
    assert held(date(2026, 6, 1)) is None
    assert accreditation.state is AccreditationState.WITHDRAWN


def test_withdraw_accreditation_from_its_first_day_leaves_nothing():
    accreditation = make_accreditation(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    service.withdraw_accreditation(
        accreditation_id=accreditation.id, on=date(2026, 1, 1), reason="By mistake", user_id=None
    )
    assert (accreditation.starts_on, accreditation.ends_on) == (None, None)
    ended = queries.accreditations(
        authority_id=accreditation.authority_id, as_at=date(2026, 2, 1), ended=True, limit=10
    )
    assert ended == [accreditation]


@pytest.mark.parametrize(
    ("on", "reason", "field"),
    [(date(2027, 1, 1), "Moved away", "on"), (date(2026, 6, 1), "", "reason")],
)
def test_withdraw_accreditation_refuses(on: date, reason: str, field: str):
    accreditation = make_accreditation(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    with pytest.raises(DomainError) as refused:
        service.withdraw_accreditation(accreditation_id=accreditation.id, on=on, reason=reason, user_id=None)
    assert refused.value.field == field


def test_withdraw_accreditation_refuses_what_is_only_proposed():
    with pytest.raises(DomainError, match="not in force"):
        service.withdraw_accreditation(
            accreditation_id=make_proposal().id, on=date(2026, 6, 1), reason="No", user_id=None
        )


def accredit(person, **values):
    return service.accredit(
        **{
            "person_id": person.id,
            "course_id": make_course().id,
            "authority_id": person.authority_id,
            "scope": AccreditationScope.AREA,
            "starts_on": date(2026, 4, 1),
            "ends_on": date(2027, 3, 31),
            "user_id": None,
        }
        | values
    )


def test_accredit_gives_the_whole_area():
    given = accredit(make_person(), organisation_id=make_organisation().id)
    assert given.state is AccreditationState.CONFIRMED
    assert given.organisation_id is None


def test_accredit_gives_the_own_organisation():
    membership = make_membership()
    given = accredit(
        membership.person,
        scope=AccreditationScope.OWN_ORGANISATION,
        organisation_id=membership.organisation_id,
    )
    assert given.organisation_id == membership.organisation_id


@pytest.mark.parametrize("with_organisation", [False, True])
def test_accredit_refuses_an_organisation_that_is_not_theirs(with_organisation: bool):
    organisation_id = make_organisation().id if with_organisation else None
    with pytest.raises(DomainError) as refused:
        accredit(make_person(), scope=AccreditationScope.OWN_ORGANISATION, organisation_id=organisation_id)
    assert refused.value.field == "organisation_id"


def test_two_confirmed_accreditations_for_the_same_day_are_refused_by_the_database():
    first = make_accreditation()
    with pytest.raises(IntegrityError) as broken:
        make_accreditation(first.person, first.course)
    assert refusal_for(broken.value.orig.diag.constraint_name).field == "starts_on"


def test_link_trainer_account_says_who_a_user_is():
    authority = make_authority()
    user = make_trainer(authority)
    before, after = make_person(authority), make_person(authority)
    service.link_trainer_account(user_id=user.id, person_id=before.id)
    service.link_trainer_account(user_id=user.id, person_id=after.id)
    assert queries.person_of_user(user_id=user.id) == after
    assert queries.account_of_person(person_id=after.id) == user
    assert queries.account_of_person(person_id=before.id) is None


def test_link_trainer_account_refuses_a_person_who_is_somebody_else():
    person = make_person()
    make_trainer_account(make_trainer().id, person)
    with pytest.raises(DomainError) as refused:
        service.link_trainer_account(user_id=make_trainer().id, person_id=person.id)
    assert refused.value.field == "user_id"


def test_unlink_trainer_account_leaves_nobody():
    person = make_person()
    user = make_trainer()
    make_trainer_account(user.id, person)
    service.unlink_trainer_account(person_id=person.id)
    service.unlink_trainer_account(person_id=person.id)
    assert queries.person_of_user(user_id=user.id) is None


def test_accreditations_are_current_until_their_last_day():
    accreditation = make_accreditation(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    values = {"authority_id": accreditation.authority_id}

    def count(as_at: date, ended: bool) -> int:
        return queries.accreditation_count(**values, as_at=as_at, ended=ended)

    assert (count(date(2026, 12, 31), False), count(date(2026, 12, 31), True)) == (1, 0)
    assert (count(date(2027, 1, 1), False), count(date(2027, 1, 1), True)) == (0, 1)
    assert (count(date(2025, 1, 1), False), count(date(2025, 1, 1), True)) == (1, 0)


def test_every_proposal_has_its_decision_or_waits(db_session):
    make_proposal()
    make_accreditation()
    waiting = db_session.scalars(select(Accreditation).where(Accreditation.decided_at.is_(None))).all()
    assert {row.state for row in waiting} == {AccreditationState.PROPOSED}


def test_held_until_is_the_last_day_in_the_same_place():
    membership = make_membership()
    own = make_accreditation(membership.person, organisation=membership.organisation)
    assert (
        queries.held_until(
            person_id=own.person_id, course_id=own.course_id, organisation_id=own.organisation_id
        )
        == own.ends_on
    )
    assert queries.held_until(person_id=own.person_id, course_id=own.course_id, organisation_id=None) is None


def test_trainer_choices_are_who_is_accredited_in_the_area_or_trains_there():
    authority = make_authority()
    course = make_course(name="WRAP")
    accredited = make_person(authority, name="Ada Byron")
    make_accreditation(accredited, course, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    ended = make_person(authority, name="Gone By")
    make_accreditation(ended, course, starts_on=date(2020, 1, 1), ends_on=date(2020, 12, 31))
    signing_in = make_person(authority, name="Zoe Late")
    make_trainer_account(make_trainer(authority).id, signing_in)
    school = make_organisation(authority)
    make_accreditation(make_membership(school).person, course, organisation=school)
    found = queries.trainer_choices(authority_id=authority.id, as_at=date(2026, 11, 23))
    assert [(choice.name, choice.may_deliver) for choice in found] == [
        ("Ada Byron", (("WRAP", date(2026, 1, 1), date(2026, 12, 31)),)),
        ("Zoe Late", ()),
    ]


def test_accreditation_on_is_that_of_the_day_and_place():
    authority = make_authority()
    course = make_course()
    school, elsewhere = make_organisation(authority), make_organisation(authority)
    area = make_accreditation(make_person(authority), course)
    own = make_accreditation(make_membership(school).person, course, organisation=school)
    ended = make_accreditation(make_person(authority), course, ends_on=date(2025, 12, 31))

    def on_the_day(accreditation, place=None):
        return queries.accreditation_on(
            person_id=accreditation.person_id,
            course_id=course.id,
            day=date(2026, 11, 23),
            organisation_id=place and place.id,
            authority_id=authority.id,
        )

    assert on_the_day(area) == on_the_day(area, school) == area
    assert on_the_day(own, school) == own
    assert on_the_day(own) is on_the_day(own, elsewhere) is on_the_day(ended) is None


def test_no_accreditation_is_in_force_on_no_day(db_session):
    with pytest.raises(IntegrityError, match="ck_accreditations_days"):
        make_accreditation(during=Range(empty=True))
