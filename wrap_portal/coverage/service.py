"""Adding requirements, and keeping the spans true to the evidence."""

# The SQL is put together from this room's own parts; what people send goes in as parameters.
# ruff: noqa: S608

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice

from sqlalchemy import select, text

from wrap_portal.audit.service import record_event
from wrap_portal.courses.models import Course
from wrap_portal.courses.queries import courses
from wrap_portal.courses.rules import code_of
from wrap_portal.coverage import rules
from wrap_portal.coverage.models import Measure, Requirement, StaleSubject, ValidityBasis
from wrap_portal.coverage.projection_queries import (
    COMPARISON,
    SpanDifference,
    organisations_with_spans_or_evidence,
    span_differences,
)
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Sector
from wrap_portal.people.models import MemberRole

register_refusals(
    {"uq_requirements_authority_id_code": ("A requirement of this name was added a moment ago.", "name")}
)

# Advisory locks are pairs of numbers. The first says which kind; any others in the portal must use other
# ones.
SPANS_LOCK = 0x57524150
PERSON_LOCK = SPANS_LOCK + 1
ORGANISATION_LOCK = SPANS_LOCK + 2

# A change that touches more than this locks all spans rather than each of theirs: PostgreSQL's table of locks
# is shared by everyone and holds some 6,400 by default.
MOST_SINGLE_LOCKS = 100

# How many organisations one statement works out: enough to plan well, few enough to stay in memory.
ORGANISATIONS_A_STATEMENT = 500

_CLAIM_STALE = text("""
    WITH claimed AS (
        SELECT transaction_id, subject, subject_id FROM stale_evidence FOR UPDATE SKIP LOCKED
    )
    DELETE FROM stale_evidence s USING claimed c
    WHERE s.transaction_id = c.transaction_id AND s.subject = c.subject AND s.subject_id = c.subject_id
    RETURNING s.subject, s.subject_id
""")

# The deletions name the organisations again, so that they are found by index however many spans there are.
_STORE = text(f"""
{COMPARISON}, deleted_members AS (
    DELETE FROM member_spans s USING surplus_members d
    WHERE s.organisation_id = ANY (:organisation_ids)
        AND s.membership_id = d.membership_id AND s.requirement_id = d.requirement_id
        AND s.organisation_id = d.organisation_id AND s.during = d.during AND s.by_claim = d.by_claim
), deleted_coverage AS (
    DELETE FROM coverage_spans s USING surplus_coverage d
    WHERE s.organisation_id = ANY (:organisation_ids)
        AND s.organisation_id = d.organisation_id AND s.requirement_id = d.requirement_id
        AND s.during = d.during AND s.by_claim = d.by_claim
), inserted_members AS (
    INSERT INTO member_spans (organisation_id, membership_id, requirement_id, during, by_claim)
    SELECT * FROM missing_members
)
INSERT INTO coverage_spans (organisation_id, requirement_id, during, by_claim)
SELECT * FROM missing_coverage
""")


def add_requirement(
    *,
    authority_id: int,
    name: str,
    measure: Measure,
    months: int,
    sectors: Collection[Sector],
    course_ids: Collection[int],
    target_percent: Decimal,
    source: str,
    basis: ValidityBasis = ValidityBasis.ROLLING,
    categories: Collection[str] = (),
    roles: Collection[MemberRole] = (),
    threshold_percent: Decimal | None = None,
    near_percent: Decimal | None = None,
    code: str | None = None,
    user_id: int | None = None,
) -> Requirement:
    """Add a requirement of an authority's own (domain.md 1, 3).

    Arguments: `months`, how long the training is in date; `categories` and `roles`, empty for all of them;
    `threshold_percent`, under SHARE, of people; `near_percent`, from which the figure is called near its
    target, ten points below it where left out; `code`, that of a default requirement to stand in its place in
    this authority, made from the name where left out; `source`, where the requirement is written.
    Raises DomainError, with the field, for whatever does not make a requirement.
    """
    name, source = " ".join(name.split()), source.strip()
    problem = rules.requirement_problem(
        name=name,
        source=source,
        measure=measure,
        months=months,
        sectors=sectors,
        roles=roles,
        target_percent=target_percent,
        threshold_percent=threshold_percent,
    )
    if problem is not None:
        raise DomainError(problem.sentence, field=problem.field)
    requirement = Requirement(
        authority_id=authority_id,
        code=_code(authority_id, code, name),
        name=name,
        measure=measure,
        basis=basis,
        months=months,
        target_percent=target_percent,
        near_percent=max(Decimal(0), target_percent - rules.NEAR_POINTS)
        if near_percent is None
        else near_percent,
        threshold_percent=threshold_percent if measure is Measure.SHARE else None,
        sectors=[sector.value for sector in Sector if sector in sectors],
        categories=sorted(categories) or None,
        roles=[role.value for role in MemberRole if role in roles] or None,
        source=source,
        courses=_courses(authority_id, course_ids),
    )
    db.session.add(requirement)
    db.session.flush()
    record_event(
        action="add_requirement",
        subject_type="requirement",
        subject_id=requirement.id,
        actor_id=user_id,
        authority_id=authority_id,
        details={"code": requirement.code},
    )
    return requirement


