"""Make the tables of staged imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "import_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("register_date", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "staged",
                "applied",
                "discarded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "rows", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column(
            "problems", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("staged_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("staged_by_user_id", sa.Integer(), nullable=True),
        sa.Column("applied_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("applied_by_user_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)", name=op.f("ck_import_batches_applied")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
    )
    op.create_index(
        "ix_import_batches_authority_id_staged_at",
        "import_batches",
        ["authority_id", "staged_at"],
        unique=False,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_import_batches_authority_id_staged_at", table_name="import_batches")
    op.drop_table("import_batches")
