"""Make the tables of the reminders room."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "refresher_reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("offset_days", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "sent",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("settled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'planned') = (settled_at IS NULL)", name=op.f("ck_refresher_reminders_settled")
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (outcome IS NOT NULL)", name=op.f("ck_refresher_reminders_outcome")
        ),
        sa.CheckConstraint("due_on = valid_until + offset_days", name=op.f("ck_refresher_reminders_due_on")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name=op.f("fk_refresher_reminders_membership_id")
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirements.id"], name=op.f("fk_refresher_reminders_requirement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresher_reminders")),
    )
    op.create_index(
        "ix_refresher_reminders_state_due_on", "refresher_reminders", ["state", "due_on"], unique=False
    )
    op.create_index(
        "uq_refresher_reminders_occurrence",
        "refresher_reminders",
        ["requirement_id", "membership_id", "valid_until", "offset_days"],
        unique=True,
    )
    op.create_index(
        "ix_refresher_reminders_membership_id", "refresher_reminders", ["membership_id"], unique=False
    )
    op.create_table(
        "reminder_messages",
        sa.Column("reminder_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_reminder_messages_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["refresher_reminders.id"], name=op.f("fk_reminder_messages_reminder_id")
        ),
        sa.PrimaryKeyConstraint("reminder_id", "message_id", name=op.f("pk_reminder_messages")),
    )
    op.create_index("ix_reminder_messages_message_id", "reminder_messages", ["message_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_reminder_messages_message_id", table_name="reminder_messages")
    op.drop_table("reminder_messages")
    op.drop_index("ix_refresher_reminders_membership_id", table_name="refresher_reminders")
    op.drop_index("uq_refresher_reminders_occurrence", table_name="refresher_reminders")
    op.drop_index("ix_refresher_reminders_state_due_on", table_name="refresher_reminders")
    op.drop_table("refresher_reminders")
