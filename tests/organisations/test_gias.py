"""Reading the schools register: its three files, their quirks, and what is refused (registers.md 1 and 7)."""

from datetime import date

import pytest

from tests.factories.gias import (
    ACADEMIES,
    CHILDRENS_CENTRES,
    FULL,
    LINKS,
    STATE_FUNDED,
    csv_bytes,
    gzip_bytes,
    read,
    read_one,
    row,
    zip_bytes,
)
from wrap_portal.errors import DomainError
from wrap_portal.organisations.gias import ANY_AUTHORITY, FileKind
from wrap_portal.organisations.models import OrganisationStatus


def names(content: bytes, **arguments) -> list[str]:
    return [school.name for school in read(content, **arguments).rows.get("380", [])]


def refusal(content: bytes, **arguments) -> str:
    with pytest.raises(DomainError) as refused:
        read(content, **arguments)
    assert refused.value.field == "file"
    return refused.value.sentence


def problems(*rows: dict[str, str], columns=FULL, code: str = "380") -> list[tuple[int, str, str, bool]]:
    file = read(csv_bytes(rows, columns))
    return [(each.row, each.column, each.value, each.row_left_out) for each in file.problems.get(code, ())]


# what a file is


@pytest.mark.parametrize(
    ("columns", "name", "type_code", "kind"),
    [
        (FULL, "edubasealldata20250701.csv", 1, FileKind.ALL),
        (FULL, "schools.csv", 34, FileKind.ALL),
        (STATE_FUNDED, "edubaseallstatefunded20250701.csv", 34, FileKind.STATE_FUNDED),
        (STATE_FUNDED, "schools.csv", 1, FileKind.STATE_FUNDED),
        (STATE_FUNDED, "schools.csv", 34, FileKind.ACADEMIES),
        (STATE_FUNDED, "edubaseallacademiesandfree20250701.csv", 1, FileKind.ACADEMIES),
        (ACADEMIES, "schools.csv", 34, FileKind.ACADEMIES),
    ],
)
def test_each_of_the_three_headings_is_read(columns, name, type_code, kind) -> None:
    file = read(csv_bytes([row(107201, type=type_code, name="Ash School")], columns), file_name=name)
    assert file.kind is kind
    [school] = file.rows["380"]
    assert (school.urn, school.name, school.type_code) == (107201, "Ash School", type_code)
    assert school.status is OrganisationStatus.OPEN
    assert school.phase == "Primary"


def test_an_academy_of_another_authority_does_not_hide_that_a_list_is_of_all_state_funded_schools() -> None:
    rows = [row(107201, type=34), row(107202, type=1, la="381")]
    assert read(csv_bytes(rows, STATE_FUNDED), file_name="schools.csv").kind is FileKind.STATE_FUNDED


def test_columns_are_found_by_name_wherever_they_stand_and_whatever_stands_beside_them() -> None:
    columns = ("NewColumn", *reversed(FULL))
    assert read_one(columns, name="Ash School").name == "Ash School"


def test_what_the_file_has_no_column_for_is_said() -> None:
    file = read(csv_bytes([row(107201)], STATE_FUNDED))
    assert "street" in file.fields
    assert not {"closed_on", "ward_code", "easting", "trust_name"} & file.fields


def test_head_teachers_are_not_read() -> None:
    assert "Headteacher" not in repr(read(csv_bytes([row(107201)])))


@pytest.mark.parametrize(
    ("file_name", "wrap"),
    [
        ("extract.zip", lambda content: zip_bytes({"edubasealldata20250701.csv": content})),
        ("edubasealldata20250701.csv.gz", gzip_bytes),
        ("misnamed.txt", lambda content: content),
    ],
)
def test_zip_and_gzip_are_opened_whatever_the_file_is_called(file_name, wrap) -> None:
    assert names(wrap(csv_bytes([row(107201, name="Ash School")])), file_name=file_name) == ["Ash School"]


def test_of_an_extract_the_widest_table_is_read() -> None:
    content = zip_bytes(
        {
            "__MACOSX/._edubasealldata20250701.csv": b"shadow",
            "edubaseallacademiesandfree20250701.csv": csv_bytes([row(107201, type=34)], ACADEMIES),
            "edubaseallstatefunded20250701.csv": csv_bytes([row(107201, type=34), row(107202)], STATE_FUNDED),
            "links_edubasealldata20250701.csv": csv_bytes([{"URN": "1", "LinkURN": "2"}], LINKS),
            "readme.txt": b"hello",
        }
    )
    file = read(content, file_name="extract.zip")
    assert file.table_name == "edubaseallstatefunded20250701.csv"
    assert [school.urn for school in file.rows["380"]] == [107201, 107202]


