"""The fields that forms are made of. Each takes whatever is posted, keeps it for the page, and says in a
sentence what is wrong with it.

A field is required unless `required=False`. `called` is how its sentences name it ("the start date"), made
from the label where it is left out; `missing` replaces the sentence for an empty answer.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import Enum
from typing import Any

from email_validator import EmailNotValidError, validate_email
from werkzeug.datastructures import FileStorage
from wtforms import Field
from wtforms.utils import unset_value
from wtforms.validators import StopValidation
from wtforms.widgets import HiddenInput

from wrap_portal.web import widgets
from wrap_portal.web.free_text import has_unusable, lines, one_line, without_unusable
from wrap_portal.wording import count_text, date_text, time_text

# Nothing that the portal keeps happened before or is planned after; both leave room for date arithmetic.
FIRST_YEAR, LAST_YEAR = 1900, 2100

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Question(Field):
    """What every field here shares: whether an answer is needed, and how sentences name it."""

    verb = "Enter"

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Callable[..., None]] | None = None,
        *,
        required: bool = True,
        called: str = "",
        missing: str = "",
        hint: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, list(validators or ()), description=hint, **kwargs)
        self.required = required
        self.called = called or _inside_a_sentence(self.label.text)
        self.missing = missing or f"{self.verb} {self.called}"

    @property
    def starting(self) -> str:
        """How a sentence that begins with the field names it."""
        return self.called[:1].upper() + self.called[1:]

    @property
    def marks_optional(self) -> bool:
        """Whether the form says "(optional)" behind what need not be answered."""
        return bool(getattr(_form_of(self), "marks_optional", True))

    @property
    def error_id(self) -> str:
        """The id of the element that the error summary leads to."""
        return str(self.id)

    def is_empty(self) -> bool:
        """True where there is no answer."""
        return self.data is None or self.data == ""

    def pre_validate(self, form: Any) -> None:
        """Stop at an answer that could not be read, is missing, or need not be there."""
        if self.errors:
            raise StopValidation()
        if self.is_empty():
            raise StopValidation(self.missing if self.required else "")
        self.check()

    def check(self) -> None:
        """Look at an answer that is there. Raises StopValidation with a sentence."""

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


class TextField(Question):
    """One line of text. `data` is a str, "" for none."""

    widget = widgets.TextInput()
    tidy = staticmethod(one_line)

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Callable[..., None]] | None = None,
        *,
        max_length: int = 200,
        autocomplete: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.max_length = max_length
        self.input_hints: dict[str, Any] = {"autocomplete": autocomplete} if autocomplete else {}

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the text; characters that cannot be kept are taken out, and that is said."""
        if not valuelist and _keeps_defaults(self):
            return
        posted = _first_text(valuelist)
        self.data = self.tidy(without_unusable(posted))
        if has_unusable(posted):
            raise ValueError(
                f"{self.starting} had characters that cannot be kept. "
                "They have been taken out: check it and try again"
            )

    def check(self) -> None:
        """Refuse what is too long."""
        if len(self.data) > self.max_length:
            raise StopValidation(
                f"{self.starting} must be {count_text(self.max_length, 'character')} or fewer"
            )


class TextAreaField(TextField):
    """Several lines of text. `data` is a str with plain line ends."""

    widget = widgets.TextArea()
    tidy = staticmethod(lines)

    def __init__(
        self, label: str | None = None, validators: Any = None, *, max_length: int = 2000, **kwargs: Any
    ):
        super().__init__(label, validators, max_length=max_length, **kwargs)


class HiddenField(TextField):
    """A value that travels with the form, printed by `form.hidden_tag()`."""

    widget = HiddenInput()  # type: ignore[assignment]


class EmailField(TextField):
    """An e-mail address. `data` is a str, "" for none; whether it can be delivered to is not asked."""

    def __init__(self, label: str | None = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, max_length=254, **({"autocomplete": "email"} | kwargs))
        self.input_hints |= {"type": "email", "spellcheck": False, "autocapitalize": "none"}

    def check(self) -> None:
        """Refuse what is not an address."""
        super().check()
        try:
            # Invented people have invented addresses (.test, .example): they are for whoever sends to refuse.
            address = validate_email(
                self.data, check_deliverability=False, test_environment=True, allow_smtputf8=False
            )
        except EmailNotValidError:
            raise StopValidation(
                f"{self.starting} must be in the correct format, like name@example.com"
            ) from None
        self.data = address.normalized


