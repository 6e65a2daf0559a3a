"""The forms of the attendance room."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid4

from wrap_portal import clock
from wrap_portal.attendance import rules
from wrap_portal.attendance.models import AttendanceOutcome
from wrap_portal.attendance.queries import Deliverer, OrganisationOption, RegisterRow
from wrap_portal.records.rules import FIRST_DAY, LARGEST_HEADCOUNT
from wrap_portal.web.fields import (
    CheckboxesField,
    DateField,
    EmailField,
    HiddenField,
    Option,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
    WholeNumberField,
)
from wrap_portal.web.forms import Form
from wrap_portal.wording import date_text

OUTCOMES = [
    Option(AttendanceOutcome.ATTENDED, "Attended"),
    Option(AttendanceOutcome.LEFT_EARLY, "Left early"),
    Option(AttendanceOutcome.DID_NOT_ATTEND, "Did not attend"),
]


class RegisterForm(Form):
    """The marks of a register: made for its rows by `register_form`.

    Beside each mark travels what the page showed, so that an old page never undoes what was saved meanwhile.
    """

    marks_optional = False
    person_ids: Sequence[int] = ()

    def mark_of(self, person_id: int) -> RadiosField:
        """Return the field of one person's mark."""
        field: RadiosField = self[_mark_name(person_id)]
        return field

    def changes(self, sent: Mapping[str, str]) -> dict[int, AttendanceOutcome]:
        """Return the marks that were made on the page, by person.

        Arguments: what was posted. Marks of people who are not on the register any more are among them: the
        service refuses those, where leaving them out would lose them without a word.
        """
        shown = {number: _outcome(self[_shown_name(number)].data) for number in self.person_ids}
        marks = {number: self.mark_of(number).data for number in self.person_ids}
        for name, value in sent.items():
            number = name.removeprefix("mark-")
            # Python refuses to read thousands of digits; so many are nobody's number in any case.
            if name.startswith("mark-") and number.isdecimal() and int(number[:30]) not in marks:
                marks[int(number[:30])] = _outcome(value)
                shown[int(number[:30])] = _outcome(sent.get(_shown_name(int(number[:30])), ""))
        return rules.changed_marks(shown, marks)


def register_form(rows: Sequence[RegisterRow]) -> RegisterForm:
    """Make the form of a register with a mark for each row."""
    fields: dict[str, object] = {"person_ids": [row.person_id for row in rows]}
    for row in rows:
        hint = ", ".join(filter(None, (row.organisation_name, "walk-in" if row.walk_in else "")))
        shown = "" if row.outcome is None else row.outcome.value
        fields[_mark_name(row.person_id)] = RadiosField(
            row.name, required=False, called=row.name, choices=OUTCOMES, default=row.outcome, hint=hint
        )
        fields[_shown_name(row.person_id)] = HiddenField(row.name, required=False, default=shown)
    made: RegisterForm = type("RegisterForm", (RegisterForm,), fields)()
    return made


class WalkInForm(Form):
    """Somebody at the door."""

    name = TextField("Name", called="the name", autocomplete="off")
    organisation_id = SelectField(
        "Organisation",
        called="the organisation",
        blank="Choose an organisation",
        hint="Those with places on this session come first.",
    )
    email = EmailField(
        "Email address",
        called="the email address",
        required=False,
        autocomplete="off",
        hint="To know them again.",
    )

    def offer(self, organisations: Iterable[OrganisationOption]) -> None:
        """Offer these organisations."""
        self.organisation_id.choices = [Option(one.organisation_id, one.label) for one in organisations]


class InHouseForm(Form):
    """Training that somebody accredited gave in the own organisation."""

    # Names and a number: either will do, so that "(optional)" behind both would be wrong.
    marks_optional = False

    delivered_by = RadiosField(
        "Who delivered which course",
        called="whoever delivered it",
        missing="Select who delivered which course",
    )
    held_on = DateField(
        "Date of the session",
        called="the date",
        earliest=FIRST_DAY,
        latest=clock.today,
        hint="For example, 27 3 2026",
    )
    course_version = TextField(
        "Version of the course",
        required=False,
        max_length=50,
        hint="Leave this empty if it was the current version.",
    )
    person_ids = CheckboxesField(
        "Who came", called="everybody who came", required=False, hint="Each of them gets a training record."
    )
    headcount = WholeNumberField(
        "How many more people came",
        called="the number of people",
        required=False,
        at_most=LARGEST_HEADCOUNT,
        hint="People whom you have not ticked above, counted without their names.",
    )
    submission_key = HiddenField("Form", required=False, default=lambda: str(uuid4()))

    def offer(self, deliverers: Iterable[Deliverer], people: Iterable[tuple[int, str]]) -> None:
        """Offer these people who may deliver, and these members of staff (id, name)."""
        self.delivered_by.choices = [
            Option(one.accreditation_id, f"{one.person_name}: {one.course_name}", _accredited(one))
            for one in deliverers
        ]
        self.person_ids.choices = [Option(number, name) for number, name in people]

    @property
    def key(self) -> UUID | None:
        """What tells this form from every other, None where somebody has changed it."""
        try:
            return UUID(self.submission_key.data)
        except ValueError:
            return None


class TakeBackForm(Form):
    """Why an in-house session is taken back."""

    reason = TextAreaField(
        "Reason", max_length=500, missing="Enter the reason", hint="It is kept with the session."
    )


def _mark_name(person_id: int) -> str:
    return f"mark-{person_id}"


def _shown_name(person_id: int) -> str:
    return f"shown-{person_id}"


def _outcome(posted: str) -> AttendanceOutcome | None:
    return AttendanceOutcome(posted) if posted in set(AttendanceOutcome) else None


def _accredited(one: Deliverer) -> str:
    since = f"Accredited from {date_text(one.starts_on)}"
    return f"{since} to {date_text(one.ends_on)}" if one.ends_on else since
