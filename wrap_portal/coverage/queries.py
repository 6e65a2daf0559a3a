"""The figures, and the rows behind them: as at any date, past or future, from the stored spans."""

# The SQL is put together from this room's own parts; what people send goes in as parameters.
# ruff: noqa: S608

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import aliased, selectinload

from wrap_portal.coverage.figures_rules import (
    CoverageFigure,
    CoverageRow,
    CoverageSlice,
    PeopleCount,
    TrendPoint,
)
from wrap_portal.coverage.models import Measure, Requirement
from wrap_portal.coverage.rules import GapReason, SliceBy, month_ends
from wrap_portal.coverage.status_queries import COMING, PEOPLE, STANDING, STATUS, is_member_sql
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import MemberRole


@dataclass(frozen=True)
class RowFilter:
    """Which rows of a requirement are asked for; None asks for all.

    `covered` True or False; `by` and `key` as a slice gives them.
    """

    covered: bool | None = None
    reason: GapReason | None = None
    by: SliceBy | None = None
    key: str | None = None


ALL_ROWS = RowFilter()


@dataclass(frozen=True)
class RequirementStanding:
    """A requirement, and how one organisation stands to it."""

    requirement: Requirement
    row: CoverageRow


@dataclass(frozen=True)
class DueMember:
    """A member whose training runs out or has run out, or who never had any (`valid_until` None)."""

    requirement_id: int
    requirement_code: str
    requirement_name: str
    measure: Measure
    membership_id: int
    person_id: int
    person_name: str
    email: str | None
    role: MemberRole
    started_on: date
    organisation_id: int
    organisation_name: str
    valid_until: date | None


def requirements(authority_id: int | None) -> list[Requirement]:
    """Return the requirements that stand in an authority, in the order of the catalogue, own ones last.

    An authority's own requirement takes the place of the default with its code. None asks for the defaults.
    """
    return list(db.session.scalars(_requirements(authority_id)))


def requirement_by_code(code: str, authority_id: int) -> Requirement | None:
    """Return the requirement that stands in an authority under a code, or None."""
    return db.session.scalars(_requirements(authority_id).where(Requirement.code == code)).one_or_none()


def _requirements(authority_id: int | None) -> Any:
    own, default = aliased(Requirement), aliased(Requirement)
    replaced = exists().where(own.authority_id == authority_id, own.code == Requirement.code)
    place = (
        select(default.id)
        .where(default.authority_id.is_(None), default.code == Requirement.code)
        .scalar_subquery()
    )
    return (
        select(Requirement)
        .where(
            or_(
                Requirement.authority_id == authority_id,
                Requirement.authority_id.is_(None) & ~replaced,
            )
        )
        .options(selectinload(Requirement.courses))
        .order_by(place.nulls_last(), Requirement.id)
    )


def figure(
    requirement: Requirement, authority_id: int, as_at: date, by: SliceBy | None = None
) -> CoverageFigure:
    """Return the share of an authority's organisations that meet a requirement on a day.

    Arguments: `by`, to have the slices too; their counts add up to the whole.
    """
    return figures([requirement], authority_id, [as_at], by)[requirement.id, as_at]


_SLICE_KEYS = {
    SliceBy.PHASE: ("o.category", "o.category"),
    SliceBy.WARD: ("w.code", "w.name"),
    SliceBy.TYPE: ("t.name", "t.name"),
    SliceBy.TRUST: ("o.trust_name", "o.trust_name"),
}
_NOT_KNOWN = {
    SliceBy.PHASE: "Phase not known",
    SliceBy.WARD: "Ward not known",
    SliceBy.TYPE: "Type not known",
    SliceBy.TRUST: "No trust",
}
_ORGANISATION = """
    JOIN organisations o ON o.id = {rows}.organisation_id
    LEFT JOIN wards w ON w.code = o.ward_code
    LEFT JOIN establishment_types t ON t.code = o.establishment_type_code
"""