class WholeNumberField(Question):
    """A whole number, "1,200" as well as "1200". `data` is an int or None."""

    widget = widgets.TextInput()

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        at_least: int = 0,
        at_most: int = 1_000_000,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.at_least, self.at_most = at_least, at_most
        self.input_hints = {"inputmode": "numeric"}
        self.typed = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number; what is not one stays on the page as it was typed."""
        if not valuelist and _keeps_defaults(self):
            return
        self.typed, self.data = one_line(without_unusable(_first_text(valuelist))), None
        if not self.typed:
            return
        if not re.fullmatch(r"-?[0-9]{1,3}(?:,[0-9]{3})+|-?[0-9]+", self.typed):
            raise ValueError(f"{self.starting} must be a whole number")
        digits = self.typed.replace(",", "")
        # Python refuses to read thousands of digits; so many are out of range in any case.
        self.data = int(digits[:30])

    def check(self) -> None:
        """Refuse what is out of range."""
        if self.data < self.at_least:
            raise StopValidation(f"{self.starting} must be {count_text(self.at_least)} or more")
        if self.data > self.at_most:
            raise StopValidation(f"{self.starting} must be {count_text(self.at_most)} or fewer")

    def _value(self) -> str:
        return self.typed or super()._value()


class DateField(Question):
    """A date in three parts, posted as name-day, name-month and name-year. `data` is a date or None.

    Three values called just `name`, or one like 2027-03-14, are read too: addresses are shorter that way.
    `earliest` and `latest` are dates, or functions that return one when the form is checked.
    """

    widget = widgets.DateInput()

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        earliest: date | Callable[[], date] | None = None,
        latest: date | Callable[[], date] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.earliest, self.latest = earliest, latest
        self.parts: tuple[str, str, str] = ("", "", "")
        self.error_part: str | None = None

    @property
    def error_id(self) -> str:
        """The first box that is wrong; the day where the date as a whole is."""
        return f"{self.id}-{self.error_part or 'day'}"

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the parts, or keep the default where a filter form says nothing of it."""
        super().process(None, data, extra_filters)
        if isinstance(self.data, date):
            self.parts = (str(self.data.day), str(self.data.month), str(self.data.year))
        if formdata is None:
            return
        posted = self._posted(formdata)
        if posted is None and _keeps_defaults(self):
            return
        self.parts = posted or ("", "", "")
        self.raw_data = list(self.parts)
        self.data = None
        try:
            self.data = self._read()
        except ValueError as error:
            self.process_errors = [error.args[0]]

    def check(self) -> None:
        """Refuse what is outside the range."""
        earliest, latest = _now(self.earliest), _now(self.latest)
        if earliest and self.data < earliest:
            raise StopValidation(f"{self.starting} must be on or after {date_text(earliest)}")
        if latest and self.data > latest:
            raise StopValidation(f"{self.starting} must be on or before {date_text(latest)}")

    def _posted(self, formdata: Any) -> tuple[str, str, str] | None:
        names = [f"{self.name}-{part}" for part in widgets.PARTS]
        if any(name in formdata for name in names):
            values = [_first_text(formdata.getlist(name)) for name in names]
        elif self.name in formdata:
            values = [_first_text([value]) for value in formdata.getlist(self.name)]
            if len(values) == 1:
                values = _split_date(values[0])
        else:
            return None
        day, month, year = ([one_line(without_unusable(value))[:30] for value in values] + ["", "", ""])[:3]
        return day, month, year

    def _read(self) -> date | None:
        if not any(self.parts):
            return None
        missing = [name for name, part in zip(widgets.PARTS, self.parts, strict=True) if not part]
        if missing:
            raise self._wrong(missing[0], f"must include a {' and a '.join(missing)}")
        day = _number(self.parts[0], 1, 31)
        month = _month(self.parts[1])
        if day is None or month is None:
            raise self._wrong("day" if day is None else "month", "must be a real date")
        if not re.fullmatch(r"[0-9]{4}", self.parts[2]):
            raise self._wrong("year", "must have a year of 4 numbers, like 2027")
        year = _number(self.parts[2], FIRST_YEAR, LAST_YEAR)
        if year is None:
            raise self._wrong("year", f"must be between {FIRST_YEAR} and {LAST_YEAR}")
        try:
            return date(year, month, day)
        except ValueError:
            raise self._wrong("day", "must be a real date") from None

    def _wrong(self, part: str, what: str) -> ValueError:
        self.error_part = part
        return ValueError(f"{self.starting} {what}")