def test_of_two_equally_wide_tables_the_later_is_read() -> None:
    content = zip_bytes(
        {
            "a/edubasealldata20250701.csv": csv_bytes([row(107201, name="New")]),
            "edubasealldata20240701.csv": csv_bytes([row(107201, name="Old")]),
        }
    )
    assert names(content, file_name="extract.zip") == ["New"]


# what is refused


@pytest.mark.parametrize(
    "missing", ["URN", "LA (code)", "EstablishmentName", "TypeOfEstablishment", "EstablishmentStatus"]
)
def test_a_file_without_a_required_column_is_refused_by_its_name(missing) -> None:
    columns = [column for column in FULL if not column.startswith(missing)]
    sentence = refusal(csv_bytes([row(107201)], columns))
    assert f"lacks the column {missing}" in sentence


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"<!DOCTYPE html><html><title>Sign in</title></html>",
        b'"A81001","THE DENSHAM SURGERY","Y54"\r\n',
        b"Name,Email\r\nA,a@example.org\r\n",
        "URN;LA (code);EstablishmentName\r\n".encode("utf-16"),
    ],
)
def test_what_is_not_of_the_register_is_refused(content) -> None:
    assert "is not a file of the schools register" in refusal(content, file_name="list.csv")


def test_the_file_of_childrens_centres_is_refused_and_said_to_be_that() -> None:
    content = csv_bytes([row(20001, type=47), row(20002, type=47)], CHILDRENS_CENTRES)
    sentence = refusal(content, file_name="edubaseallchildrencentre20250701.csv")
    assert "children's centres, not of schools" in sentence


def test_a_short_file_of_schools_is_not_taken_for_one_of_childrens_centres() -> None:
    assert names(csv_bytes([row(107201, name="Ash School")], CHILDRENS_CENTRES)) == ["Ash School"]


def test_the_list_of_links_is_refused_and_said_to_be_that() -> None:
    assert "list of links" in refusal(csv_bytes([{"URN": "107201", "LinkURN": "2"}], LINKS))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zip_bytes({}), "no csv"),
        (zip_bytes({"sheet.xml": b"<a/>"}), "no csv"),
        (zip_bytes({"[Content_Types].xml": b"<a/>"}), "an Excel workbook"),
        (zip_bytes({"a.csv": b"x,y", "b.csv": b"z"}), "None of the 2 csv files in the zip lists schools"),
        (zip_bytes({f"{number}.csv": b"x" for number in range(201)}), "more than 200 files"),
        (zip_bytes({"a.csv": csv_bytes([row(107201)])})[:-40], "damaged"),
        (gzip_bytes(csv_bytes([row(107201)]))[:-20], "damaged"),
        (b"\x1f\x8bnot gzip at all", "damaged"),
        (b"PK\x03\x04not a zip at all", "damaged"),
        (b"PK\x03\x04" + zip_bytes({"a.csv": csv_bytes([row(107201)])})[20:], "damaged"),
        (csv_bytes([row(107201)]) + b"\r\n\x81\x8d\x8f", "not text"),
        (csv_bytes([row(107201)], encoding="utf-8-sig") + b"\r\n\xff", "lacks the column URN"),
        (csv_bytes([row(107201, name="x" * 200_000)]), "cannot be read as csv"),
    ],
)
def test_what_cannot_be_read_is_refused(content, words) -> None:
    assert words in refusal(content, file_name="extract.zip")


def test_a_locked_zip_is_refused() -> None:
    content = bytearray(zip_bytes({"a.csv": csv_bytes([row(107201)])}))
    # The flag that says "encrypted", in the local header and in the directory.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(bytes(content), file_name="extract.zip")


def test_a_zip_that_unpacks_beyond_measure_is_refused(monkeypatch) -> None:
    monkeypatch.setattr("wrap_portal.imports.files.LARGEST_TABLE", 3 * 1024 * 1024)
    content = zip_bytes({"edubasealldata.csv": csv_bytes([row(107201)]) + b"\r\n" * 4_000_000})
    assert len(content) < 20_000
    assert "more than 3 MB" in refusal(content, file_name="extract.zip")


def test_a_file_with_more_rows_than_any_register_is_refused(monkeypatch) -> None:
    monkeypatch.setattr("wrap_portal.imports.files.MOST_ROWS", 3)
    content = csv_bytes([row(107201), row(107202), row(107203)])
    assert "more than 3 rows" in refusal(content)


# letters