def figures(
    asked: Sequence[Requirement], authority_id: int, days: Sequence[date], by: SliceBy | None = None
) -> Mapping[tuple[int, date], CoverageFigure]:
    """Return the figures of requirements on some days, keyed by (requirement id, day), from one query."""
    key, label = _SLICE_KEYS[by] if by else ("NULL", "NULL")
    statement = text(f"""
        WITH {STANDING}
        SELECT standing.requirement_id, standing.day, {key} AS key, {label} AS label,
               count(*), count(*) FILTER (WHERE standing.covered),
               count(*) FILTER (WHERE standing.covered OR standing.by_claim),
               count(*) FILTER (WHERE EXISTS (
                   SELECT FROM coverage_spans past WHERE past.requirement_id = standing.requirement_id
                       AND past.organisation_id = standing.organisation_id
                       AND lower(past.during) <= standing.day AND NOT past.by_claim))
        FROM standing {_ORGANISATION.format(rows="standing")}
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4 NULLS LAST, 3
    """)
    found: dict[tuple[int, date], list[CoverageSlice]] = {}
    for row in db.session.execute(statement, _asked(asked, authority_id, days)):
        words = row.label if by is None or row.label is not None else _NOT_KNOWN[by]
        found.setdefault((row.requirement_id, row.day), []).append(
            CoverageSlice(row[4], row[5], row[6], row[7], row.key, words)
        )
    return {
        (requirement.id, day): _figure(requirement, day, found.get((requirement.id, day), []), bool(by))
        for requirement in asked
        for day in days
    }


def _figure(requirement: Requirement, day: date, slices: list[CoverageSlice], sliced: bool) -> CoverageFigure:
    return CoverageFigure(
        denominator=sum(part.denominator for part in slices),
        covered=sum(part.covered for part in slices),
        covered_with_claims=sum(part.covered_with_claims for part in slices),
        ever_covered=sum(part.ever_covered for part in slices),
        requirement_id=requirement.id,
        code=requirement.code,
        name=requirement.name,
        measure=requirement.measure,
        as_at=day,
        target=requirement.target_percent,
        near=requirement.near_percent,
        slices=tuple(slices) if sliced else (),
    )


def people_counts(asked: Sequence[Requirement], authority_id: int, as_at: date) -> Mapping[int, PeopleCount]:
    """Return, by requirement id, how many people are in date and required in all organisations together."""
    statement = text(f"""
        WITH {STANDING}
        SELECT standing.requirement_id, sum(people.in_date)::int, sum(needed.required)::int
        FROM standing CROSS JOIN {PEOPLE} GROUP BY standing.requirement_id
    """)
    rows = db.session.execute(statement, _asked(asked, authority_id, [as_at]))
    counts = {row[0]: PeopleCount(row[1], row[2]) for row in rows}
    return {requirement.id: counts.get(requirement.id, PeopleCount(0, 0)) for requirement in asked}


def _asked(
    asked: Sequence[Requirement], authority_id: int, days: Sequence[date], organisation_id: int | None = None
) -> dict[str, Any]:
    # One council's requirement has no spans in another's area: every figure would be a false 0%.
    foreign = [each.code for each in asked if each.authority_id not in (None, authority_id)]
    if foreign:
        raise ValueError(f"Requirements of another authority: {', '.join(foreign)}")
    return {
        "requirement_ids": [requirement.id for requirement in asked],
        "authority_id": authority_id,
        "days": list(days),
        "organisation_id": organisation_id,
    }


