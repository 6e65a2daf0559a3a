"""Importing the schools register: added, changed, closed, again, and what must not be (registers.md 3, 7)."""

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select, text

from tests.factories.gias import ACADEMIES, FULL, STATE_FUNDED, csv_bytes, read, row
from tests.factories.organisations import make_authority, make_organisation
from wrap_portal.audit.models import AuditEvent
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.imports import service as imports
from wrap_portal.imports.models import ImportBatch, ImportState
from wrap_portal.organisations import queries, register_queries, register_service
from wrap_portal.organisations.models import (
    Authority,
    Organisation,
    OrganisationAlias,
    OrganisationStatus,
    RegisterEdition,
    Sector,
    Ward,
)
from wrap_portal.organisations.register_rules import Incoming, Plan, incoming_of

_files = count(1)
TABLES = (
    "authorities",
    "organisations",
    "organisation_aliases",
    "wards",
    "register_editions",
    "audit_events",
)


@pytest.fixture(autouse=True)
def bradford(db_session) -> Authority:
    return make_authority(code="380", name="Bradford")


def incoming(
    rows: list[dict[str, str]],
    columns: Sequence[str] = FULL,
    codes: Sequence[str] = ("380",),
    day: str = "01-07-2025",
) -> list[Incoming]:
    """Return what a file of a day says of authorities."""
    dated = [each | {"LastChangedDate": day} for each in rows]
    day_in_name = "".join(reversed(day.split("-")))
    file = read(csv_bytes(dated, columns), file_name=f"schools{day_in_name}.csv", codes=codes)
    return [incoming_of(file, code, file_name="schools.csv", together=codes) for code in codes]


def apply(rows: list[dict[str, str]], columns: Sequence[str] = FULL, sha: str = "", **how: Any) -> Plan:
    """Import a file for Bradford, unlike any other unless `sha` says so, and return what that did."""
    sha = sha or f"file {next(_files)}"
    return register_service.import_schools(incoming=incoming(rows, columns, **how), file_sha256=sha)[0]


def preview(rows: list[dict[str, str]], columns: Sequence[str] = FULL, **how: Any) -> Plan:
    return register_queries.import_plans(incoming(rows, columns, **how))[0]


def school(urn: int) -> Organisation:
    return db.session.scalars(select(Organisation).where(Organisation.urn == urn)).one()


def contents() -> dict[str, list[str]]:
    """Return every row of every table that an import may touch."""
    db.session.flush()
    return {
        table: list(db.session.scalars(text(f"SELECT t::text FROM {table} t ORDER BY 1")))  # noqa: S608
        for table in TABLES
    }


def many(number: int) -> list[dict[str, str]]:
    return [row(107300 + place) for place in range(number)]


def open_on(day: date) -> int:
    return queries.sector_summary(db.session.scalar(select(Authority.id)), day).open


# added


def test_a_school_is_added_with_all_that_the_register_says() -> None:
    plan = apply([row(107201, name="Ash", type=34, opened="01-09-2012", cells={"Trusts (name)": "A Trust"})])
    ash = school(107201)
    assert [added.urn for added in plan.added] == [107201]
    assert (ash.name, ash.sector, ash.category, ash.phase) == ("Ash", Sector.SCHOOL, "Primary", "Primary")
    assert (ash.counts, ash.status, ash.opened_on) == (True, OrganisationStatus.OPEN, date(2012, 9, 1))
    assert (ash.authority.code, ash.establishment_type_code, ash.trust_name) == ("380", 34, "A Trust")
    assert (ash.street, ash.town, ash.postcode) == ("Mill Lane", "Bradford", "BD1 1AA")
    assert (ash.website, ash.telephone) == ("http://www.school.example.org", "01274000000")
    assert (ash.ward.code, ash.ward.name, ash.ward.authority_id) == ("E05001347", "City", ash.authority_id)
    assert (ash.lowest_age, ash.highest_age, ash.easting, ash.northing) == (3, 11, 416000, 433000)