def _code(authority_id: int, wanted: str | None, name: str) -> str:
    known = db.session.scalars(
        select(Requirement).where(
            Requirement.authority_id.is_(None) | (Requirement.authority_id == authority_id)
        )
    ).all()
    own = {each.code for each in known if each.authority_id is not None}
    if any(each.name.casefold() == name.casefold() and each.code != wanted for each in known):
        raise DomainError("There is a requirement of this name already.", field="name")
    if wanted is None:
        return code_of(name, {each.code for each in known})
    if wanted in own:
        raise DomainError("You have a requirement in place of this one already.", field="code")
    if all(each.code != wanted for each in known):
        raise DomainError("Select one of the default requirements.", field="code")
    return wanted


def _courses(authority_id: int, course_ids: Collection[int]) -> list[Course]:
    if not course_ids:
        raise DomainError("Select at least one course that is accepted.", field="course_ids")
    found = [course for course in courses(authority_id) if course.id in set(course_ids)]
    if len(found) < len(set(course_ids)):
        raise DomainError("Select courses of your own authority that are still given.", field="course_ids")
    return found


def refresh_stale() -> None:
    """Bring the spans up to date with everything that this transaction has changed, just before it commits.

    Must run at READ COMMITTED, the database's default: each statement after the locks has to see what others
    have committed meanwhile.

    Two transactions may change evidence about one organisation that neither sees of the other: a person joins
    in the one and is trained in the other. So each locks the people and the organisations that it changed
    until it has committed, and whoever comes second looks again with both in sight. A change of the rules, or
    a large one, locks all spans. Locks are taken in one order everywhere (all spans, people, organisations,
    each by number) and nothing else is waited for after the first of them, so that no two transactions wait
    for each other.
    """
    stale: dict[str, set[int]] = {subject: set() for subject in StaleSubject}
    for subject, subject_id in db.session.execute(_CLAIM_STALE):
        stale[subject].add(subject_id)
    if not any(stale.values()):
        return
    people, rules = stale[StaleSubject.PERSON], stale[StaleSubject.RULES]
    organisations = stale[StaleSubject.ORGANISATION]
    expected = len(people) + len(organisations | _organisations_of_people(people))
    alone = bool(rules) or expected > MOST_SINGLE_LOCKS
    _lock_spans(alone=alone)
    if not alone:
        _lock_each(PERSON_LOCK, people)
    organisations |= _organisations_of_people(people) | _organisations_under_rules(rules)
    if not alone:
        _lock_each(ORGANISATION_LOCK, organisations)
    for some in _portions(sorted(organisations)):
        _store(some)


def rebuild() -> int:
    """Work out the spans of every organisation from its evidence and store what differs.

    Returns the number of organisations looked at. Other changes of evidence wait until it is committed.
    """
    _lock_spans(alone=True)
    organisations = organisations_with_spans_or_evidence()
    for some in _portions(organisations):
        _store(some)
    return len(organisations)


def rebuild_differences() -> list[SpanDifference]:
    """Return how the stored spans differ from what the evidence says; nothing, unless something went past
    `refresh_stale`. Changes nothing and holds nobody up."""
    organisations = organisations_with_spans_or_evidence()
    return [difference for some in _portions(organisations) for difference in span_differences(some)]


def _organisations_of_people(people: Iterable[int]) -> set[int]:
    return set(
        db.session.scalars(
            text("SELECT DISTINCT organisation_id FROM memberships WHERE person_id = ANY (:people)"),
            {"people": list(people)},
        )
    )


def _organisations_under_rules(authorities: set[int]) -> set[int]:
    """The organisations of these authorities; of all where 0 stands among them."""
    if not authorities:
        return set()
    everywhere = organisations_with_spans_or_evidence()
    if 0 in authorities:
        return set(everywhere)
    return set(
        db.session.scalars(
            text("SELECT id FROM organisations WHERE authority_id = ANY (:authorities) AND id = ANY (:ids)"),
            {"authorities": sorted(authorities), "ids": everywhere},
        )
    )


def _lock_spans(*, alone: bool) -> None:
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    db.session.execute(text(f"SELECT {lock}(:kind, 0)"), {"kind": SPANS_LOCK})


def _lock_each(kind: int, numbers: Iterable[int]) -> None:
    # unnest keeps the order of its array, and the locks are taken row by row.
    db.session.execute(
        text("SELECT pg_advisory_xact_lock(:kind, number) FROM unnest(CAST(:numbers AS int[])) AS number"),
        {"kind": kind, "numbers": sorted(numbers)},
    )


def _store(organisation_ids: Sequence[int]) -> None:
    db.session.execute(_STORE, {"organisation_ids": list(organisation_ids)})


def _portions(organisation_ids: Sequence[int]) -> Iterator[list[int]]:
    numbers = iter(organisation_ids)
    while portion := list(islice(numbers, ORGANISATIONS_A_STATEMENT)):
        yield portion