class TimeField(Question):
    """A time of day as people write it: 14:00, 2pm, 2.30pm, midday. `data` is a time or None."""

    widget = widgets.TextInput()

    def __init__(self, label: str | None = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **({"hint": "For example, 2pm or 14:30"} | kwargs))
        self.input_hints: dict[str, Any] = {}
        self.typed = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the time; what is not one stays on the page as it was typed."""
        if not valuelist and _keeps_defaults(self):
            return
        self.typed, self.data = one_line(without_unusable(_first_text(valuelist)))[:30], None
        if self.typed:
            self.data = self._read()

    def _read(self) -> time:
        words = self.typed.lower().replace(" ", "")
        if words in ("midday", "noon", "midnight"):
            return time(0 if words == "midnight" else 12)
        found = re.fullmatch(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?(am|pm|a\.m\.?|p\.m\.?)?", words)
        if found is None:
            raise ValueError(self._not_a_time())
        hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "")[:1]
        if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
            raise ValueError(self._not_a_time())
        if half:
            return time(hour % 12 + (12 if half == "p" else 0), minute)
        if found[2] is None:
            raise ValueError(self._not_a_time())
        # Nobody means half past two at night; to guess would be a session that nobody comes to.
        if len(found[1]) == 1 and 1 <= hour <= 7:
            raise ValueError(f"Say whether {self.called} is am or pm, for example {hour}:{minute:02}pm")
        return time(hour, minute)

    def _not_a_time(self) -> str:
        return f"{self.starting} must be a time, like 2pm or 14:30"

    def _value(self) -> str:
        return self.typed or (time_text(self.data) if self.data is not None else "")


@dataclass(frozen=True)
class Option:
    """One thing to choose: the Python value that `data` becomes, its words, and a hint below them."""

    value: Any
    text: str
    hint: str = ""


class _Choice(Question):
    """Fields with options. What is posted is looked up among them, so `data` holds their own values: an id,
    an enum's member, a text; never what was not offered. `choices` may be set after the form was made."""

    verb = "Select"
    # A list without options is still on the page; boxes and circles without options are nothing to go to.
    shown_without_options = False

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        choices: Iterable[Option | tuple[Any, str]] = (),
        blank: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.choices = choices
        self.blank = blank

    @property
    def choices(self) -> list[Option]:
        """The options. Set it with Option or (value, text)."""
        return self.options

    @choices.setter
    def choices(self, choices: Iterable[Option | tuple[Any, str]]) -> None:
        self.options = [choice if isinstance(choice, Option) else Option(*choice) for choice in choices]

    @property
    def error_id(self) -> str:
        """The first option's id; "" where there is none."""
        return str(self.id) if self.options or self.shown_without_options else ""

    @staticmethod
    def posted_form(value: Any) -> str:
        """Return an option's value as it travels in a form."""
        return str(value.value if isinstance(value, Enum) else value)

    def _lookup(self, posted: str) -> Any:
        for option in self.options:
            if self.posted_form(option.value) == posted:
                return option.value
        raise LookupError(posted)


class SelectField(_Choice):
    """One of a list. `data` is the option's value or None. `blank` is what the empty line says."""

    widget = widgets.Select()
    shown_without_options = True

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Remember what was posted; it is looked up when the options are known."""
        self.posted: str | None = None
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Remember what was posted."""
        if valuelist or not _keeps_defaults(self):
            self.posted = _first_text(valuelist)

    @property
    def data(self) -> Any:
        """The value of the chosen option."""
        if self.posted is None:
            return self._data
        try:
            return self._lookup(self.posted)
        except LookupError:
            return None

    @data.setter
    def data(self, value: Any) -> None:
        self._data = value
        self.posted = None

    def is_chosen(self, value: Any) -> bool:
        """True for the option that is chosen."""
        return bool(self.data is not None and self.data == value)

    def is_empty(self) -> bool:
        """True where nothing was chosen; an answer that was not offered is an answer, and refused."""
        return not self.posted if self.posted is not None else self._data is None

    def check(self) -> None:
        """Refuse what was not offered."""
        if self.data is None:
            raise StopValidation(f"{self.starting} must be one of the list")