@pytest.mark.parametrize(
    ("type_code", "phase", "sector", "category", "counts"),
    [
        (1, "Primary", Sector.SCHOOL, "Primary", True),
        (15, "Not applicable", Sector.SCHOOL, "Nursery", True),
        (7, "Not applicable", Sector.SCHOOL, "Special", True),
        (14, "Not applicable", Sector.SCHOOL, "Alternative provision", True),
        (38, "Not applicable", Sector.SCHOOL, "Alternative provision", True),
        (11, "Not applicable", Sector.SCHOOL, "Independent", True),
        (39, "16 plus", Sector.SCHOOL, "16 plus", True),
        (18, "16 plus", Sector.FURTHER_EDUCATION, "College", True),
        (32, "Not applicable", Sector.FURTHER_EDUCATION, "College", True),
        (29, "Not applicable", Sector.HIGHER_EDUCATION, "University", True),
        (24, "Not applicable", Sector.OTHER, "Secure unit", False),
        (27, "Not applicable", Sector.OTHER, "Miscellaneous", False),
        (37, "Not applicable", Sector.SCHOOL, "Phase not stated", False),
        (34, "Not applicable", Sector.SCHOOL, "Phase not stated", True),
    ],
)
def test_each_type_has_its_sector_and_category_and_counts_or_not(
    type_code, phase, sector, category, counts
) -> None:
    plan = apply([row(107201, type=type_code, phase=phase)])
    added = school(107201)
    assert (added.sector, added.category, added.counts) == (sector, category, counts)
    assert (added.not_counted_reason is None) is counts
    assert [each.urn for each in plan.not_counted] == ([] if counts else [107201])


def test_a_type_that_the_portal_does_not_know_is_kept_and_not_counted() -> None:
    apply([row(107201, type=99, cells={"TypeOfEstablishment (name)": "Pop-up school"})])
    assert (school(107201).counts, school(107201).sector) == (False, Sector.OTHER)
    assert school(107201).not_counted_reason == "Pop-up school: a type that the portal does not know"


def test_a_school_that_is_proposed_to_open_never_counts_until_it_is_open() -> None:
    apply([row(107201, status=4, opened="01-09-2025"), row(107202)])
    assert (school(107201).counts, school(107201).not_counted_reason) == (False, "Proposed to open")
    assert open_on(date(2025, 9, 2)) == 1
    apply([row(107201, status=1, opened="01-09-2025"), row(107202)], day="10-07-2025")
    assert (school(107201).counts, school(107201).not_counted_reason) == (True, None)
    assert open_on(date(2025, 8, 31)) == 1
    assert open_on(date(2025, 9, 2)) == 2


def test_an_open_school_with_a_closing_date_that_lies_ahead_counts_until_then() -> None:
    apply([row(107201, status=3, closed="31-08-2026")])
    assert school(107201).status is OrganisationStatus.PROPOSED_TO_CLOSE
    assert (open_on(date(2026, 8, 30)), open_on(date(2026, 8, 31))) == (1, 0)


def test_closed_schools_are_added_for_figures_of_past_dates() -> None:
    apply([row(107201, status=2, opened="01-09-1990", closed="31-08-2019"), row(107202)])
    assert (open_on(date(2019, 8, 30)), open_on(date(2019, 8, 31))) == (2, 1)


def test_a_school_that_is_closed_without_a_date_is_closed_on_its_last_change_and_doubted() -> None:
    plan = apply([row(107201, name="Linton", status=2), row(107202)], day="30-11-2019")
    assert school(107201).closed_on == date(2019, 11, 30)
    assert plan.doubts == [
        "Row 2: Linton (107201) is closed without a date. It is taken as closed on 30 November 2019."
    ]


def test_two_open_schools_of_one_name_are_two() -> None:
    apply([row(107201, name="St Joseph's"), row(107202, name="St Joseph's")])
    assert open_on(date(2025, 7, 1)) == 2