def test_cp1252_is_read_with_its_curly_apostrophe() -> None:
    content = csv_bytes([row(107201, name="St Andrew\N{RIGHT SINGLE QUOTATION MARK}s")])
    assert b"\x92" in content
    assert names(content) == ["St Andrew\N{RIGHT SINGLE QUOTATION MARK}s"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_copy_saved_again_as_utf_8_is_read(encoding) -> None:
    assert names(csv_bytes([row(107201, name="École")], encoding=encoding)) == ["École"]


def test_an_apostrophe_that_was_read_as_latin_1_is_mended() -> None:
    assert names(csv_bytes([row(107201, name="St Andrew\x92s")], encoding="utf-8")) == [
        "St Andrew\N{RIGHT SINGLE QUOTATION MARK}s"
    ]


def test_a_name_with_a_comma_and_a_status_with_one_are_whole() -> None:
    school = read_one(STATE_FUNDED, name="St Joseph's, a voluntary academy", status=3)
    assert school.name == "St Joseph's, a voluntary academy"
    assert school.status is OrganisationStatus.PROPOSED_TO_CLOSE


def test_white_space_in_names_is_folded() -> None:
    assert read_one(name="  Ash   Primary\N{NO-BREAK SPACE}School ").name == "Ash Primary School"


# cells


@pytest.mark.parametrize("text", ["01", "1", " 1 ", "001"])
def test_a_type_code_is_a_number_however_it_is_written(text) -> None:
    assert read_one(cells={"TypeOfEstablishment (code)": text}).type_code == 1


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (1, OrganisationStatus.OPEN),
        (2, OrganisationStatus.CLOSED),
        (3, OrganisationStatus.PROPOSED_TO_CLOSE),
        (4, OrganisationStatus.PROPOSED_TO_OPEN),
    ],
)
@pytest.mark.parametrize("columns", [FULL, STATE_FUNDED])
def test_every_status_is_read_by_code_and_by_name(columns, status, meaning) -> None:
    assert read_one(columns, status=status).status is meaning


def test_a_phase_that_is_not_applicable_is_none() -> None:
    assert read_one(phase="Not applicable").phase is None
    assert read_one(phase="", cells={"PhaseOfEducation (code)": "4"}).phase == "Secondary"
    assert read_one(phase="", cells={"PhaseOfEducation (code)": "0"}).phase is None


@pytest.mark.parametrize("sentinel", ["999999", "9999", ""])
def test_a_ward_that_stands_for_none_is_none(sentinel) -> None:
    school = read_one(
        cells={"AdministrativeWard (code)": sentinel, "AdministrativeWard (name)": "Not Applicable"}
    )
    assert (school.ward_code, school.ward_name) == (None, None)


@pytest.mark.parametrize("text", ["01-09-2005", "1/9/2005", "2005-09-01"])
def test_dates_are_read_as_the_register_and_as_spreadsheets_write_them(text) -> None:
    assert read_one(opened=text).opened_on == date(2005, 9, 1)


def test_an_address_is_read_with_its_third_line_in_the_locality() -> None:
    school = read_one(cells={"Locality": "Eccleshill", "Address3": "Idle", "Postcode": "bd10 8ab"})
    assert (school.street, school.locality, school.town) == ("Mill Lane", "Eccleshill, Idle", "Bradford")
    assert school.postcode == "BD10 8AB"


# bad rows


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("URN", "10720I"),
        ("URN", "123"),
        ("URN", ""),
        ("EstablishmentName", "  "),
        ("EstablishmentName", "Ash\u202eloohcS"),
        ("EstablishmentName", "x" * 301),
        ("EstablishmentStatus (code)", "7"),
        ("OpenDate", "31-02-2020"),
        ("CloseDate", "soon"),
    ],
)
def test_a_row_that_lacks_what_a_school_needs_is_left_out_and_named(column, value) -> None:
    rows = [row(107201), row(107202, cells={column: value})]
    file = read(csv_bytes(rows, encoding="utf-8"))
    [school], [problem] = file.rows["380"], file.problems["380"]
    assert school.urn == 107201
    assert (problem.row, problem.column, problem.row_left_out) == (3, column, True)
    assert file.row_counts["380"] == 2


def test_a_bad_row_shows_its_value_shortened_and_printable() -> None:
    [(_, _, value, _)] = problems(row(107201, name="\x07" + "x" * 400))
    assert value == "\N{REPLACEMENT CHARACTER}" + "x" * 58 + "…"


def test_a_school_that_closed_before_it_opened_is_left_out() -> None:
    assert problems(row(107201, opened="01-09-2020", closed="31-08-2020", status=2)) == [
        (2, "CloseDate", "31-08-2020", True)
    ]


def test_a_urn_that_is_there_twice_counts_once() -> None:
    file = read(csv_bytes([row(107201, name="First"), row(107202), row(107201, name="Second")]))
    assert [school.name for school in file.rows["380"]] == ["First", "School 107202"]
    [problem] = file.problems["380"]
    assert (problem.row, problem.column, problem.reason) == (4, "URN", "The same URN as in row 2")


