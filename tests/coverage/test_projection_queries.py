"""The SQL and the rules say the same."""

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from wrap_portal.coverage import rules
from wrap_portal.coverage.models import ValidityBasis
from wrap_portal.coverage.projection_queries import valid_until_sql
from wrap_portal.extensions import db

LAST_DAYS = text(f"""
    SELECT {valid_until_sql("completed_on", "months", "basis")}
    FROM unnest(CAST(:days AS date[]), CAST(:months AS int[]), CAST(:bases AS text[]))
        WITH ORDINALITY AS asked(completed_on, months, basis, place) ORDER BY place
""")  # noqa: S608
ASKED = st.tuples(
    # Ends of months and of academic years more often than chance would have them.
    st.dates(date(2000, 1, 1), date(2080, 12, 31))
    | st.sampled_from([date(2024, 2, 29), date(2023, 2, 28), date(2025, 1, 31), date(2025, 8, 31)])
    | st.builds(lambda year: date(year, 8, 31), st.integers(2000, 2080)),
    st.integers(1, 120),
    st.sampled_from(ValidityBasis),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ASKED, min_size=1, max_size=200))
def test_the_database_reckons_months_as_the_rule_does(
    db_session: Any, asked: list[tuple[date, int, ValidityBasis]]
) -> None:
    completed, months, bases = zip(*asked, strict=True)
    values = {"days": list(completed), "months": list(months), "bases": [basis.value for basis in bases]}
    assert list(db.session.scalars(LAST_DAYS, values)) == [rules.valid_until(*each) for each in asked]