def test_a_split_school_and_its_parent_that_stays_open_are_two() -> None:
    apply([row(140204, name="Lady Royd"), *many(20)])
    apply([row(140204, name="Lady Royd"), row(150969, name="Lady Royd Primary"), *many(20)])
    assert school(140204).closed_on is None
    assert open_on(date(2025, 7, 2)) == 22


def test_ward_sentinels_are_no_wards() -> None:
    apply([row(107201, cells={"AdministrativeWard (code)": "999999"})])
    assert school(107201).ward_code is None
    assert db.session.scalar(select(func.count()).select_from(Ward)) == 0


# changed


def test_what_differs_is_changed_and_named() -> None:
    apply([row(107201, cells={"Town": "Shipley"}), row(107202)])
    plan = apply([row(107201, cells={"Town": "Bingley"}), row(107202)])
    [change] = plan.changed
    assert (change.before.town, change.after.town, change.changed) == ("Shipley", "Bingley", ("town",))
    assert school(107201).town == "Bingley"
    assert (plan.added, plan.renamed, plan.closed) == ([], [], [])


def test_a_rename_shows_the_new_name_and_keeps_the_old_one() -> None:
    apply([row(107201, name="Ash School")])
    plan = apply([row(107201, name="Ash Academy")])
    assert [(each.before.name, each.after.name) for each in plan.renamed] == [("Ash School", "Ash Academy")]
    assert plan.changed == []
    [former] = queries.former_names(school(107201).id)
    assert (former.name, former.until) == ("Ash School", date(2025, 7, 1))


def test_a_name_that_comes_back_is_no_former_name() -> None:
    for name in ("Ash", "Oak", "Ash"):
        apply([row(107201, name=name)])
    assert [former.name for former in queries.former_names(school(107201).id)] == ["Oak"]


def test_white_space_makes_no_rename_and_case_does() -> None:
    make_organisation(urn=107201, name="Ash  School", authority_id=db.session.scalar(select(Authority.id)))
    assert preview([row(107201, name="Ash School")]).renamed == []
    apply([row(107201, name="Ash School")])
    assert school(107201).name == "Ash  School"
    assert [each.after.name for each in preview([row(107201, name="ASH School")]).renamed] == ["ASH School"]


def test_a_ward_is_renamed_with_its_register() -> None:
    apply([row(107201)])
    apply([row(107201, cells={"AdministrativeWard (name)": "City & Centre"})])
    assert school(107201).ward.name == "City & Centre"


def test_what_a_file_has_no_column_for_stays_as_it_is() -> None:
    apply([row(107201, status=3, closed="31-08-2026", cells={"Trusts (name)": "Ash Trust"})])
    before = school(107201)
    kept = (before.ward_code, before.easting, before.trust_name, before.closed_on)
    plan = apply([row(107201, status=3)], STATE_FUNDED)
    assert plan.writes_nothing
    after = school(107201)
    assert (after.ward_code, after.easting, after.trust_name, after.closed_on) == kept


def test_a_closed_school_that_a_later_file_has_open_is_open_again() -> None:
    apply([row(107201, status=2, closed="31-08-2024"), row(107202)])
    apply([row(107201), row(107202)], STATE_FUNDED, day="10-07-2025")
    assert (school(107201).status, school(107201).closed_on) == (OrganisationStatus.OPEN, None)


# closed


def test_a_school_that_the_file_has_closed_is_closed_on_its_date() -> None:
    apply([row(107201), *many(20)])
    plan = apply([row(107201, status=2, closed="30-06-2025"), *many(20)])
    [closing] = plan.closed
    assert (closing.after.urn, closing.after.closed_on) == (107201, date(2025, 6, 30))
    assert (open_on(date(2025, 6, 29)), open_on(date(2025, 6, 30))) == (21, 20)


def test_what_is_closed_later_than_the_register_is_closed_on_its_date() -> None:
    apply([row(107201, status=2, closed="31-08-2025"), row(107202)])
    assert school(107201).closed_on == date(2025, 7, 1)


