"""Make the tables of the attendance room."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "attendances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_date_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "attended",
                "left_early",
                "did_not_attend",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("walk_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("training_record_id", sa.Integer(), nullable=True),
        sa.Column("marked_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("marked_by_user_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'attended') = (training_record_id IS NOT NULL)",
            name=op.f("ck_attendances_record_if_attended"),
        ),
        sa.ForeignKeyConstraint(
            ["marked_by_user_id"], ["users.id"], name=op.f("fk_attendances_marked_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_attendances_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attendances_person_id")),
        sa.ForeignKeyConstraint(
            ["session_date_id"], ["session_dates.id"], name=op.f("fk_attendances_session_date_id")
        ),
        sa.ForeignKeyConstraint(
            ["training_record_id"], ["training_records.id"], name=op.f("fk_attendances_training_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendances")),
        sa.UniqueConstraint("training_record_id", name=op.f("uq_attendances_training_record_id")),
    )
    op.create_index("ix_attendances_person_id", "attendances", ["person_id"], unique=False)
    op.create_index(
        "uq_attendances_session_date_id_person_id",
        "attendances",
        ["session_date_id", "person_id"],
        unique=True,
    )
    op.create_table(
        "in_house_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("accreditation_id", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("course_version", sa.String(), nullable=False),
        sa.Column("headcount_return_id", sa.Integer(), nullable=True),
        sa.Column("logged_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("logged_by_user_id", sa.Integer(), nullable=True),
        sa.Column("submission_key", sa.Uuid(), nullable=True),
        sa.Column("voided_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("voided_by_user_id", sa.Integer(), nullable=True),
        sa.Column("void_reason", sa.String(), nullable=True),
        sa.CheckConstraint("btrim(course_version) <> ''", name=op.f("ck_in_house_sessions_course_version")),
        sa.CheckConstraint(
            "(voided_at IS NULL) = (void_reason IS NULL)", name=op.f("ck_in_house_sessions_void_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["accreditation_id"], ["accreditations.id"], name=op.f("fk_in_house_sessions_accreditation_id")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_in_house_sessions_course_id")),
        sa.ForeignKeyConstraint(
            ["headcount_return_id"],
            ["headcount_returns.id"],
            name=op.f("fk_in_house_sessions_headcount_return_id"),
        ),
        sa.ForeignKeyConstraint(
            ["logged_by_user_id"], ["users.id"], name=op.f("fk_in_house_sessions_logged_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_in_house_sessions_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["voided_by_user_id"], ["users.id"], name=op.f("fk_in_house_sessions_voided_by_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_in_house_sessions")),
        sa.UniqueConstraint("headcount_return_id", name=op.f("uq_in_house_sessions_headcount_return_id")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_in_house_sessions_submission_key")),
    )
    op.create_index(
        "ix_in_house_sessions_accreditation_id", "in_house_sessions", ["accreditation_id"], unique=False
    )
    op.create_index(
        "ix_in_house_sessions_organisation_id_held_on",
        "in_house_sessions",
        ["organisation_id", "held_on"],
        unique=False,
    )
    op.create_table(
        "in_house_attendees",
        sa.Column("in_house_session_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("training_record_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["in_house_session_id"],
            ["in_house_sessions.id"],
            name=op.f("fk_in_house_attendees_in_house_session_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_in_house_attendees_person_id")),
        sa.ForeignKeyConstraint(
            ["training_record_id"],
            ["training_records.id"],
            name=op.f("fk_in_house_attendees_training_record_id"),
        ),
        sa.PrimaryKeyConstraint("in_house_session_id", "person_id", name=op.f("pk_in_house_attendees")),
        sa.UniqueConstraint("training_record_id", name=op.f("uq_in_house_attendees_training_record_id")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("in_house_attendees")
    op.drop_index("ix_in_house_sessions_accreditation_id", table_name="in_house_sessions")
    op.drop_index("ix_in_house_sessions_organisation_id_held_on", table_name="in_house_sessions")
    op.drop_table("in_house_sessions")
    op.drop_index("uq_attendances_session_date_id_person_id", table_name="attendances")
    op.drop_index("ix_attendances_person_id", table_name="attendances")
    op.drop_table("attendances")