def test_a_row_with_more_cells_than_headings_is_left_out() -> None:
    content = csv_bytes([row(107201), row(107202)]).replace(b'"School 107202"', b"School, 107202")
    file = read(content)
    [problem] = file.problems["380"]
    assert (problem.row, problem.column) == (3, "whole row")
    assert problem.value == f"{len(FULL) + 1} cells under {len(FULL)} headings"
    assert file.unread == {107202}


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("StatutoryLowAge", "three", "lowest_age"),
        ("Easting", "-1", "easting"),
        ("SchoolWebsite", "javascript:alert(1)", "website"),
        ("Town", "Brad\x07ford", "town"),
    ],
)
def test_a_value_that_a_school_can_do_without_is_left_out_alone(column, value, field) -> None:
    file = read(csv_bytes([row(107201, cells={column: value})]))
    [school], [problem] = file.rows["380"], file.problems["380"]
    assert getattr(school, field) is None
    assert (problem.row, problem.column, problem.row_left_out) == (2, column, False)


@pytest.mark.parametrize("columns", [FULL, STATE_FUNDED])
def test_a_type_that_is_not_known_keeps_the_school_and_is_said(columns) -> None:
    file = read(
        csv_bytes([row(107201, type=99, cells={"TypeOfEstablishment (name)": "Pop-up school"})], columns)
    )
    [school], [problem] = file.rows["380"], file.problems["380"]
    assert (school.type_code, school.type_name) == (None, "Pop-up school")
    assert problem.column.startswith("TypeOfEstablishment")


def test_rows_of_other_authorities_are_passed_over_and_their_schools_remembered() -> None:
    file = read(csv_bytes([row(107201), row(107202, la="381", name=""), row(107203, la="381")]))
    assert list(file.rows) == ["380"]
    assert not file.problems
    assert file.listed == {107201: "380", 107202: "381", 107203: "381"}


def test_a_row_whose_authority_cannot_be_told_is_a_problem_of_all() -> None:
    file = read(csv_bytes([row(107201), row(107202, la="38O")]))
    [problem] = file.problems[ANY_AUTHORITY]
    assert (problem.row, problem.column, problem.value) == (3, "LA (code)", "38O")
    assert file.unread == {107202}


def test_an_authority_code_that_lost_its_zeros_is_read() -> None:
    assert list(read(csv_bytes([row(107201, la="7")]), codes=["007"]).rows) == ["007"]


def test_blank_lines_are_no_rows_and_are_counted_in_the_row_numbers() -> None:
    content = csv_bytes([row(107201)]) + b"\r\n\r\n" + csv_bytes([row(107202, name="")]).split(b"\r\n")[1]
    file = read(content)
    assert file.row_counts == {"380": 2}
    assert [problem.row for problem in file.problems["380"]] == [4]


def test_every_authority_of_the_file_is_read_where_none_is_chosen() -> None:
    rows = [row(107201), row(107202, la="381", la_name="Calderdale"), row(107203, la="381")]
    file = read(csv_bytes(rows), codes=None)
    assert {code: len(schools) for code, schools in file.rows.items()} == {"380": 1, "381": 2}
    assert file.authority_names == {"380": "Bradford", "381": "Calderdale"}


# the register's date


@pytest.mark.parametrize(
    ("changes", "file_name", "expected"),
    [
        (["01-06-2025", "03-06-2025", "02-06-2025"], "edubasealldata20250701.csv", date(2025, 6, 3)),
        (["", "99-99-2025"], "edubasealldata20250701.csv", date(2025, 7, 1)),
        (["01-01-2999"], "edubasealldata20250701.csv", date(2025, 7, 1)),
        ([""], "edubasealldata20259999.csv", date(2025, 7, 20)),
        ([""], "edubasealldata20990101.csv", date(2025, 7, 20)),
        ([""], "schools.csv", date(2025, 7, 20)),
    ],
)
def test_the_date_is_of_the_last_change_else_in_the_name_else_today(changes, file_name, expected) -> None:
    rows = [row(107201 + place, cells={"LastChangedDate": changed}) for place, changed in enumerate(changes)]
    assert read(csv_bytes(rows), file_name=file_name).register_date == expected


def test_the_last_change_of_any_authority_dates_the_file() -> None:
    rows = [row(107201), row(107202, la="381", cells={"LastChangedDate": "15-07-2025"})]
    assert read(csv_bytes(rows)).register_date == date(2025, 7, 15)


def test_the_date_of_a_zipped_file_is_in_the_inner_name() -> None:
    content = zip_bytes({"edubaseallstatefunded20250701.csv": csv_bytes([row(107201)], STATE_FUNDED)})
    assert read(content, file_name="extract_20200101.zip").register_date == date(2025, 7, 1)
