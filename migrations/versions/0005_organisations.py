"""Make the tables of the organisations room."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Every type of establishment in the schools register: what it is here, and whether it counts, as data
# (registers.md 1, "Type codes and the proposed default"). A category stands in for a phase where the register
# has none; None leaves it to the phase. Of a group: code, name, then
# (code, name, sector, category, why it does not count, in the file of state-funded schools).
NOT_OF_THE_AREA = "Not a school of the area: outside the reach of the authority's Prevent training"
VARIOUS = "A mixed class (home tuition, hospital classes, single projects): decided one by one"
CENTRE = "Children's centres have a register of their own, which is out of date"
GROUPS = (
    (
        1,
        "Colleges",
        (
            (18, "Further education", "further_education", "College", None, False),
            (31, "Sixth form centres", "further_education", "College", None, False),
        ),
    ),
    (
        2,
        "Universities",
        ((29, "Higher education institutions", "higher_education", "University", None, False),),
    ),
    (
        3,
        "Independent schools",
        (
            (6, "City technology college", "school", "Independent", None, False),
            (11, "Other independent school", "school", "Independent", None, False),
        ),
    ),
    (
        4,
        "Local authority maintained schools",
        (
            (1, "Community school", "school", None, None, True),
            (2, "Voluntary aided school", "school", None, None, True),
            (3, "Voluntary controlled school", "school", None, None, True),
            (5, "Foundation school", "school", None, None, True),
            (14, "Pupil referral unit", "school", "Alternative provision", None, True),
            (15, "Local authority nursery school", "school", "Nursery", None, True),
        ),
    ),
    (
        5,
        "Special schools",
        (
            (7, "Community special school", "school", "Special", None, True),
            (8, "Non-maintained special school", "school", "Special", None, False),
            (10, "Other independent special school", "school", "Special", None, False),
            (12, "Foundation special school", "school", "Special", None, True),
        ),
    ),
    (6, "Welsh schools", ((30, "Welsh establishment", "school", None, NOT_OF_THE_AREA, False),)),
    (
        9,
        "Other types",
        (
            (24, "Secure units", "other", "Secure unit", "Secure units are left out by default", False),
            (25, "Offshore schools", "school", None, NOT_OF_THE_AREA, False),
            (26, "Service children's education", "school", None, NOT_OF_THE_AREA, False),
            (27, "Miscellaneous", "other", "Miscellaneous", VARIOUS, False),
            (32, "Special post 16 institution", "further_education", "College", None, False),
            (37, "British schools overseas", "school", None, NOT_OF_THE_AREA, False),
            (47, "Children's centre", "early_years", "Children's centre", CENTRE, False),
            (48, "Children's centre linked site", "early_years", "Children's centre", CENTRE, False),
            (
                56,
                "Institution funded by other government department",
                "other",
                "Other department",
                NOT_OF_THE_AREA,
                False,
            ),
        ),
    ),
    (
        10,
        "Academies",
        (
            (28, "Academy sponsor led", "school", None, None, True),
            (33, "Academy special sponsor led", "school", "Special", None, True),
            (34, "Academy converter", "school", None, None, True),
            (
                42,
                "Academy alternative provision converter",
                "school",
                "Alternative provision",
                None,
                True,
            ),
            (
                43,
                "Academy alternative provision sponsor led",
                "school",
                "Alternative provision",
                None,
                True,
            ),
            (44, "Academy special converter", "school", "Special", None, True),
            (45, "Academy 16-19 converter", "school", "16 plus", None, True),
            (46, "Academy 16 to 19 sponsor led", "school", "16 plus", None, True),
            (57, "Academy secure 16 to 19", "school", "16 plus", None, True),
        ),
    ),
    (
        11,
        "Free Schools",
        (
            (35, "Free schools", "school", None, None, True),
            (36, "Free schools special", "school", "Special", None, True),
            (38, "Free schools alternative provision", "school", "Alternative provision", None, True),
            (39, "Free schools 16 to 19", "school", "16 plus", None, True),
            (40, "University technical college", "school", None, None, True),
            (41, "Studio schools", "school", None, None, True),
        ),
    ),
    (13, "Online provider", ((49, "Online provider", "school", None, NOT_OF_THE_AREA, False),)),
)


def _rows() -> Iterator[dict[str, Any]]:
    for group_code, group_name, types in GROUPS:
        for code, name, sector, category, reason, state_funded in types:
            yield {
                "code": code,
                "name": name,
                "group_code": group_code,
                "group_name": group_name,
                "sector": sector,
                "category": category,
                "counts": reason is None,
                "reason": reason,
                "state_funded": state_funded,
            }


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "authorities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("brand_colour", sa.String(), server_default="#1d4f5f", nullable=False),
        sa.Column("contact_email", sa.String(), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9]{3}$'", name=op.f("ck_authorities_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
        sa.UniqueConstraint("code", name=op.f("uq_authorities_code")),
        sa.UniqueConstraint("name", name=op.f("uq_authorities_name")),
    )
    establishment_types = op.create_table(
        "establishment_types",
        sa.Column("code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("group_code", sa.Integer(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column(
            "sector",
            sa.Enum(
                "school",
                "early_years",
                "further_education",
                "higher_education",
                "health",
                "council",
                "elected_members",
                "police_and_probation",
                "housing",
                "community",
                "contractor",
                "other",
                name="sector",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("state_funded", sa.Boolean(), nullable=False),
        sa.CheckConstraint("counts OR reason IS NOT NULL", name=op.f("ck_establishment_types_reason")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_establishment_types")),
        sa.UniqueConstraint("name", name=op.f("uq_establishment_types_name")),
    )
    op.bulk_insert(establishment_types, list(_rows()))
    op.create_table(
        "register_editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("register_date", sa.Date(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("import_batch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_register_editions_authority_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batches.id"], name=op.f("fk_register_editions_import_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_editions")),
    )
    op.create_index(
        "ix_register_editions_authority_id_register",
        "register_editions",
        ["authority_id", "register", "applied_at"],
        unique=False,
    )
    op.create_table(
        "wards",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_wards_authority_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_wards")),
    )
    op.create_index(op.f("ix_wards_authority_id"), "wards", ["authority_id"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("ods_code", sa.String(), nullable=True),
        sa.Column("local_code", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "sector",
            sa.Enum(
                "school",
                "early_years",
                "further_education",
                "higher_education",
                "health",
                "council",
                "elected_members",
                "police_and_probation",
                "housing",
                "community",
                "contractor",
                "other",
                name="sector",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("counts", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("not_counted_reason", sa.String(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "proposed_to_close",
                "closed",
                "proposed_to_open",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("establishment_type_code", sa.Integer(), nullable=True),
        sa.Column("establishment_number", sa.String(), nullable=True),
        sa.Column("phase", sa.String(), nullable=True),
        sa.Column("ward_code", sa.String(), nullable=True),
        sa.Column("street", sa.String(), nullable=True),
        sa.Column("locality", sa.String(), nullable=True),
        sa.Column("town", sa.String(), nullable=True),
        sa.Column("postcode", sa.String(), nullable=True),
        sa.Column("telephone", sa.String(), nullable=True),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("trust_name", sa.String(), nullable=True),
        sa.Column("lowest_age", sa.Integer(), nullable=True),
        sa.Column("highest_age", sa.Integer(), nullable=True),
        sa.Column("easting", sa.Integer(), nullable=True),
        sa.Column("northing", sa.Integer(), nullable=True),
        sa.CheckConstraint("btrim(name) <> ''", name=op.f("ck_organisations_name")),
        sa.CheckConstraint(
            "status <> 'closed' OR closed_on IS NOT NULL", name=op.f("ck_organisations_closed_has_date")
        ),
        sa.CheckConstraint(
            "closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on",
            name=op.f("ck_organisations_dates"),
        ),
        sa.CheckConstraint(
            "counts OR not_counted_reason IS NOT NULL", name=op.f("ck_organisations_not_counted_reason")
        ),
        sa.CheckConstraint(
            "num_nonnulls(urn, ods_code, local_code) >= 1", name=op.f("ck_organisations_identifier")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_organisations_authority_id")
        ),
        sa.ForeignKeyConstraint(
            ["establishment_type_code"],
            ["establishment_types.code"],
            name=op.f("fk_organisations_establishment_type_code"),
        ),
        sa.ForeignKeyConstraint(["ward_code"], ["wards.code"], name=op.f("fk_organisations_ward_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("local_code", name=op.f("uq_organisations_local_code")),
        sa.UniqueConstraint("ods_code", name=op.f("uq_organisations_ods_code")),
        sa.UniqueConstraint("urn", name=op.f("uq_organisations_urn")),
    )
    op.create_index(
        "ix_organisations_authority_id_sector", "organisations", ["authority_id", "sector"], unique=False
    )
    op.create_index(
        "ix_organisations_name_folded", "organisations", [sa.literal_column("lower(name)")], unique=False
    )
    op.create_index(op.f("ix_organisations_postcode"), "organisations", ["postcode"], unique=False)
    op.create_index(op.f("ix_organisations_ward_code"), "organisations", ["ward_code"], unique=False)
    op.create_table(
        "organisation_aliases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_aliases_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_aliases")),
    )
    op.create_index(
        "uq_organisation_aliases_organisation_id_name",
        "organisation_aliases",
        ["organisation_id", "name"],
        unique=True,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("uq_organisation_aliases_organisation_id_name", table_name="organisation_aliases")
    op.drop_table("organisation_aliases")
    op.drop_index(op.f("ix_organisations_ward_code"), table_name="organisations")
    op.drop_index(op.f("ix_organisations_postcode"), table_name="organisations")
    op.drop_index("ix_organisations_name_folded", table_name="organisations")
    op.drop_index("ix_organisations_authority_id_sector", table_name="organisations")
    op.drop_table("organisations")
    op.drop_index(op.f("ix_wards_authority_id"), table_name="wards")
    op.drop_table("wards")
    op.drop_index("ix_register_editions_authority_id_register", table_name="register_editions")
    op.drop_table("register_editions")
    op.drop_table("establishment_types")
    op.drop_table("authorities")
