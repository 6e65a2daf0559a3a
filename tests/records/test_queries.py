"""What the ledger shows to whom, and how many questions it asks for it."""

from datetime import UTC, date, datetime

from tests.factories.accounts import make_user
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import make_claim, make_record
from tests.support.queries import counted_queries
from wrap_portal.records import queries
from wrap_portal.records.models import RecordSource, RecordState
from wrap_portal.web.access import Scope

WAITING = (RecordState.UNVERIFIED,)
DECIDED = (RecordState.ACCEPTED, RecordState.REJECTED)


def of_authority(*authority_ids: int) -> Scope:
    return Scope(authority_ids=frozenset(authority_ids))


def of_organisation(*organisation_ids: int) -> Scope:
    return Scope(organisation_ids=frozenset(organisation_ids))


def test_claims_say_all_that_a_decision_needs(db_session) -> None:
    school = make_organisation(name="Hill School")
    person = make_membership(school, make_person(authority_id=school.authority_id, name="Ann Lee")).person
    claim = make_claim(
        person,
        make_course(name="WRAP"),
        school,
        provider="Elsewhere Council",
        proof="Certificate 17",
        recorded_by_user_id=make_user(name="Lee Lead").id,
    )
    row = queries.claims(of_authority(school.authority_id), states=WAITING)[0]
    assert row == queries.get_claim(claim.id, of_authority(school.authority_id))
    assert (row.person_name, row.organisation_name, row.course_name) == ("Ann Lee", "Hill School", "WRAP")
    assert (row.provider, row.proof, row.filed_by) == ("Elsewhere Council", "Certificate 17", "Lee Lead")
    assert (row.completed_on, row.state, row.decided_by) == (date(2026, 3, 16), RecordState.UNVERIFIED, None)
    assert not row.shown_by_register


def test_claims_are_within_reach_only(db_session) -> None:
    mine, other = make_claim(), make_claim()
    neighbour = make_organisation(authority_id=mine.organisation.authority_id)
    make_claim(None, None, neighbour)
    assert {
        row.organisation_id for row in queries.claims(of_authority(neighbour.authority_id), states=WAITING)
    } == {
        mine.organisation_id,
        neighbour.id,
    }
    own = of_organisation(mine.organisation_id)
    assert [row.record_id for row in queries.claims(own, states=WAITING)] == [mine.id]
    assert queries.count_claims(own, states=WAITING) == 1
    assert queries.get_claim(other.id, own) is None
    assert queries.claims(Scope(), states=WAITING) == []


def test_claims_are_by_state_in_the_order_of_work(db_session) -> None:
    school = make_organisation()
    scope = of_authority(school.authority_id)

    def at(day: int) -> datetime:
        return datetime(2026, 5, day, tzinfo=UTC)

    late, early = (make_claim(None, None, school, recorded_at=at(day)) for day in (9, 2))
    first, last = (
        make_claim(None, None, school, state=state, decided_at=at(day))
        for state, day in ((RecordState.ACCEPTED, 3), (RecordState.REJECTED, 8))
    )
    make_record(organisation_id=school.id)
    assert [row.record_id for row in queries.claims(scope, states=WAITING)] == [early.id, late.id]
    assert [row.record_id for row in queries.claims(scope, states=DECIDED)] == [last.id, first.id]
    assert [row.record_id for row in queries.claims(scope, states=DECIDED, limit=1, offset=1)] == [first.id]
    assert queries.count_claims(scope, states=DECIDED) == 2


def test_a_claim_says_when_a_register_shows_the_same(db_session) -> None:
    claim = make_claim()
    scope = of_organisation(claim.organisation_id)
    make_record(claim.person, claim.course, state=RecordState.VOIDED)
    make_record(claim.person, claim.course, completed_on=date(2026, 3, 15))
    assert not queries.claims(scope, states=WAITING)[0].shown_by_register
    make_record(claim.person, claim.course)
    assert queries.claims(scope, states=WAITING)[0].shown_by_register


def test_claims_ask_one_question_however_many_there_are(db_session) -> None:
    school = make_organisation()
    for number in (1, 29):
        for _ in range(number):
            make_claim(None, None, school)
        with counted_queries() as asked:
            queries.claims(of_authority(school.authority_id), states=WAITING)
        assert len(asked) == 1


def test_records_of_person_show_everything_latest_first(db_session) -> None:
    membership = make_membership(make_organisation(name="Hill School"))
    person, course = membership.person, make_course(name="WRAP")
    make_record(person, course, completed_on=date(2024, 5, 1), source=RecordSource.E_LEARNING)
    make_record(person, course, organisation_id=membership.organisation_id, state=RecordState.VOIDED)
    make_claim(person, course, membership.organisation, completed_on=date(2025, 5, 1))
    make_record()
    rows = queries.records_of_person(person.id)
    assert [(row.completed_on.year, row.state, row.source) for row in rows] == [
        (2026, RecordState.VOIDED, RecordSource.SESSION),
        (2025, RecordState.UNVERIFIED, RecordSource.CLAIM),
        (2024, RecordState.ACCEPTED, RecordSource.E_LEARNING),
    ]
    assert (rows[0].organisation_name, rows[0].decision_reason) == ("Hill School", "A slip of the finger")
    assert rows[2].organisation_name is None


def test_get_record_is_for_the_persons_authority(db_session) -> None:
    record = make_record()
    assert queries.get_record(record.id, of_authority(record.person.authority_id)) is record
    assert queries.get_record(record.id, of_authority(make_authority().id)) is None
    assert queries.get_record(0, of_authority(record.person.authority_id)) is None


def test_person_within_is_of_the_staff_on_the_day_or_kept_by_the_authority(db_session) -> None:
    membership = make_membership(started_on=date(2026, 3, 1), ended_on=date(2026, 4, 1))
    person, own = membership.person, of_organisation(membership.organisation_id)
    assert queries.person_within(person.id, own, date(2026, 3, 31)) is person
    assert queries.person_within(person.id, own, date(2026, 4, 1)) is None
    assert (
        queries.person_within(person.id, of_organisation(make_organisation().id), date(2026, 3, 31)) is None
    )
    assert queries.person_within(person.id, of_authority(person.authority_id), date(2026, 4, 1)) is person
    assert queries.person_within(person.id, of_authority(make_authority().id), date(2026, 3, 31)) is None
    assert queries.person_within(person.id, Scope(), date(2026, 3, 31)) is None
