"""What the spans should be, worked out from the evidence for any number of organisations in one statement.

The service stores what these statements yield; nothing else computes coverage. They need PostgreSQL 15 or
newer (range_agg, multiranges).
"""

# The SQL is put together from this room's own parts; what people send goes in as parameters.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range

from wrap_portal.extensions import db


@dataclass(frozen=True)
class SpanDifference:
    """A span that is stored but should not be (`stored`), or should be but is not.

    `membership_id` is None for a span of the organisation itself.
    """

    stored: bool
    organisation_id: int
    membership_id: int | None
    requirement_id: int
    during: Range[date]
    by_claim: bool


def valid_until_sql(completed_on: str, months: str, basis: str) -> str:
    """Return the SQL of `rules.valid_until`; a test holds the two together.

    Arguments: SQL expressions. Adding months clamps to the month's end in PostgreSQL as in the rule.
    """
    rolling = f"({completed_on} + make_interval(months => {months}))::date"
    year_end = f"make_date(extract(year FROM {rolling})::int, 8, 31)"
    year_end_before = f"make_date(extract(year FROM {rolling})::int - 1, 8, 31)"
    return (
        f"CASE WHEN {basis} = 'rolling' THEN {rolling}"
        f" WHEN {year_end} BETWEEN {completed_on} AND {rolling} THEN {year_end}"
        f" WHEN {year_end} > {rolling} AND {year_end_before} >= {completed_on} THEN {year_end_before}"
        f" ELSE {rolling} END"
    )


def _validity_sql(completed_on: str) -> str:
    """The days on which training is in date for the requirement of a row of `scope`, as a daterange."""
    return f"daterange({completed_on}, {valid_until_sql(completed_on, 'scope.months', 'scope.basis')}, '[]')"


# Which requirements stand for which organisations, and for how long. An authority's own requirement takes the
# place of the default with its code; what does not count or has not opened has no spans (domain.md 2.2).
_SCOPE = """
scope AS MATERIALIZED (
    SELECT o.id AS organisation_id, r.id AS requirement_id, r.measure, r.months, r.basis, r.roles,
           r.threshold_percent, daterange(o.opened_on, o.closed_on) AS open_during
    FROM organisations o
    JOIN requirements r ON o.sector = ANY (r.sectors)
        AND (r.categories IS NULL OR o.category = ANY (r.categories))
        AND (r.authority_id = o.authority_id OR r.authority_id IS NULL AND NOT EXISTS (
            SELECT FROM requirements own WHERE own.authority_id = o.authority_id AND own.code = r.code))
    WHERE o.id = ANY (:organisation_ids) AND o.counts AND o.status <> 'proposed_to_open'
)"""

# Training follows the person, coverage the membership: a record counts in each organisation for the days of
# the person's membership there (domain.md 2.5). Claims count apart, as what they add to accepted records.
_WANTED_MEMBERS = f"""
member_evidence AS (
    SELECT scope.requirement_id, scope.organisation_id, m.id AS membership_id,
           t.state = 'unverified' AS by_claim,
           {_validity_sql("t.completed_on")} * m.during * scope.open_during AS during
    FROM scope
    JOIN memberships m ON m.organisation_id = scope.organisation_id
        AND (scope.roles IS NULL OR m.role = ANY (scope.roles))
    JOIN training_records t ON t.person_id = m.person_id AND t.state IN ('accepted', 'unverified')
    JOIN requirement_courses c ON c.requirement_id = scope.requirement_id AND c.course_id = t.course_id
), member_unions AS (
    SELECT requirement_id, organisation_id, membership_id,
           coalesce(range_agg(during) FILTER (WHERE NOT by_claim), datemultirange()) AS accepted,
           range_agg(during) FILTER (WHERE by_claim) AS claimed
    FROM member_evidence GROUP BY requirement_id, organisation_id, membership_id
), wanted_members AS MATERIALIZED (
    SELECT organisation_id, membership_id, requirement_id, unnest(accepted) AS during, false AS by_claim
    FROM member_unions
    UNION ALL
    SELECT organisation_id, membership_id, requirement_id, unnest(claimed - accepted), true
    FROM member_unions
)"""

