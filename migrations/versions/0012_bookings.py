"""Make the tables of the bookings room."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "bookings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_session_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "confirmed", "cancelled", name="state", native_enum=False, create_constraint=True, length=40
            ),
            server_default="confirmed",
            nullable=False,
        ),
        sa.Column("booked_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("booked_by_user_id", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancelled_by_user_id", sa.Integer(), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.Column("submission_key", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_bookings_cancelled")
        ),
        sa.ForeignKeyConstraint(
            ["booked_by_user_id"], ["users.id"], name=op.f("fk_bookings_booked_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by_user_id"], ["users.id"], name=op.f("fk_bookings_cancelled_by_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_bookings_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_bookings_person_id")),
        sa.ForeignKeyConstraint(
            ["training_session_id"], ["training_sessions.id"], name=op.f("fk_bookings_training_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_organisation_id", "bookings", ["organisation_id"], unique=False)
    op.create_index("ix_bookings_person_id", "bookings", ["person_id"], unique=False)
    op.create_index("ix_bookings_submission_key", "bookings", ["submission_key"], unique=False)
    op.create_index(
        "uq_bookings_live_place",
        "bookings",
        ["training_session_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'confirmed'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "uq_bookings_live_place", table_name="bookings", postgresql_where=sa.text("state = 'confirmed'")
    )
    op.drop_index("ix_bookings_submission_key", table_name="bookings")
    op.drop_index("ix_bookings_person_id", table_name="bookings")
    op.drop_index("ix_bookings_organisation_id", table_name="bookings")
    op.drop_table("bookings")
