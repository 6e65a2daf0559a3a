"""Make the tables of the sessions room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "venues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("access_notes", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_venues_name")),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_venues_capacity")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_venues_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venues")),
    )
    op.create_index(
        "uq_venues_authority_id_name",
        "venues",
        ["authority_id", sa.literal_column("lower(name)")],
        unique=True,
    )
    op.create_table(
        "training_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column(
            "mode",
            sa.Enum("in_person", "online", name="mode", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("join_link", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("booked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "published", "cancelled", name="state", native_enum=False, create_constraint=True, length=40
            ),
            server_default="published",
            nullable=False,
        ),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("uid", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_training_sessions_cancelled")
        ),
        sa.CheckConstraint(
            "CASE mode WHEN 'online' THEN venue_id IS NULL AND join_link IS NOT NULL ELSE venue_id IS NOT NULL AND join_link IS NULL END",
            name=op.f("ck_training_sessions_place"),
        ),
        sa.CheckConstraint(
            "join_link IS NULL OR join_link ~ '^https://'", name=op.f("ck_training_sessions_join_link")
        ),
        sa.CheckConstraint(
            "state <> 'cancelled' OR cancel_reason IS NOT NULL",
            name=op.f("ck_training_sessions_cancel_reason"),
        ),
        sa.CheckConstraint("booked <= capacity", name=op.f("ck_training_sessions_booked_within_capacity")),
        sa.CheckConstraint("booked >= 0", name=op.f("ck_training_sessions_booked_not_negative")),
        sa.CheckConstraint("capacity BETWEEN 1 AND 5000", name=op.f("ck_training_sessions_capacity")),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_training_sessions_authority_id")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_training_sessions_course_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_training_sessions_organisation_id")
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], name=op.f("fk_training_sessions_venue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_sessions")),
        sa.UniqueConstraint("uid", name=op.f("uq_training_sessions_uid")),
    )
    op.create_index(
        "ix_training_sessions_authority_id_state",
        "training_sessions",
        ["authority_id", "state"],
        unique=False,
    )
    op.create_table(
        "session_dates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(venue_id, venue_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("live AND venue_id IS NOT NULL"),
            using="gist",
            name="ex_session_dates_venue_in_use",
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during) AND upper(during) - lower(during) <= interval '24 hours'",
            name=op.f("ck_session_dates_during"),
        ),
        sa.ForeignKeyConstraint(
            ["training_session_id"],
            ["training_sessions.id"],
            name=op.f("fk_session_dates_training_session_id"),
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], name=op.f("fk_session_dates_venue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_dates")),
    )
    op.create_index(
        "ix_session_dates_starts_at", "session_dates", [sa.literal_column("lower(during)")], unique=False
    )
    op.create_index(
        "ix_session_dates_training_session_id", "session_dates", ["training_session_id"], unique=False
    )
    op.create_table(
        "session_trainers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_date_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(person_id, person_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("live"),
            using="gist",
            name="ex_session_trainers_in_two_places",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_session_trainers_person_id")),
        sa.ForeignKeyConstraint(
            ["session_date_id"], ["session_dates.id"], name=op.f("fk_session_trainers_session_date_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_trainers")),
    )
    op.create_index("ix_session_trainers_person_id", "session_trainers", ["person_id"], unique=False)
    op.create_index(
        "uq_session_trainers_session_date_id_person_id",
        "session_trainers",
        ["session_date_id", "person_id"],
        unique=True,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("uq_session_trainers_session_date_id_person_id", table_name="session_trainers")
    op.drop_index("ix_session_trainers_person_id", table_name="session_trainers")
    op.drop_table("session_trainers")
    op.drop_index("ix_session_dates_training_session_id", table_name="session_dates")
    op.drop_index("ix_session_dates_starts_at", table_name="session_dates")
    op.drop_table("session_dates")
    op.drop_index("ix_training_sessions_authority_id_state", table_name="training_sessions")
    op.drop_table("training_sessions")
    op.drop_index("uq_venues_authority_id_name", table_name="venues")
    op.drop_table("venues")