# SHARE is a sweep over the days on which anything changes: people coming and going, coming into date and
# running out, headcounts declared. Between two such days the counts stand still. A person counts once,
# whatever roles they hold. A declared headcount stands from its day on for the members (domain.md 2.3).
_SHARE_STEPS = """
share_people AS (
    SELECT scope.requirement_id, scope.organisation_id, m.person_id,
           unnest(range_agg(m.during)) AS during
    FROM scope
    JOIN memberships m ON m.organisation_id = scope.organisation_id
        AND (scope.roles IS NULL OR m.role = ANY (scope.roles))
    WHERE scope.measure = 'share'
    GROUP BY scope.requirement_id, scope.organisation_id, m.person_id
), share_unions AS (
    SELECT w.requirement_id, w.organisation_id, m.person_id,
           coalesce(range_agg(w.during) FILTER (WHERE NOT w.by_claim), datemultirange()) AS accepted,
           range_agg(w.during) FILTER (WHERE w.by_claim) AS claimed
    FROM scope
    JOIN wanted_members w USING (requirement_id, organisation_id)
    JOIN memberships m ON m.id = w.membership_id
    WHERE scope.measure = 'share'
    GROUP BY w.requirement_id, w.organisation_id, m.person_id
), share_events AS (
    SELECT requirement_id, organisation_id, lower(during) AS day,
           0 AS accepted, 0 AS claimed, 1 AS members, 0 AS headcount, 0 AS declared
    FROM share_people
    UNION ALL
    SELECT requirement_id, organisation_id, upper(during), 0, 0, -1, 0, 0
    FROM share_people WHERE NOT upper_inf(during)
    UNION ALL
    SELECT requirement_id, organisation_id, unnest(ARRAY[lower(during), upper(during)]),
           unnest(ARRAY[1, -1]), unnest(ARRAY[1, -1]), 0, 0, 0
    FROM share_unions CROSS JOIN unnest(accepted) AS during
    UNION ALL
    SELECT requirement_id, organisation_id, unnest(ARRAY[lower(during), upper(during)]),
           0, unnest(ARRAY[1, -1]), 0, 0, 0
    FROM share_unions CROSS JOIN unnest(claimed - accepted) AS during
    UNION ALL
    SELECT scope.requirement_id, scope.organisation_id, d.declared_on, 0, 0, 0,
           d.headcount - coalesce(lag(d.headcount) OVER earlier, 0), 1
    FROM scope JOIN declared_headcounts d ON d.organisation_id = scope.organisation_id
    WHERE scope.measure = 'share'
    WINDOW earlier AS (PARTITION BY scope.requirement_id, scope.organisation_id ORDER BY d.declared_on)
), share_days AS (
    SELECT requirement_id, organisation_id, day,
           sum(accepted)::int AS accepted, sum(claimed)::int AS claimed, sum(members)::int AS members,
           sum(headcount)::int AS headcount, sum(declared)::int AS declared
    FROM share_events GROUP BY requirement_id, organisation_id, day
), share_steps AS (
    SELECT requirement_id, organisation_id, daterange(day, lead(day) OVER days) AS during,
           sum(accepted) OVER days AS accepted, sum(claimed) OVER days AS claimed,
           CASE WHEN sum(declared) OVER days > 0 THEN sum(headcount) OVER days
                ELSE sum(members) OVER days END AS required
    FROM share_days
    WINDOW days AS (PARTITION BY requirement_id, organisation_id ORDER BY day)
)"""

