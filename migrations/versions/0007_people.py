"""Make the tables of the people room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_people_name")),
        sa.CheckConstraint("email IS NULL OR position('@' in email) > 1", name=op.f("ck_people_email")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_people_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(
        "ix_people_authority_id_name_folded",
        "people",
        ["authority_id", sa.literal_column("lower(name)")],
        unique=False,
    )
    op.create_index("ix_people_email_folded", "people", [sa.literal_column("lower(email)")], unique=False)
    op.create_table(
        "declared_headcounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.CheckConstraint("headcount >= 0", name=op.f("ck_declared_headcounts_headcount")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_declared_headcounts_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_headcounts")),
    )
    op.create_index(
        "uq_declared_headcounts_organisation_id_declared_on",
        "declared_headcounts",
        ["organisation_id", "declared_on"],
        unique=True,
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "dsl",
                "deputy_dsl",
                "senior_leader",
                "teaching_staff",
                "support_staff",
                "governor",
                "prevent_lead",
                "clinical",
                "non_clinical",
                "elected_member",
                "contractor",
                "volunteer",
                "staff",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("during", postgresql.DATERANGE(), nullable=False),
        sa.Column("ward_code", sa.String(), nullable=True),
        sa.Column("political_group", sa.String(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(person_id, person_id, '[]')"), "&&"),
            (sa.text("int4range(organisation_id, organisation_id, '[]')"), "&&"),
            (sa.text("int4range(hashtext(role), hashtext(role), '[]')"), "&&"),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_memberships_same_role_twice",
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during)", name=op.f("ck_memberships_during")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_memberships_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_memberships_person_id")),
        sa.ForeignKeyConstraint(["ward_code"], ["wards.code"], name=op.f("fk_memberships_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_organisation_id", "memberships", ["organisation_id"], unique=False)
    op.create_index("ix_memberships_person_id", "memberships", ["person_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_memberships_person_id", table_name="memberships")
    op.drop_index("ix_memberships_organisation_id", table_name="memberships")
    op.drop_table("memberships")
    op.drop_index("uq_declared_headcounts_organisation_id_declared_on", table_name="declared_headcounts")
    op.drop_table("declared_headcounts")
    op.drop_index("ix_people_email_folded", table_name="people")
    op.drop_index("ix_people_authority_id_name_folded", table_name="people")
    op.drop_table("people")
