"""Each field reads what people type, and says what is wrong with the rest."""

import io
from datetime import date, time
from enum import StrEnum
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import Form as PlainForm
from wtforms.validators import ValidationError

from wrap_portal.web import fields
from wrap_portal.web.forms import FilterForm


def asked(field: Any, posted: list[tuple[str, Any]], base: type[PlainForm] = PlainForm) -> Any:
    """Return the field `answer` of a form that was posted and checked."""
    form_class = type("OneQuestion", (base,), {"answer": field})
    form = form_class(MultiDict(posted))
    form.validate()
    return form.answer


@pytest.mark.parametrize(
    ("posted", "data"),
    [
        ("  Ada   Byron\t", "Ada Byron"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("O'Neil\u00a0Ann", "O'Neil Ann"),
        ("<b>=1+1", "<b>=1+1"),
    ],
)
def test_text_is_tidied(posted: str, data: str) -> None:
    assert asked(fields.TextField("Full name"), [("answer", posted)]).data == data


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\u202e", "\u2066", "\ud800", "\ufffd", "\x85", "\u2028"])
def test_text_takes_out_what_cannot_be_kept_and_says_so(bad: str) -> None:
    field = asked(fields.TextField("Full name"), [("answer", f"Ada{bad} Byron")])
    assert field.data == "Ada Byron"
    assert field.errors == [
        "Full name had characters that cannot be kept. They have been taken out: check it and try again"
    ]


def test_text_that_is_too_long_is_refused_and_not_cut() -> None:
    field = asked(fields.TextField("Full name", max_length=5), [("answer", "Byrons")])
    assert field.errors == ["Full name must be 5 characters or fewer"]
    assert field.data == "Byrons"
    assert asked(fields.TextField("Full name", max_length=5), [("answer", "Byron")]).errors == []


def test_text_area_keeps_lines() -> None:
    field = asked(fields.TextAreaField("Notes"), [("answer", " one\r\n\r\ntwo \r\n")])
    assert field.data == "one\n\ntwo"


def test_a_missing_answer_is_asked_for_in_the_field_s_own_words() -> None:
    assert asked(fields.TextField("Full name"), []).errors == ["Enter full name"]
    assert asked(fields.TextField("URN"), [("answer", "  ")]).errors == ["Enter URN"]
    assert asked(fields.TextField("Name", called="the school's name"), []).errors == [
        "Enter the school's name"
    ]
    assert asked(fields.TextField("Name", missing="Say who you are"), []).errors == ["Say who you are"]
    assert asked(fields.TextField("Name", required=False), []).errors == []


def test_own_validators_run_only_on_an_answer() -> None:
    def never(form: PlainForm, field: Any) -> None:
        raise ValidationError("No")

    assert asked(fields.TextField("Name", [never]), [("answer", "x")]).errors == ["No"]
    assert asked(fields.TextField("Name", [never], required=False), [("answer", "")]).errors == []


@pytest.mark.parametrize("address", ["ada@example.org", "ada.byron+wrap@school.sch.uk", "ada@school.test"])
def test_email_takes_addresses(address: str) -> None:
    field = asked(fields.EmailField("E-mail address"), [("answer", f" {address} ")])
    assert (field.errors, field.data) == ([], address)


@pytest.mark.parametrize(
    "address", ["ada", "ada@", "a@b@c.org", "ada@example.org, x@example.org", "ä@example.org"]
)
def test_email_refuses_the_rest(address: str) -> None:
    field = asked(fields.EmailField("E-mail address"), [("answer", address)])
    assert field.errors == ["E-mail address must be in the correct format, like name@example.com"]


@pytest.mark.parametrize(
    ("posted", "data"), [("12", 12), (" 1,200 ", 1200), ("0", 0), ("007", 7), ("1000000", 1_000_000)]
)
def test_whole_number_reads_numbers(posted: str, data: int) -> None:
    field = asked(fields.WholeNumberField("Places"), [("answer", posted)])
    assert (field.errors, field.data) == ([], data)


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ("twelve", "Places must be a whole number"),
        ("1.5", "Places must be a whole number"),
        ("1,2", "Places must be a whole number"),
        ("²", "Places must be a whole number"),
        ("٣", "Places must be a whole number"),
        ("-1", "Places must be 1 or more"),
        ("501", "Places must be 500 or fewer"),
        ("9" * 5000, "Places must be 500 or fewer"),
    ],
)
def test_whole_number_says_what_is_wrong_and_keeps_what_was_typed(posted: str, sentence: str) -> None:
    field = asked(fields.WholeNumberField("Places", at_least=1, at_most=500), [("answer", posted)])
    assert field.errors == [sentence]
    assert field._value() == posted


