"""How organisations stand to requirements on a day, as SQL: the one place that says who counts, who is
covered and why one is not. `queries` asks it for figures, lists and single organisations.
"""

# The SQL is put together from this room's own parts; what people send goes in as parameters.
# ruff: noqa: S608

from wrap_portal.coverage.projection_queries import valid_until_sql


def is_member_sql(day: str) -> str:
    """Return the condition that the membership `m` holds on a day, an SQL expression.

    Not `m.during @> day`: the planner takes most memberships for ended, and would read every current one, in
    the index that keeps roles from overlapping, to find the fifty of one organisation.
    """
    return f"lower(m.during) <= {day} AND (upper_inf(m.during) OR upper(m.during) > {day})"


# Who counts on a day: the denominator (domain.md 2.2). Parameters: `requirement_ids`, `authority_id`.
OPEN_ORGANISATIONS = """
open_organisations AS (
    SELECT r.id AS requirement_id, days.day, o.id AS organisation_id, r.measure, r.months, r.basis, r.roles
    FROM requirements r
    JOIN organisations o ON o.authority_id = :authority_id AND o.sector = ANY (r.sectors)
        AND (r.categories IS NULL OR o.category = ANY (r.categories))
    CROSS JOIN unnest(CAST(:days AS date[])) AS days(day)
    WHERE r.id = ANY (:requirement_ids) AND o.counts AND o.status <> 'proposed_to_open'
        AND daterange(o.opened_on, o.closed_on) @> days.day
        AND o.id = coalesce(CAST(:organisation_id AS int), o.id)
)"""

# One row an organisation, requirement and day. The spans of one organisation and requirement never overlap,
# so that at most one holds the day.
STANDING = f"""
{OPEN_ORGANISATIONS}, standing AS (
    SELECT s.*, span.during, coalesce(NOT span.by_claim, false) AS covered,
           coalesce(span.by_claim, false) AS by_claim
    FROM open_organisations s
    LEFT JOIN coverage_spans span ON span.requirement_id = s.requirement_id
        AND span.organisation_id = s.organisation_id AND span.during @> s.day
)"""

# Who must be trained in each organisation, and who is in date: each person once, whatever their roles. A
# declared headcount in force stands for the members (domain.md 2.3).
PEOPLE = f"""
LATERAL (
    SELECT count(DISTINCT m.person_id) AS members,
           count(DISTINCT m.person_id) FILTER (WHERE span.membership_id IS NOT NULL) AS in_date
    FROM memberships m
    LEFT JOIN member_spans span ON span.membership_id = m.id
        AND span.requirement_id = standing.requirement_id AND span.during @> standing.day
        AND NOT span.by_claim
    WHERE m.organisation_id = standing.organisation_id AND {is_member_sql("standing.day")}
        AND (standing.roles IS NULL OR m.role = ANY (standing.roles))
) people
CROSS JOIN LATERAL (
    SELECT coalesce(max(newest.headcount), people.members) AS required FROM (
        SELECT headcount FROM declared_headcounts d
        WHERE d.organisation_id = standing.organisation_id AND d.declared_on <= standing.day
        ORDER BY d.declared_on DESC LIMIT 1
    ) newest
) needed
"""

_TRAINED_UNTIL = valid_until_sql("t.completed_on", "standing.months", "standing.basis")
_HELD_UNTIL = valid_until_sql("h.held_on", "standing.months", "standing.basis")

