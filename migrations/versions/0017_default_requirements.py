"""Add the default requirements, which stand in every authority that has none of its own (domain.md 3)."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SCHOOL_LEADS = ["dsl", "deputy_dsl"]
KCSIE_TWO_YEARS = "Keeping children safe in education: DSL training at least every two years"
NHS = "NHS Prevent training and competencies framework: 85%, every three years"

# Codes never change: the command line, workbooks and other systems know a requirement by its code.
REQUIREMENTS: tuple[dict[str, Any], ...] = (
    {
        "code": "school_lead",
        "name": "Schools with a trained safeguarding lead",
        "measure": "lead",
        "months": 24,
        "sectors": ["school"],
        "roles": SCHOOL_LEADS,
        "courses": ("wrap", "wrap_refresher", "t3"),
        "source": KCSIE_TWO_YEARS,
    },
    {
        "code": "school_any",
        "name": "Schools with whole-school training",
        "measure": "any",
        "months": 24,
        "sectors": ["school"],
        "courses": ("wrap", "wrap_refresher", "awareness"),
        "source": "Local, after Buckinghamshire's report: 90% of schools received WRAP training",
    },
    {
        "code": "school_lead_annual",
        "name": "Schools whose safeguarding lead had the annual update",
        "measure": "lead",
        "months": 12,
        "sectors": ["school"],
        "roles": SCHOOL_LEADS,
        "courses": ("annual_update", "wrap", "wrap_refresher"),
        "source": "Keeping children safe in education: knowledge refreshed at least annually",
    },
    {
        "code": "school_lead_referrals",
        "name": "Schools whose safeguarding lead knows how to refer",
        "measure": "lead",
        "months": 24,
        "sectors": ["school"],
        "roles": SCHOOL_LEADS,
        "courses": ("referrals",),
        "source": "Local, after Barking and Dagenham's report: neither WRAP nor referrals implies the other",
    },
    {
        "code": "school_staff",
        "name": "Schools with 85% of their staff trained",
        "measure": "share",
        "months": 24,
        "sectors": ["school"],
        "roles": ["dsl", "deputy_dsl", "senior_leader", "teaching_staff", "support_staff", "staff"],
        "threshold": 85,
        "courses": ("awareness", "wrap", "wrap_refresher", "annual_update"),
        "source": "Local",
    },
    {
        "code": "early_years_lead",
        "name": "Early years settings with a trained safeguarding lead",
        "measure": "lead",
        "months": 24,
        "sectors": ["early_years"],
        "roles": [*SCHOOL_LEADS, "prevent_lead"],
        "courses": ("wrap", "awareness"),
        "source": "Early years foundation stage framework, Annex C, from September 2025",
    },
    {
        "code": "elected_members",
        "name": "Elected members trained",
        "measure": "share",
        "months": 36,
        "sectors": ["elected_members"],
        "roles": ["elected_member"],
        "threshold": 85,
        "courses": ("members_briefing", "wrap"),
        "source": "Three Rivers: every three years (Bradford: annually)",
    },
    {
        "code": "health_basic",
        "name": "GP practices and trusts with 85% of their staff trained",
        "measure": "share",
        "months": 36,
        "sectors": ["health"],
        "threshold": 85,
        "target": 85,
        "courses": ("awareness", "staff_briefing"),
        "source": NHS,
    },
    {
        "code": "health_clinical",
        "name": "Trusts with 85% of their clinical staff at level 3",
        "measure": "share",
        "months": 36,
        "sectors": ["health"],
        "categories": ["NHS trust"],
        "roles": ["clinical"],
        "threshold": 85,
        "target": 85,
        "courses": ("wrap", "level3_elearning"),
        "source": f"{NHS}; WRAP and level 3 e-learning are equivalent",
    },
    {
        "code": "council_staff",
        "name": "Council departments and contractors with 85% of their staff trained",
        "measure": "share",
        "months": 24,
        "sectors": ["council", "contractor"],
        "threshold": 85,
        "courses": ("awareness", "wrap"),
        "source": "Derbyshire: every two years",
    },
    {
        "code": "colleges",
        "name": "Colleges and universities with 85% of their staff trained",
        "measure": "share",
        "months": 24,
        "sectors": ["further_education", "higher_education"],
        "threshold": 85,
        "courses": ("awareness", "wrap"),
        "source": "Derby: every two years",
    },
)
# How far below its target a figure is still called near it, in percentage points.
NEAR = 10

courses = sa.table(
    "courses",
    sa.column("id", sa.Integer),
    sa.column("authority_id", sa.Integer),
    sa.column("code", sa.String),
)
requirements = sa.table(
    "requirements",
    sa.column("id", sa.Integer),
    sa.column("authority_id", sa.Integer),
    sa.column("code", sa.String),
    sa.column("name", sa.String),
    sa.column("measure", sa.String),
    sa.column("months", sa.Integer),
    sa.column("target_percent", sa.Numeric),
    sa.column("near_percent", sa.Numeric),
    sa.column("threshold_percent", sa.Numeric),
    sa.column("sectors", postgresql.ARRAY(sa.Text)),
    sa.column("categories", postgresql.ARRAY(sa.Text)),
    sa.column("roles", postgresql.ARRAY(sa.Text)),
    sa.column("source", sa.String),
)
requirement_courses = sa.table(
    "requirement_courses", sa.column("requirement_id", sa.Integer), sa.column("course_id", sa.Integer)
)
ours = sa.and_(
    requirements.c.authority_id.is_(None), requirements.c.code.in_([r["code"] for r in REQUIREMENTS])
)


def upgrade() -> None:
    """Add them with the courses that they accept, found by their codes."""
    connection = op.get_bind()
    by_code = dict(
        connection.execute(
            sa.select(courses.c.code, courses.c.id).where(courses.c.authority_id.is_(None))
        ).all()
    )
    for given in REQUIREMENTS:
        target = given.get("target", 100)
        number = connection.scalar(
            requirements.insert()
            .values(
                code=given["code"],
                name=given["name"],
                measure=given["measure"],
                months=given["months"],
                target_percent=target,
                near_percent=target - NEAR,
                threshold_percent=given.get("threshold"),
                sectors=given["sectors"],
                categories=given.get("categories"),
                roles=given.get("roles"),
                source=given["source"],
            )
            .returning(requirements.c.id)
        )
        for code in given["courses"]:
            connection.execute(
                requirement_courses.insert().values(requirement_id=number, course_id=by_code[code])
            )
    # The triggers have asked for every organisation to be worked out anew; where nothing is known yet there
    # is nothing to work out.
    op.execute(
        "DELETE FROM stale_evidence"
        " WHERE NOT EXISTS (SELECT FROM memberships) AND NOT EXISTS (SELECT FROM headcount_returns)"
    )


def downgrade() -> None:
    """Take them away; refused by the database where one of them is in use."""
    numbers = sa.select(requirements.c.id).where(ours)
    op.execute(requirement_courses.delete().where(requirement_courses.c.requirement_id.in_(numbers)))
    op.execute(requirements.delete().where(ours))
