"""Make the tables of the coverage room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "requirements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "measure",
            sa.Enum(
                "lead", "any", "share", name="measure", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "basis",
            sa.Enum(
                "rolling", "academic_year", name="basis", native_enum=False, create_constraint=True, length=40
            ),
            server_default="rolling",
            nullable=False,
        ),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("target_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("threshold_percent", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("sectors", postgresql.ARRAY(Text()), nullable=False),
        sa.Column("categories", postgresql.ARRAY(Text()), nullable=True),
        sa.Column("roles", postgresql.ARRAY(Text()), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(measure = 'share') = (threshold_percent IS NOT NULL) AND (threshold_percent IS NULL OR threshold_percent > 0 AND threshold_percent <= 100)",
            name=op.f("ck_requirements_threshold_percent"),
        ),
        sa.CheckConstraint("btrim(name) <> '' AND btrim(source) <> ''", name=op.f("ck_requirements_name")),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]{1,39}$'", name=op.f("ck_requirements_code")),
        sa.CheckConstraint(
            "measure <> 'lead' OR cardinality(roles) > 0", name=op.f("ck_requirements_lead_has_roles")
        ),
        sa.CheckConstraint("cardinality(sectors) > 0", name=op.f("ck_requirements_sectors")),
        sa.CheckConstraint("months BETWEEN 1 AND 120", name=op.f("ck_requirements_months")),
        sa.CheckConstraint("target_percent BETWEEN 0 AND 100", name=op.f("ck_requirements_target_percent")),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_requirements_authority_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirements")),
    )
    op.create_index(
        "uq_requirements_authority_id_code",
        "requirements",
        ["authority_id", "code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "requirement_courses",
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_requirement_courses_course_id")),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_requirement_courses_requirement_id")
        ),
        sa.PrimaryKeyConstraint("requirement_id", "course_id", name=op.f("pk_requirement_courses")),
    )
    op.create_table(
        "coverage_spans",
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column("by_claim", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_coverage_spans_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_coverage_spans_requirement_id")
        ),
        sa.PrimaryKeyConstraint(
            "requirement_id", "organisation_id", "during", "by_claim", name=op.f("pk_coverage_spans")
        ),
    )
    op.create_index("ix_coverage_spans_organisation_id", "coverage_spans", ["organisation_id"], unique=False)
    op.create_table(
        "stale_organisations",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_stale_organisations_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_stale_organisations")),
    )
    op.create_table(
        "member_spans",
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column("by_claim", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name=op.f("fk_member_spans_membership_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_member_spans_requirement_id")
        ),
        sa.PrimaryKeyConstraint(
            "requirement_id", "membership_id", "during", "by_claim", name=op.f("pk_member_spans")
        ),
    )
    op.create_index("ix_member_spans_membership_id", "member_spans", ["membership_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_member_spans_membership_id", table_name="member_spans")
    op.drop_table("member_spans")
    op.drop_table("stale_organisations")
    op.drop_index("ix_coverage_spans_organisation_id", table_name="coverage_spans")
    op.drop_table("coverage_spans")
    op.drop_table("requirement_courses")
    op.drop_index(
        "uq_requirements_authority_id_code", table_name="requirements", postgresql_nulls_not_distinct=True
    )
    op.drop_table("requirements")