def gap_list(
    requirement: Requirement,
    authority_id: int,
    as_at: date,
    reason: GapReason | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[CoverageRow]:
    """Return the organisations that do not meet a requirement on a day, by name, each with the reason.

    The whole list has as many rows as the figure's gap. Arguments: `reason`, to see only those; a part of the
    list.
    """
    rows = RowFilter(covered=False, reason=reason)
    return coverage_rows(requirement, authority_id, as_at, rows, limit=limit, offset=offset)


def coverage_rows(
    requirement: Requirement,
    authority_id: int,
    as_at: date,
    rows: RowFilter = ALL_ROWS,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> list[CoverageRow]:
    """Return how each organisation that counts stands to a requirement on a day, by name."""
    parameters = _asked([requirement], authority_id, [as_at]) | _filtered(rows)
    return _rows(parameters | {"limit": limit, "offset": offset}, _FILTER[rows.by])


def count_rows(
    requirement: Requirement, authority_id: int, as_at: date, rows: RowFilter = ALL_ROWS
) -> Mapping[GapReason | None, int]:
    """Return how many rows there are by reason, those of covered organisations under None."""
    statement = text(f"""
        {STATUS} SELECT status.reason, count(*) FROM status {_ORGANISATION.format(rows="status")}
        WHERE {_FILTER[rows.by]} GROUP BY status.reason
    """)
    found = db.session.execute(statement, _asked([requirement], authority_id, [as_at]) | _filtered(rows))
    counts = {reason: count for reason, count in found}
    return {reason: counts[reason] for reason in (None, *GapReason) if reason in counts}


def organisation_coverage(organisation_id: int, as_at: date) -> list[RequirementStanding]:
    """Return how an organisation stands on a day to each requirement that asks something of it.

    Nothing is asked of one that is closed, not yet open or not counted.
    """
    authority_id = db.session.get_one(Organisation, organisation_id).authority_id
    asked = {requirement.id: requirement for requirement in requirements(authority_id)}
    parameters = _asked(list(asked.values()), authority_id, [as_at], organisation_id) | _filtered(ALL_ROWS)
    rows = {row.requirement_id: row for row in _rows(parameters | {"limit": None, "offset": 0}, "true")}
    return [RequirementStanding(asked[number], rows[number]) for number in asked if number in rows]


_ANY_ROW = (
    "status.covered = coalesce(:covered, status.covered)"
    " AND status.reason IS NOT DISTINCT FROM coalesce(:reason, status.reason)"
)
_FILTER: dict[SliceBy | None, str] = {None: _ANY_ROW} | {
    by: f"{_ANY_ROW} AND {key} IS NOT DISTINCT FROM :key" for by, (key, _) in _SLICE_KEYS.items()
}


def _filtered(rows: RowFilter) -> dict[str, Any]:
    chosen = {"covered": rows.covered, "reason": rows.reason}
    return chosen if rows.by is None else chosen | {"key": rows.key}


def _rows(parameters: Mapping[str, Any], condition: str) -> list[CoverageRow]:
    statement = text(f"""
        {STATUS}, page AS (
            SELECT status.*, o.urn, o.ods_code, o.local_code, o.name, o.category, w.name AS ward
            FROM status {_ORGANISATION.format(rows="status")}
            WHERE {condition}
            ORDER BY lower(o.name), o.id, status.requirement_id LIMIT :limit OFFSET :offset
        ), {COMING}
        SELECT page.requirement_id, page.organisation_id, page.urn, page.ods_code, page.local_code, page.name,
               page.category, page.ward, page.covered, page.by_claim, page.covered_until, page.in_date,
               page.required, page.last_training_on, page.reason, page.valid_until, page.covered_before,
               next_session.id, next_session.starts_at
        FROM page LEFT JOIN next_session USING (requirement_id, organisation_id)
        ORDER BY lower(page.name), page.organisation_id, page.requirement_id
    """)
    return [_row(values) for values in db.session.execute(statement, parameters)]


def _row(values: Sequence[Any]) -> CoverageRow:
    row = CoverageRow(*values)
    return replace(row, reason=GapReason(row.reason)) if row.reason else row


def trend(requirement: Requirement, authority_id: int, start: date, end: date) -> list[TrendPoint]:
    """Return the share at the end of each month from `start` to `end`, in one pass over starts and ends.

    Days to come are a forecast: what the share will be if nobody is trained any more.
    """
    return trend_on(requirement.id, authority_id, month_ends(start, end))


def trend_on(requirement_id: int, authority_id: int, days: Sequence[date]) -> list[TrendPoint]:
    """Return the share on each of these days, in order."""
    statement = text("""
        WITH counted AS (
            SELECT o.id, daterange(o.opened_on, o.closed_on) AS open_during
            FROM requirements r
            JOIN organisations o ON o.authority_id = :authority_id AND o.sector = ANY (r.sectors)
                AND (r.categories IS NULL OR o.category = ANY (r.categories))
            WHERE r.id = :requirement_id AND o.counts AND o.status <> 'proposed_to_open'
                AND NOT isempty(daterange(o.opened_on, o.closed_on))
        ), spans AS (
            SELECT s.organisation_id, s.during, s.by_claim
            FROM coverage_spans s JOIN counted ON counted.id = s.organisation_id
            WHERE s.requirement_id = :requirement_id
        ), periods AS (
            SELECT open_during AS during, 1 AS open, 0 AS covered, 0 AS claimed, 0 AS ever FROM counted
            UNION ALL
            SELECT during, 0, (NOT by_claim)::int, 1, 0 FROM spans
            UNION ALL
            SELECT daterange(min(lower(s.during)), min(upper(counted.open_during))), 0, 0, 0, 1
            FROM spans s JOIN counted ON counted.id = s.organisation_id
            WHERE NOT s.by_claim GROUP BY s.organisation_id
        ), events AS (
            SELECT coalesce(lower(during), '-infinity') AS day, open, covered, claimed, ever FROM periods
            UNION ALL
            SELECT upper(during), -open, -covered, -claimed, -ever FROM periods WHERE NOT upper_inf(during)
            UNION ALL
            SELECT day, 0, 0, 0, 0 FROM unnest(CAST(:days AS date[])) AS asked(day)
        ), sums AS (
            SELECT day, sum(sum(open)) OVER so_far AS open, sum(sum(covered)) OVER so_far AS covered,
                   sum(sum(claimed)) OVER so_far AS claimed, sum(sum(ever)) OVER so_far AS ever
            FROM events GROUP BY day WINDOW so_far AS (ORDER BY day)
        )
        SELECT open::int, covered::int, claimed::int, ever::int, day FROM sums
        WHERE day = ANY (:days) ORDER BY day
    """)
    rows = db.session.execute(
        statement,
        {"requirement_id": requirement_id, "authority_id": authority_id, "days": list(days)},
    )
    return [TrendPoint(*row) for row in rows]


def due_members(
    *,
    as_at: date,
    until: date,
    authority_id: int | None = None,
    organisation_id: int | None = None,
    since: date | None = None,
    include_never_trained: bool = False,
) -> list[DueMember]:
    """Return the current members whose training runs out from `since` (default: `as_at`) to `until`.

    Arguments: `as_at`, the day on which they must be members; whose, of an authority or of one organisation;
    `include_never_trained`, to have those too who must be trained (LEAD and SHARE) and have no accepted
    training. Those who leave, or whose organisation closes, by the day their training runs out are not due.
    Latest first to run out comes first, never trained last.
    """
    statement = text(f"""
        WITH asked AS (
            SELECT r.*, o.id AS organisation_id, o.name AS organisation_name, o.closed_on
            FROM organisations o
            JOIN requirements r ON o.sector = ANY (r.sectors)
                AND (r.categories IS NULL OR o.category = ANY (r.categories))
                AND (r.authority_id = o.authority_id OR r.authority_id IS NULL AND NOT EXISTS (
                    SELECT FROM requirements own
                    WHERE own.authority_id = o.authority_id AND own.code = r.code))
            WHERE o.authority_id = coalesce(CAST(:authority_id AS int), o.authority_id)
                AND o.id = coalesce(CAST(:organisation_id AS int), o.id)
                AND o.counts AND o.status <> 'proposed_to_open'
                AND daterange(o.opened_on, o.closed_on) @> CAST(:as_at AS date)
        )
        SELECT a.id, a.code, a.name, a.measure, m.id, p.id, p.name, p.email, m.role, lower(m.during),
               a.organisation_id, a.organisation_name, span.valid_until
        FROM asked a
        JOIN memberships m ON m.organisation_id = a.organisation_id
            AND {is_member_sql("CAST(:as_at AS date)")}
            AND (a.roles IS NULL OR m.role = ANY (a.roles))
        JOIN people p ON p.id = m.person_id
        CROSS JOIN LATERAL (
            SELECT max(upper(s.during)) - 1 AS valid_until FROM member_spans s
            WHERE s.membership_id = m.id AND s.requirement_id = a.id AND NOT s.by_claim
        ) span
        WHERE span.valid_until BETWEEN :since AND :until
                AND (upper_inf(m.during) OR span.valid_until + 1 < upper(m.during))
                AND (a.closed_on IS NULL OR span.valid_until + 1 < a.closed_on)
            OR span.valid_until IS NULL AND :include_never_trained AND a.measure <> 'any'
        ORDER BY span.valid_until NULLS LAST, a.organisation_name, p.name, m.id, a.id
    """)
    rows = db.session.execute(
        statement,
        {
            "as_at": as_at,
            "since": since or as_at,
            "until": until,
            "authority_id": authority_id,
            "organisation_id": organisation_id,
            "include_never_trained": include_never_trained,
        },
    )
    return [_due_member(row) for row in rows]


def _due_member(values: Sequence[Any]) -> DueMember:
    member = DueMember(*values)
    return replace(member, measure=Measure(member.measure), role=MemberRole(member.role))