def test_a_school_that_the_file_lacks_is_closed_on_the_registers_date() -> None:
    apply([row(107201), *many(20)])
    plan = apply(many(20), day="10-07-2025")
    assert [closing.after.urn for closing in plan.closed] == [107201]
    assert school(107201).status is OrganisationStatus.CLOSED
    assert (open_on(date(2025, 7, 9)), open_on(date(2025, 7, 10))) == (21, 20)


def test_a_school_that_the_file_lacks_closed_on_the_date_that_was_known() -> None:
    apply([row(107201, status=3, closed="05-07-2025"), *many(20)])
    apply(many(20), day="10-07-2025")
    assert school(107201).closed_on == date(2025, 7, 5)


@pytest.mark.parametrize(
    ("columns", "closed"),
    [
        (FULL, {1, 34, 11, 18, 8, None}),
        (STATE_FUNDED, {1, 34}),
        (ACADEMIES, {34}),
    ],
)
def test_absence_closes_only_the_types_that_the_file_lists(columns, closed) -> None:
    kept = [row(107300 + place, type=28) for place in range(60)]
    # A list without codes in which every school is an academy is taken for the academies' own.
    kept += [] if columns is ACADEMIES else [row(107299, type=2)]
    types = {1: 107201, 34: 107202, 11: 107203, 18: 107204, 8: 107205, None: 107206}
    apply([*kept, *(row(urn, type=99 if code is None else code) for code, urn in types.items())])
    apply(kept, columns, day="10-07-2025")
    gone = {code for code, urn in types.items() if school(urn).status is OrganisationStatus.CLOSED}
    assert gone == closed


def test_a_list_of_open_schools_says_nothing_of_those_that_are_proposed() -> None:
    apply([row(107201, status=4), *many(20)])
    assert apply(many(20), STATE_FUNDED).closed == []
    assert [closing.after.urn for closing in apply(many(20)).closed] == [107201]


def test_a_proposed_school_that_vanishes_before_it_opened_closes_on_the_day_it_would_have() -> None:
    apply([row(107201, status=4, opened="01-09-2026"), *many(20)])
    apply(many(20))
    assert school(107201).closed_on == date(2026, 9, 1)
    assert open_on(date(2026, 9, 1)) == 20


def test_a_school_in_a_row_that_cannot_be_read_is_not_absent() -> None:
    apply([row(107201), *many(20)])
    plan = apply([row(107201, opened="yesterday"), *many(20)])
    assert (plan.closed, [problem.row for problem in plan.incoming.problems]) == ([], [2])
    assert school(107201).status is OrganisationStatus.OPEN


def test_nobody_is_absent_where_a_row_may_be_anybodys() -> None:
    apply([row(107201), *many(20)])
    plan = apply([row("10720I"), *many(20)])
    assert plan.closed == []
    assert "no school is closed for not being in the file" in plan.warnings[0]


def test_a_school_that_the_file_has_under_another_authority_is_left_and_doubted() -> None:
    apply([row(107201, name="Ash"), *many(20)])
    plan = apply([row(107201, la="381"), *many(20)])
    assert plan.closed == []
    assert plan.doubts == ["Ash (107201) is under authority 381 in the file. It is left as it is."]


def test_a_school_of_another_authority_is_not_taken_from_it() -> None:
    other = make_authority(code="381", name="Calderdale")
    make_organisation(other, urn=107201, name="Ash")
    plan = apply([row(107201, name="Oak"), row(107202)])
    assert (school(107201).authority_id, school(107201).name) == (other.id, "Ash")
    assert "kept by Calderdale" in plan.doubts[0]


def test_an_import_for_both_authorities_moves_a_school() -> None:
    other = make_authority(code="381", name="Calderdale")
    make_organisation(other, urn=107201, name="Ash", establishment_type_code=1)
    make_organisation(other, urn=107202, name="Elm", establishment_type_code=1)
    rows = [row(107201, name="Ash"), row(107202, name="Elm", la="381", la_name="Calderdale")]
    plans = register_service.import_schools(incoming=incoming(rows, codes=("380", "381")), file_sha256="a")
    assert [plan.closed for plan in plans] == [[], []]
    assert [plan.doubts for plan in plans] == [[], []]
    assert school(107201).authority.code == "380"
    assert school(107202).authority.code == "381"