class RadiosField(SelectField):
    """One of a few, all in view. `data` is the option's value or None."""

    widget = widgets.Radios()
    shown_without_options = False


class CheckboxesField(_Choice):
    """Any number of options. `data` is a list of their values, in the order they are offered."""

    widget = widgets.Checkboxes()

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Remember what was posted; it is looked up when the options are known."""
        self.posted: list[str] | None = None
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Remember what was posted."""
        if valuelist or not _keeps_defaults(self):
            self.posted = [_first_text([value]) for value in valuelist if value != ""]

    @property
    def data(self) -> Any:
        """The values of the chosen options."""
        if self.posted is None:
            return list(self._data or [])
        wanted = set(self.posted)
        return [option.value for option in self.options if self.posted_form(option.value) in wanted]

    @data.setter
    def data(self, value: Any) -> None:
        self._data = value
        self.posted = None

    def is_chosen(self, value: Any) -> bool:
        """True for an option that is chosen."""
        return value in self.data

    def is_empty(self) -> bool:
        """True where no box is ticked."""
        return not (self.data if self.posted is None else self.posted)

    def check(self) -> None:
        """Refuse what was not offered."""
        offered = {self.posted_form(option.value) for option in self.options}
        if self.posted is not None and not set(self.posted) <= offered:
            raise StopValidation(f"{self.starting} must be one of the list")


class CheckboxField(Question):
    """One box. `data` is a bool; `required` means that it must be ticked."""

    widget = widgets.Checkbox()
    verb = "Confirm"

    def __init__(self, label: str | None = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **({"required": False} | kwargs))

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read whether it is ticked: a browser sends nothing where it is not."""
        if valuelist or not _keeps_defaults(self):
            self.data = any(value not in ("", "no", "false", "0") for value in valuelist)

    def is_empty(self) -> bool:
        """True where it is not ticked."""
        return not self.data


class FileField(Question):
    """A file to upload. `data` is a FileStorage or None. `endings` like (".csv", ".zip") are the names it may
    have; what is in the file is for the room to judge."""

    widget = widgets.FileInput()
    verb = "Select"

    def __init__(
        self, label: str | None = None, validators: Any = None, *, endings: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.endings = tuple(endings)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first file that has a name; text posted in its place is no file."""
        files = [value for value in valuelist if isinstance(value, FileStorage) and value.filename]
        self.data = files[0] if files else None

    def check(self) -> None:
        """Refuse other endings and empty files."""
        name = self.data.filename.lower()
        if self.endings and not name.endswith(self.endings):
            raise StopValidation(f"{self.starting} must be a {' or '.join(self.endings)} file")
        if not self.data.stream.read(1):
            raise StopValidation("The selected file is empty")
        self.data.stream.seek(0)


def _first_text(values: Sequence[Any]) -> str:
    """The first posted value; a file sent under a text field's name is no text."""
    return values[0] if values and isinstance(values[0], str) else ""


def _keeps_defaults(field: Field) -> bool:
    return bool(getattr(_form_of(field), "keeps_defaults", False))


def _form_of(field: Field) -> Any:
    return field._form  # type: ignore[attr-defined]  # the stubs lag behind WTForms 3.3


def _inside_a_sentence(label: str) -> str:
    """ "Start date" becomes "start date"; "URN" and "NHS number" stay."""
    first_word = label.split(" ", 1)[0]
    return label if any(letter.isupper() for letter in first_word[1:]) else label[:1].lower() + label[1:]


def _split_date(words: str) -> list[str]:
    words = words.strip()
    if re.fullmatch(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", words):
        return words.split("-")[::-1]
    return re.split(r"[/ .]", words, maxsplit=2)


def _number(part: str, lowest: int, highest: int) -> int | None:
    if not re.fullmatch(r"[0-9]{1,4}", part):
        return None
    number = int(part)
    return number if lowest <= number <= highest else None


def _month(part: str) -> int | None:
    if len(part) >= 3 and part[:3].lower() in MONTHS and part.isalpha():
        return MONTHS.index(part[:3].lower()) + 1
    return _number(part, 1, 12)


def _now(limit: date | Callable[[], date] | None) -> date | None:
    return limit() if callable(limit) else limit
