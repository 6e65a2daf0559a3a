"""Make the tables of the coverage room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TRANSITIONS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
ALL_EVENTS = ("INSERT", "UPDATE", "DELETE")

# What a trigger function does with the rows that a statement changed; {rows} is old_rows or new_rows.
MARK_ORGANISATIONS = """
    INSERT INTO stale_evidence (subject, subject_id)
    SELECT DISTINCT 'organisation', organisation_id FROM {rows} ON CONFLICT DO NOTHING;
"""
MARK_PEOPLE = """
    INSERT INTO stale_evidence (subject, subject_id)
    SELECT DISTINCT 'person', person_id FROM {rows} ON CONFLICT DO NOTHING;
"""
MARK_RULES = """
    INSERT INTO stale_evidence (subject, subject_id)
    SELECT DISTINCT 'rules', coalesce(authority_id, 0) FROM {rows} ON CONFLICT DO NOTHING;
"""
# The requirement of a row that goes with it is gone by now, and has marked for itself.
MARK_RULES_OF_COURSES = """
    INSERT INTO stale_evidence (subject, subject_id)
    SELECT DISTINCT 'rules', coalesce(r.authority_id, 0)
    FROM {rows} JOIN requirements r ON r.id = requirement_id ON CONFLICT DO NOTHING;
"""
# A register's refresh touches every row of an authority; only what decides coverage is looked at.
MARK_CHANGED_ORGANISATIONS = """
BEGIN
    INSERT INTO stale_evidence (subject, subject_id)
    SELECT 'organisation', id FROM (
        SELECT id, authority_id, sector, category, counts, status, opened_on, closed_on FROM new_rows
        EXCEPT
        SELECT id, authority_id, sector, category, counts, status, opened_on, closed_on FROM old_rows
    ) changed ON CONFLICT DO NOTHING;
    RETURN NULL;
END
"""


def _marking(*statements: str) -> str:
    new = "".join(statement.format(rows="new_rows") for statement in statements)
    old = "".join(statement.format(rows="old_rows") for statement in statements)
    return f"""
BEGIN
    IF TG_OP <> 'DELETE' THEN {new} END IF;
    IF TG_OP <> 'INSERT' THEN {old} END IF;
    RETURN NULL;
END
"""


FUNCTIONS = {
    "mark_stale_members": _marking(MARK_ORGANISATIONS, MARK_PEOPLE),
    "mark_stale_people": _marking(MARK_PEOPLE),
    "mark_stale_organisations": _marking(MARK_ORGANISATIONS),
    "mark_stale_changed_organisations": MARK_CHANGED_ORGANISATIONS,
    "mark_stale_rules": _marking(MARK_RULES),
    "mark_stale_rules_of_courses": _marking(MARK_RULES_OF_COURSES),
}

TRIGGERS = (
    ("memberships", "mark_stale_members", ALL_EVENTS),
    ("training_records", "mark_stale_people", ALL_EVENTS),
    ("headcount_returns", "mark_stale_organisations", ALL_EVENTS),
    ("declared_headcounts", "mark_stale_organisations", ALL_EVENTS),
    ("organisations", "mark_stale_changed_organisations", ("UPDATE",)),
    ("requirements", "mark_stale_rules", ALL_EVENTS),
    ("requirement_courses", "mark_stale_rules_of_courses", ALL_EVENTS),
)


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
        sa.Column("near_percent", sa.Numeric(precision=5, scale=2), nullable=False),
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
        sa.CheckConstraint(
            "near_percent BETWEEN 0 AND target_percent", name=op.f("ck_requirements_near_percent")
        ),
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
        sa.Column("by_claim", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "requirement_id", "organisation_id", "during", "by_claim", name=op.f("pk_coverage_spans")
        ),
    )
    op.create_index("ix_coverage_spans_organisation_id", "coverage_spans", ["organisation_id"], unique=False)
    op.create_table(
        "member_spans",
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column("by_claim", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "membership_id",
            "requirement_id",
            "organisation_id",
            "during",
            "by_claim",
            name=op.f("pk_member_spans"),
        ),
    )
    op.create_index("ix_member_spans_organisation_id", "member_spans", ["organisation_id"], unique=False)
    op.create_table(
        "stale_evidence",
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column(
            "subject",
            sa.Enum(
                "organisation",
                "person",
                "rules",
                name="subject",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "subject", "subject_id", name=op.f("pk_stale_evidence")),
    )
    _create_triggers()


def _create_triggers() -> None:
    """Let every table of evidence say what changed. Each statement marks once, however many rows it changes.

    New organisations mark nothing: no evidence can refer to one before it is committed, unless the same
    transaction adds it, and that marks. Courses mark nothing either: a withdrawn course keeps its records.
    """
    for function, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for table, function, events in TRIGGERS:
        for event in events:
            rows = " ".join(f"{name} TABLE AS {name.lower()}_rows" for name in TRANSITIONS[event])
            op.execute(
                f"CREATE TRIGGER mark_stale_on_{event.lower()} AFTER {event} ON {table}"
                f" REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )


def downgrade() -> None:
    """Drop them."""
    for table, _, events in TRIGGERS:
        for event in events:
            op.execute(f"DROP TRIGGER mark_stale_on_{event.lower()} ON {table}")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("stale_evidence")
    op.drop_index("ix_member_spans_organisation_id", table_name="member_spans")
    op.drop_table("member_spans")
    op.drop_index("ix_coverage_spans_organisation_id", table_name="coverage_spans")
    op.drop_table("coverage_spans")
    op.drop_table("requirement_courses")
    op.drop_index(
        "uq_requirements_authority_id_code", table_name="requirements", postgresql_nulls_not_distinct=True
    )
    op.drop_table("requirements")
