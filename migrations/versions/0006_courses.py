"""Make the tables of the courses room."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "courses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column(
            "mode",
            sa.Enum(
                "workshop",
                "briefing",
                "e_learning",
                name="mode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.String(), server_default="1", nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("needs_accredited_trainer", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("accredits_course_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_courses_name")),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]{1,39}$'", name=op.f("ck_courses_code")),
        sa.CheckConstraint("duration_minutes BETWEEN 5 AND 2880", name=op.f("ck_courses_duration_minutes")),
        sa.ForeignKeyConstraint(
            ["accredits_course_id"], ["courses.id"], name=op.f("fk_courses_accredits_course_id")
        ),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_courses_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index(
        "uq_courses_authority_id_code",
        "courses",
        ["authority_id", "code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("uq_courses_authority_id_code", table_name="courses", postgresql_nulls_not_distinct=True)
    op.drop_table("courses")
