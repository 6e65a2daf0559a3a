"""Make the tables of the records room."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "headcount_returns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column(
            "recorded_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("recorded_by_user_id", sa.Integer(), nullable=True),
        sa.Column("voided_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(voided_at IS NULL) = (void_reason IS NULL)", name=op.f("ck_headcount_returns_void_has_reason")
        ),
        sa.CheckConstraint("headcount > 0", name=op.f("ck_headcount_returns_headcount")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_headcount_returns_course_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_headcount_returns_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_user_id"], ["users.id"], name=op.f("fk_headcount_returns_recorded_by_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_headcount_returns")),
    )
    op.create_index(
        "ix_headcount_returns_organisation_id_course_id_held_on",
        "headcount_returns",
        ["organisation_id", "course_id", "held_on"],
        unique=False,
    )
    op.create_table(
        "training_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "session",
                "e_learning",
                "cascade",
                "claim",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "accepted",
                "unverified",
                "rejected",
                "voided",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default="accepted",
            nullable=False,
        ),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column(
            "recorded_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("recorded_by_user_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decided_by_user_id", sa.Integer(), nullable=True),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('rejected', 'voided')) <= (decision_reason IS NOT NULL)",
            name=op.f("ck_training_records_refusal_has_reason"),
        ),
        sa.CheckConstraint(
            "source <> 'claim' OR provider IS NOT NULL AND proof IS NOT NULL",
            name=op.f("ck_training_records_claim_has_proof"),
        ),
        sa.CheckConstraint(
            "source = 'claim' OR state NOT IN ('unverified', 'rejected')",
            name=op.f("ck_training_records_only_claims_wait"),
        ),
        sa.CheckConstraint(
            "state = 'unverified' OR source <> 'claim' OR decided_at IS NOT NULL",
            name=op.f("ck_training_records_claim_decided"),
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_training_records_course_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_user_id"], ["users.id"], name=op.f("fk_training_records_decided_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_training_records_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_training_records_person_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by_user_id"], ["users.id"], name=op.f("fk_training_records_recorded_by_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_records")),
    )
    op.create_index(
        "ix_training_records_organisation_id_completed_on",
        "training_records",
        ["organisation_id", "completed_on"],
        unique=False,
    )
    op.create_index(
        "ix_training_records_person_id_course_id_completed_on",
        "training_records",
        ["person_id", "course_id", "completed_on"],
        unique=False,
    )
    op.create_index(
        "ix_training_records_unverified",
        "training_records",
        ["organisation_id"],
        unique=False,
        postgresql_where=sa.text("state = 'unverified'"),
    )
    op.create_index(
        "uq_training_records_one_a_day",
        "training_records",
        ["person_id", "course_id", "completed_on"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'unverified') AND source <> 'session'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "uq_training_records_one_a_day",
        table_name="training_records",
        postgresql_where=sa.text("state IN ('accepted', 'unverified') AND source <> 'session'"),
    )
    op.drop_index(
        "ix_training_records_unverified",
        table_name="training_records",
        postgresql_where=sa.text("state = 'unverified'"),
    )
    op.drop_index("ix_training_records_person_id_course_id_completed_on", table_name="training_records")
    op.drop_index("ix_training_records_organisation_id_completed_on", table_name="training_records")
    op.drop_table("training_records")
    op.drop_index("ix_headcount_returns_organisation_id_course_id_held_on", table_name="headcount_returns")
    op.drop_table("headcount_returns")