_WANTED_COVERAGE = f"""
coverage_evidence AS (
    SELECT scope.requirement_id, scope.organisation_id, w.by_claim, w.during
    FROM scope JOIN wanted_members w USING (requirement_id, organisation_id)
    WHERE scope.measure IN ('lead', 'any')
    UNION ALL
    SELECT scope.requirement_id, scope.organisation_id, false,
           {_validity_sql("h.held_on")} * scope.open_during
    FROM scope
    JOIN headcount_returns h ON h.organisation_id = scope.organisation_id AND h.voided_at IS NULL
    JOIN requirement_courses c ON c.requirement_id = scope.requirement_id AND c.course_id = h.course_id
    WHERE scope.measure = 'any'
    UNION ALL
    SELECT scope.requirement_id, scope.organisation_id,
           s.accepted * 100 < scope.threshold_percent * s.required, s.during * scope.open_during
    FROM scope JOIN share_steps s USING (requirement_id, organisation_id)
    WHERE s.required > 0 AND s.claimed * 100 >= scope.threshold_percent * s.required
), coverage_unions AS (
    SELECT requirement_id, organisation_id,
           coalesce(range_agg(during) FILTER (WHERE NOT by_claim), datemultirange()) AS accepted,
           range_agg(during) FILTER (WHERE by_claim) AS claimed
    FROM coverage_evidence GROUP BY requirement_id, organisation_id
), wanted_coverage AS MATERIALIZED (
    SELECT organisation_id, requirement_id, unnest(accepted) AS during, false AS by_claim
    FROM coverage_unions
    UNION ALL
    SELECT organisation_id, requirement_id, unnest(claimed - accepted), true FROM coverage_unions
)"""

# Stored and wanted, compared both ways: a refresh writes what differs, a check reports it.
COMPARISON = f"""
WITH {_SCOPE}, {_WANTED_MEMBERS}, {_SHARE_STEPS}, {_WANTED_COVERAGE}, stored_members AS MATERIALIZED (
    SELECT organisation_id, membership_id, requirement_id, during, by_claim
    FROM member_spans WHERE organisation_id = ANY (:organisation_ids)
), stored_coverage AS MATERIALIZED (
    SELECT organisation_id, requirement_id, during, by_claim
    FROM coverage_spans WHERE organisation_id = ANY (:organisation_ids)
), surplus_members AS (
    SELECT * FROM stored_members EXCEPT SELECT * FROM wanted_members
), missing_members AS (
    SELECT * FROM wanted_members EXCEPT SELECT * FROM stored_members
), surplus_coverage AS (
    SELECT * FROM stored_coverage EXCEPT SELECT * FROM wanted_coverage
), missing_coverage AS (
    SELECT * FROM wanted_coverage EXCEPT SELECT * FROM stored_coverage
)"""

_DIFFERENCES = text(f"""
{COMPARISON}
SELECT true AS stored, organisation_id, membership_id, requirement_id, during, by_claim FROM surplus_members
UNION ALL
SELECT false, organisation_id, membership_id, requirement_id, during, by_claim FROM missing_members
UNION ALL
SELECT true, organisation_id, NULL, requirement_id, during, by_claim FROM surplus_coverage
UNION ALL
SELECT false, organisation_id, NULL, requirement_id, during, by_claim FROM missing_coverage
ORDER BY organisation_id, requirement_id, membership_id NULLS FIRST, during, by_claim
""")


def span_differences(organisation_ids: Sequence[int]) -> list[SpanDifference]:
    """Return how the stored spans of organisations differ from what their evidence says, both ways.

    One statement sees one state of the database: work going on elsewhere is no difference.
    """
    rows = db.session.execute(_DIFFERENCES, {"organisation_ids": list(organisation_ids)})
    return [SpanDifference(*row) for row in rows]


def organisations_with_spans_or_evidence() -> list[int]:
    """Return the ids of all organisations that have spans, or could have some, in order."""
    return list(
        db.session.scalars(
            text("""
            SELECT organisation_id FROM memberships
            UNION SELECT organisation_id FROM headcount_returns
            UNION SELECT organisation_id FROM member_spans
            UNION SELECT organisation_id FROM coverage_spans
            ORDER BY 1
            """)
        )
    )