# The latest training of those who are in the required roles on the day, and of unnamed people under ANY; when
# the organisation was last covered; whether anybody was ever on its staff list.
_PAST = f"""
LATERAL (
    SELECT max(t.completed_on) AS completed_on, max({_TRAINED_UNTIL}) AS valid_until
    FROM memberships m
    JOIN training_records t ON t.person_id = m.person_id AND t.state = 'accepted'
        AND t.completed_on <= standing.day
    JOIN requirement_courses c ON c.requirement_id = standing.requirement_id AND c.course_id = t.course_id
    WHERE m.organisation_id = standing.organisation_id AND {is_member_sql("standing.day")}
        AND (standing.roles IS NULL OR m.role = ANY (standing.roles))
) trained
CROSS JOIN LATERAL (
    SELECT max(h.held_on) AS held_on, max({_HELD_UNTIL}) AS valid_until
    FROM headcount_returns h
    JOIN requirement_courses c ON c.requirement_id = standing.requirement_id AND c.course_id = h.course_id
    WHERE standing.measure = 'any' AND h.organisation_id = standing.organisation_id
        AND h.voided_at IS NULL AND h.held_on <= standing.day
) returned
CROSS JOIN LATERAL (
    SELECT max(upper(span.during)) - 1 AS covered_until FROM coverage_spans span
    WHERE span.requirement_id = standing.requirement_id AND span.organisation_id = standing.organisation_id
        AND NOT span.by_claim AND upper(span.during) <= standing.day
) earlier
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM memberships m
        WHERE m.organisation_id = standing.organisation_id AND lower(m.during) <= standing.day
    ) AS ever
) listed
"""

# The most telling reason first (domain.md 2.9). Under LEAD the question is about whoever leads today, under
# ANY about the organisation: there it is told when all trained people have left.
_REASON = """
CASE WHEN standing.covered THEN NULL
     WHEN standing.by_claim THEN 'only_claim'
     WHEN NOT listed.ever AND last.valid_until IS NULL THEN 'no_staff_list'
     WHEN standing.measure = 'lead' AND people.members = 0 THEN 'lead_vacant'
     WHEN standing.measure = 'share' AND needed.required = 0 THEN 'no_staff_list'
     WHEN standing.measure = 'share' AND people.in_date > 0 THEN 'too_few'
     WHEN last.valid_until IS NOT NULL THEN 'expired'
     WHEN standing.measure <> 'lead' AND earlier.covered_until IS NOT NULL THEN 'trained_left'
     WHEN people.members = 0 THEN 'no_staff_list'
     ELSE 'never_trained' END
"""

# Everything about each organisation but its bookings.
STATUS = f"""
WITH {STANDING}, status AS (
    SELECT standing.requirement_id, standing.organisation_id, standing.roles, standing.day,
           standing.covered, standing.by_claim, upper(standing.during) - 1 AS covered_until,
           people.in_date, needed.required,
           greatest(trained.completed_on, returned.held_on) AS last_training_on,
           {_REASON} AS reason, last.valid_until, earlier.covered_until AS covered_before
    FROM standing
    CROSS JOIN {PEOPLE}
    CROSS JOIN {_PAST}
    CROSS JOIN LATERAL (SELECT greatest(trained.valid_until, returned.valid_until) AS valid_until) last
)"""

# The next published session of an accepted course on which somebody in a required role holds a place: found
# once for the page, because there are fewer places ahead than there were ever bookings.
COMING = f"""
coming AS MATERIALIZED (
    SELECT ts.id, ts.course_id, lower(d.during) AS starts_at, b.organisation_id, b.person_id
    FROM session_dates d
    JOIN training_sessions ts ON ts.id = d.training_session_id AND ts.state = 'published'
    JOIN bookings b ON b.training_session_id = ts.id AND b.state = 'confirmed'
    WHERE lower(d.during) >= (SELECT min(day) FROM page)::timestamp AT TIME ZONE 'Europe/London'
        AND b.organisation_id IN (SELECT organisation_id FROM page)
), next_session AS (
    SELECT DISTINCT ON (page.requirement_id, page.organisation_id)
           page.requirement_id, page.organisation_id, coming.id, coming.starts_at
    FROM page
    JOIN coming ON coming.organisation_id = page.organisation_id
        AND coming.starts_at >= page.day::timestamp AT TIME ZONE 'Europe/London'
    JOIN requirement_courses c ON c.requirement_id = page.requirement_id AND c.course_id = coming.course_id
    WHERE page.roles IS NULL OR EXISTS (
        SELECT FROM memberships m
        WHERE m.person_id = coming.person_id AND m.organisation_id = coming.organisation_id
            AND {is_member_sql("page.day")} AND m.role = ANY (page.roles))
    ORDER BY page.requirement_id, page.organisation_id, coming.starts_at, coming.id
)"""