def test_what_is_kept_by_hand_survives() -> None:
    by_hand = make_organisation(
        local_code="L00001", name="Madrassah", authority_id=db.session.scalar(select(Authority.id))
    )
    apply(many(20))
    apply(many(19), day="10-07-2025")
    db.session.refresh(by_hand)
    assert (by_hand.status, by_hand.name) == (OrganisationStatus.OPEN, "Madrassah")


# again


def test_the_same_file_twice_writes_no_row() -> None:
    rows = [row(107201), row(107202, status=2, closed="31-08-2020"), row(107203, status=4)]
    apply(rows, sha="the same")
    before = contents()
    plan = apply(rows, sha="the same")
    assert plan.writes_nothing
    assert contents() == before


def test_another_file_that_says_the_same_brings_the_register_up_to_date_and_nothing_else() -> None:
    apply([row(107201)], sha="one")
    before = contents()
    apply([row(107201)], sha="two", day="10-07-2025")
    after = contents()
    assert {table for table in TABLES if before[table] != after[table]} == {
        "register_editions",
        "audit_events",
    }
    assert queries.register_date(school(107201).authority_id) == date(2025, 7, 10)


def test_an_older_register_is_warned_of_and_closes_nobody() -> None:
    apply([row(107201), *many(20)], day="10-07-2025")
    plan = preview(many(20), day="01-07-2025")
    assert "older than the one in use, of 10 July 2025" in plan.warnings[0]
    assert (plan.closed, plan.refusals) == ([], [])


def test_a_preview_writes_nothing() -> None:
    apply(many(5))
    before = contents()
    preview([*many(4), row(107201), row(107202, type=27)])
    assert contents() == before


# refused


def test_a_file_without_rows_of_the_authority_is_refused() -> None:
    with pytest.raises(DomainError, match=r"The file has no schools of Bradford \(380\)\.") as refused:
        apply([row(107201, la="381")])
    assert refused.value.field == "file"


def test_a_file_of_whose_rows_none_can_be_read_is_refused() -> None:
    assert preview([row(107201, status=9)]).refusals == [
        "The file has no row that can be read of Bradford (380)."
    ]


@pytest.mark.parametrize(
    ("how", "rest"),
    [
        ("absent", []),
        ("closed in the file", [row(107300 + place, status=2, closed="30-06-2025") for place in (18, 19)]),
    ],
)
def test_a_file_that_would_close_more_than_a_tenth_is_refused(how, rest) -> None:
    apply([*many(19), row(107319)])
    before = contents()
    assert preview(many(18)).refusals == []
    with pytest.raises(DomainError, match="would close 3 of the 20 open schools of Bradford"):
        apply([*many(17), *rest])
    assert contents() == before


def test_schools_that_are_closed_already_are_no_reason_to_refuse() -> None:
    apply([*many(10), *(row(107400 + place, status=2, closed="31-08-2020") for place in range(10))])
    assert preview(many(10)).refusals == []


def test_a_refusal_of_one_authority_leaves_the_others_alone() -> None:
    before = contents()
    with pytest.raises(DomainError, match="Authority 999"):
        register_service.import_schools(
            incoming=incoming([row(107201)], codes=("380", "999")), file_sha256="a"
        )
    assert contents() == before


# authorities, editions, audit


def test_an_authority_that_is_not_there_is_added_by_its_name_in_the_file() -> None:
    [plan] = register_service.import_schools(
        incoming=incoming([row(107201, la="825", la_name="Buckinghamshire")], codes=("825",)), file_sha256="a"
    )
    assert (plan.authority_id, plan.who) == (None, "Buckinghamshire (825)")
    assert queries.get_authority("825").name == "Buckinghamshire"
    assert school(107201).authority.code == "825"