def posted_date(day: str, month: str, year: str) -> list[tuple[str, Any]]:
    return [("answer-day", day), ("answer-month", month), ("answer-year", year)]


@pytest.mark.parametrize(
    "posted",
    [
        posted_date("14", "3", "2027"),
        posted_date(" 14 ", "03", "2027"),
        posted_date("14", "March", "2027"),
        posted_date("14", "mar", "2027"),
        [("answer", "14"), ("answer", "3"), ("answer", "2027")],
        [("answer", "2027-03-14")],
        [("answer", "14/3/2027")],
        [("answer", "14 March 2027")],
    ],
)
def test_date_reads_every_way_to_write_one(posted: list[tuple[str, Any]]) -> None:
    field = asked(fields.DateField("Start date"), posted)
    assert (field.errors, field.data) == ([], date(2027, 3, 14))


@pytest.mark.parametrize(
    ("posted", "sentence", "part"),
    [
        (posted_date("", "", ""), "Enter start date", "day"),
        ([], "Enter start date", "day"),
        (posted_date("14", "", "2027"), "Start date must include a month", "month"),
        (posted_date("", "3", ""), "Start date must include a day and a year", "day"),
        (posted_date("32", "3", "2027"), "Start date must be a real date", "day"),
        (posted_date("14", "13", "2027"), "Start date must be a real date", "month"),
        (posted_date("14", "marching 1", "2027"), "Start date must be a real date", "month"),
        (posted_date("29", "2", "2027"), "Start date must be a real date", "day"),
        (posted_date("14", "3", "27"), "Start date must have a year of 4 numbers, like 2027", "year"),
        (posted_date("14", "3", "1066"), "Start date must be between 1900 and 2100", "year"),
        (posted_date("²", "3", "2027"), "Start date must be a real date", "day"),
        (posted_date("1" * 100_000, "3", "2027"), "Start date must be a real date", "day"),
        ([("answer", "x"), ("answer", "3")], "Start date must include a year", "year"),
        ([("answer", "soon")], "Start date must include a month and a year", "month"),
        ([("answer", "1")] * 9, "Start date must have a year of 4 numbers, like 2027", "year"),
        ([("answer-day", "14")], "Start date must include a month and a year", "month"),
        ([("answer-day", FileStorage())], "Enter start date", "day"),
    ],
)
def test_date_puts_the_error_on_the_first_part_that_is_wrong(
    posted: list[tuple[str, Any]], sentence: str, part: str
) -> None:
    field = asked(fields.DateField("Start date"), posted)
    assert field.errors == [sentence]
    assert field.error_id == f"answer-{part}"
    assert field.data is None


def test_date_keeps_to_its_range() -> None:
    field = fields.DateField("Date", earliest=date(2015, 7, 1), latest=lambda: date(2026, 11, 23))
    assert asked(field, [("answer", "2015-06-30")]).errors == ["Date must be on or after 1 July 2015"]
    assert asked(field, [("answer", "2026-11-24")]).errors == ["Date must be on or before 23 November 2026"]
    assert asked(field, [("answer", "2026-11-23")]).errors == []


