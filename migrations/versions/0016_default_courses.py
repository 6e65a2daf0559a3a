"""Add the default courses, which every authority has (domain.md 3)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# (code, name, mode, minutes, needs an accredited trainer, what it is). Codes are what the default requirements,
# the command line and other systems call a course: they never change.
COURSES = (
    (
        "wrap",
        "WRAP: Workshop to Raise Awareness of Prevent",
        "workshop",
        120,
        True,
        "How people are drawn into terrorism, how to notice it, and what to do then.",
    ),
    (
        "t3",
        "WRAP train-the-trainer",
        "workshop",
        240,
        True,
        "Prepares a lead to give WRAP in the own organisation. Whoever attends is proposed for accreditation.",
    ),
    (
        "wrap_refresher",
        "WRAP refresher",
        "workshop",
        60,
        False,
        "What has changed since, and practice on new cases, for those who have had WRAP.",
    ),
    (
        "awareness",
        "Prevent awareness",
        "e_learning",
        45,
        False,
        "What Prevent is and what everybody should notice.",
    ),
    (
        "annual_update",
        "Annual Prevent update",
        "briefing",
        45,
        False,
        "The yearly safeguarding update for designated safeguarding leads, with local risks.",
    ),
    (
        "referrals",
        "How to make a Prevent referral",
        "e_learning",
        30,
        False,
        "When to share a concern, with whom, and what happens to it.",
    ),
    (
        "members_briefing",
        "Prevent briefing for elected members",
        "briefing",
        60,
        False,
        "The duty, the local picture, and what members ask and answer for.",
    ),
    (
        "staff_briefing",
        "Prevent briefing for staff",
        "briefing",
        30,
        False,
        "The duty in half an hour, for people who rarely meet the public.",
    ),
    (
        "level3_elearning",
        "Prevent level 3",
        "e_learning",
        60,
        False,
        "For clinical staff, equivalent to WRAP in the NHS framework.",
    ),
)

courses = sa.table(
    "courses",
    sa.column("id", sa.Integer),
    sa.column("authority_id", sa.Integer),
    sa.column("code", sa.String),
    sa.column("name", sa.String),
    sa.column("description", sa.String),
    sa.column("mode", sa.String),
    sa.column("duration_minutes", sa.Integer),
    sa.column("needs_accredited_trainer", sa.Boolean),
    sa.column("accredits_course_id", sa.Integer),
)


def upgrade() -> None:
    """Add them."""
    op.bulk_insert(
        courses,
        [
            {
                "authority_id": None,
                "code": code,
                "name": name,
                "description": description,
                "mode": mode,
                "duration_minutes": minutes,
                "needs_accredited_trainer": needs_accredited_trainer,
            }
            for code, name, mode, minutes, needs_accredited_trainer, description in COURSES
        ],
    )
    wrap = courses.alias("wrap")
    op.execute(
        courses.update()
        .where(courses.c.code == "t3", courses.c.authority_id.is_(None))
        .values(
            accredits_course_id=sa.select(wrap.c.id)
            .where(wrap.c.code == "wrap", wrap.c.authority_id.is_(None))
            .scalar_subquery()
        )
    )


def downgrade() -> None:
    """Take them away; refused by the database where one of them is in use."""
    codes = [course[0] for course in COURSES]
    op.execute(courses.delete().where(courses.c.authority_id.is_(None), courses.c.code.in_(codes)))