def test_an_edition_says_what_was_applied() -> None:
    apply([row(107201), row("bad")], sha="0a1b")
    edition = db.session.scalars(select(RegisterEdition)).one()
    assert (edition.register_date, edition.file_name) == (date(2025, 7, 1), "schools.csv")
    assert (edition.file_sha256, edition.row_count) == ("0a1b", 2)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "import_schools")).one()
    assert event.details["added"] == 1


# staged and confirmed


def stage(
    rows: list[dict[str, str]], columns: Sequence[str] = FULL, sha: str = "a", **how: Any
) -> ImportBatch:
    [each] = incoming(rows, columns, **how)
    batch = register_service.stage_schools(incoming=each, file_sha256=sha, user_id=7)
    assert batch is not None
    return batch


def test_a_staged_file_is_what_was_read() -> None:
    rows = [
        row(107201, status=3, opened="01-09-2001", closed="31-08-2026"),
        row(107202, type=99),
        row("bad"),
        row(107203, cells={"Easting": "x"}),
    ]
    batch = stage(rows)
    [read_again] = incoming(rows)
    kept = register_service.staged(batch)
    assert kept.rows == read_again.rows
    assert kept.problems == read_again.problems
    assert (kept.fields, kept.kind, kept.unread) == (read_again.fields, read_again.kind, read_again.unread)
    assert kept.unidentified is True
    assert open_on(date(2025, 7, 1)) == 0


def test_a_confirmed_file_is_applied_and_its_rows_are_let_go() -> None:
    batch = stage([row(107201)])
    plan = register_service.confirm_schools(import_batch_id=batch.id, user_id=8)
    assert [added.urn for added in plan.added] == [107201]
    assert school(107201).name == "School 107201"
    db.session.refresh(batch)
    assert (batch.state, batch.rows, batch.applied_by_user_id) == (ImportState.APPLIED, [], 8)
    edition = db.session.scalars(select(RegisterEdition)).one()
    assert edition.import_batch_id == batch.id


def test_a_file_is_confirmed_once() -> None:
    batch = stage([row(107201)])
    register_service.confirm_schools(import_batch_id=batch.id, user_id=8)
    with pytest.raises(DomainError, match="imported already"):
        register_service.confirm_schools(import_batch_id=batch.id, user_id=8)


def test_a_file_that_was_put_aside_cannot_be_confirmed() -> None:
    batch = stage([row(107201)])
    imports.discard_batch(import_batch_id=batch.id)
    assert batch.rows == []
    with pytest.raises(DomainError, match="put aside already"):
        register_service.confirm_schools(import_batch_id=batch.id, user_id=8)


def test_what_changed_since_the_preview_is_decided_anew() -> None:
    batch = stage(many(8))
    apply([*many(8), row(107201), row(107202)], sha="b")
    with pytest.raises(DomainError, match="would close 2 of the 10"):
        register_service.confirm_schools(import_batch_id=batch.id, user_id=8)


def test_the_file_in_use_is_not_staged_again() -> None:
    apply([row(107201)], sha="a")
    [each] = incoming([row(107201)])
    assert register_service.stage_schools(incoming=each, file_sha256="a", user_id=7) is None


def test_a_file_that_is_refused_is_not_staged() -> None:
    [each] = incoming([row(107201, la="381")])
    with pytest.raises(DomainError):
        register_service.stage_schools(incoming=each, file_sha256="a", user_id=7)
    assert db.session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_a_staged_file_remembers_schools_of_the_authority_that_it_has_elsewhere() -> None:
    apply([row(107201), *many(20)])
    batch = stage([row(107201, la="381"), *many(20)], sha="b")
    assert register_service.confirm_schools(import_batch_id=batch.id, user_id=8).closed == []
    assert school(107201).status is OrganisationStatus.OPEN


def test_former_names_find_a_school() -> None:
    apply([row(107201, name="Ash School")])
    apply([row(107201, name="Elm Academy")])
    aliases = db.session.scalars(select(OrganisationAlias.name)).all()
    assert aliases == ["Ash School"]