@pytest.mark.parametrize(
    ("posted", "data"),
    [
        ("14:00", time(14)),
        ("14.30", time(14, 30)),
        ("1430", time(14, 30)),
        ("2pm", time(14)),
        ("2 PM", time(14)),
        ("2.30pm", time(14, 30)),
        ("2:30 p.m.", time(14, 30)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("midday", time(12)),
        ("noon", time(12)),
        ("Midnight", time(0)),
        ("9:15", time(9, 15)),
        ("02:30", time(2, 30)),
    ],
)
def test_time_reads_what_people_write(posted: str, data: time) -> None:
    field = asked(fields.TimeField("Start time"), [("answer", posted)])
    assert (field.errors, field.data) == ([], data)


@pytest.mark.parametrize(
    "posted", ["25:00", "14:60", "14pm", "0am", "9", "afternoon", "٢pm", "2:3", "1:00:00"]
)
def test_time_refuses_the_rest(posted: str) -> None:
    field = asked(fields.TimeField("Start time"), [("answer", posted)])
    assert field.errors == ["Start time must be a time, like 2pm or 14:30"]
    assert field._value() == posted


def test_time_asks_rather_than_guess_the_half_of_the_day() -> None:
    field = asked(fields.TimeField("Start time"), [("answer", "2:30")])
    assert field.errors == ["Say whether start time is am or pm, for example 2:30pm"]


class Mode(StrEnum):
    ROOM = "room"
    ONLINE = "online"


CHOICES = [(1, "WRAP"), (Mode.ONLINE, "Online"), ("x y", "Text")]


@pytest.mark.parametrize("kind", [fields.SelectField, fields.RadiosField])
@pytest.mark.parametrize(("posted", "data"), [("1", 1), ("online", Mode.ONLINE), ("x y", "x y")])
def test_choice_gives_the_option_s_own_value(kind: Any, posted: str, data: Any) -> None:
    field = asked(kind("Course", choices=CHOICES), [("answer", posted)])
    assert field.errors == []
    assert field.data is data or field.data == data
    assert type(field.data) is type(data)


@pytest.mark.parametrize("kind", [fields.SelectField, fields.RadiosField, fields.CheckboxesField])
@pytest.mark.parametrize("posted", ["3", "1 ", "Mode.ONLINE", "²", "1" * 5000])
def test_choice_refuses_what_was_not_offered(kind: Any, posted: str) -> None:
    field = asked(kind("Course", choices=CHOICES), [("answer", posted)])
    assert field.errors == ["Course must be one of the list"]
    assert not field.data


def test_choices_may_come_after_the_form_was_made() -> None:
    class Late(PlainForm):
        course = fields.SelectField("Course")

    form = Late(MultiDict([("course", "5")]))
    form.course.choices = [(5, "Refresher")]
    assert form.validate()
    assert form.course.data == 5


@pytest.mark.parametrize("kind", [fields.SelectField, fields.RadiosField, fields.CheckboxesField])
def test_choice_asks_for_a_missing_answer(kind: Any) -> None:
    assert asked(kind("Course", choices=CHOICES), []).errors == ["Select course"]
    assert asked(kind("Course", choices=CHOICES), [("answer", "")]).errors == ["Select course"]
    assert asked(kind("Course", choices=CHOICES, required=False), []).errors == []


def test_checkboxes_give_the_values_in_the_order_offered() -> None:
    field = asked(
        fields.CheckboxesField("People", choices=[(3, "C"), (1, "A"), (2, "B")]),
        [("answer", "2"), ("answer", "3"), ("answer", "2")],
    )
    assert (field.errors, field.data) == ([], [3, 2])


def test_checkbox_is_a_bool_and_can_be_demanded() -> None:
    assert asked(fields.CheckboxField("Told"), [("answer", "yes")]).data is True
    assert asked(fields.CheckboxField("Told"), []).data is False
    assert asked(fields.CheckboxField("Told"), []).errors == []
    demanded = fields.CheckboxField("Told", required=True, called="that you have told them")
    assert asked(demanded, []).errors == ["Confirm that you have told them"]


def upload(content: bytes, name: str) -> list[tuple[str, Any]]:
    return [("answer", FileStorage(io.BytesIO(content), filename=name))]


def test_file_is_taken_from_its_start() -> None:
    field = asked(fields.FileField("Register", endings=(".csv", ".zip")), upload(b"URN\n", "GIAS.CSV"))
    assert field.errors == []
    assert field.data.stream.read() == b"URN\n"


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        (upload(b"", "empty.csv"), "The selected file is empty"),
        (upload(b"x", "list.pdf"), "Register must be a .csv or .zip file"),
        (upload(b"x", ""), "Select register"),
        ([("answer", "not a file")], "Select register"),
        ([], "Select register"),
    ],
)
def test_file_says_what_is_wrong(posted: list[tuple[str, Any]], sentence: str) -> None:
    assert asked(fields.FileField("Register", endings=(".csv", ".zip")), posted).errors == [sentence]


def test_a_file_in_place_of_text_is_no_answer() -> None:
    for kind in (fields.TextField, fields.WholeNumberField, fields.TimeField, fields.SelectField):
        assert asked(kind("Name"), upload(b"x", "x.csv")).errors, kind


def test_a_filter_keeps_its_default_where_the_address_says_nothing() -> None:
    day = date(2026, 11, 23)
    field = fields.DateField("As at", required=False, default=day)
    assert asked(field, [], FilterForm).data == day
    assert asked(field, [("answer", "2027-03-14")], FilterForm).data == date(2027, 3, 14)
    phases = fields.SelectField("Phase", choices=[("p", "Primary")], required=False, default="p")
    assert asked(phases, [], FilterForm).data == "p"
    assert asked(phases, [("answer", "")], FilterForm).data is None
