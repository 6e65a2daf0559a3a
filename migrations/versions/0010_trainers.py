"""Make the tables of the trainers room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "trainer_accounts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_trainer_accounts_person_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_trainer_accounts_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_trainer_accounts")),
        sa.UniqueConstraint("person_id", name=op.f("uq_trainer_accounts_person_id")),
    )
    op.create_table(
        "accreditations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "area", "own_organisation", name="scope", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "confirmed",
                "declined",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("training_record_id", sa.Integer(), nullable=True),
        sa.Column(
            "proposed_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("decided_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decided_by_user_id", sa.Integer(), nullable=True),
        sa.Column("decision_reason", sa.String(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(person_id, person_id, '[]')"), "&&"),
            (sa.text("int4range(course_id, course_id, '[]')"), "&&"),
            (sa.text("int4range(coalesce(organisation_id, 0), coalesce(organisation_id, 0), '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("state = 'confirmed'"),
            using="gist",
            name="ex_accreditations_confirmed_twice",
        ),
        sa.CheckConstraint(
            "(scope = 'own_organisation') = (organisation_id IS NOT NULL)",
            name=op.f("ck_accreditations_reach"),
        ),
        sa.CheckConstraint(
            "state = 'proposed' OR decided_at IS NOT NULL", name=op.f("ck_accreditations_decided")
        ),
        sa.CheckConstraint(
            "state NOT IN ('declined', 'withdrawn') OR decision_reason IS NOT NULL",
            name=op.f("ck_accreditations_reason"),
        ),
        sa.CheckConstraint("NOT lower_inf(during)", name=op.f("ck_accreditations_during")),
        sa.CheckConstraint("state = 'withdrawn' OR NOT isempty(during)", name=op.f("ck_accreditations_days")),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_accreditations_authority_id")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_accreditations_course_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_accreditations_decided_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_accreditations_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_accreditations_person_id")),
        sa.ForeignKeyConstraint(
            ["training_record_id"], ["training_records.id"], name=op.f("fk_accreditations_training_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accreditations")),
    )
    op.create_index(
        "ix_accreditations_authority_id_state", "accreditations", ["authority_id", "state"], unique=False
    )
    op.create_index(
        "uq_accreditations_one_proposal",
        "accreditations",
        ["person_id", "course_id", "organisation_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "uq_accreditations_one_proposal",
        table_name="accreditations",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.drop_index("ix_accreditations_authority_id_state", table_name="accreditations")
    op.drop_table("accreditations")
    op.drop_table("trainer_accounts")
