"""Forms of the bookings room."""

from collections.abc import Iterable
from uuid import UUID, uuid4, uuid5

from wrap_portal.people.models import MemberRole
from wrap_portal.people.queries import StaffRow
from wrap_portal.people.rules import ROLE_WORDS
from wrap_portal.web.fields import (
    CheckboxesField,
    EmailField,
    HiddenField,
    Option,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
)
from wrap_portal.web.forms import Form


class BookForm(Form):
    """Who comes: people of the staff list, and a colleague who is not on it yet."""

    # Each half may be left out, so the word would stand behind every question.
    marks_optional = False

    key = HiddenField("Key", required=False, default=lambda: str(uuid4()))
    people = CheckboxesField("Who is coming?", called="everybody who is coming", required=False)
    name = TextField("Name", required=False, autocomplete="off")
    email = EmailField(
        "Email address",
        required=False,
        autocomplete="off",
        hint="If they have one: the invitation goes there",
    )
    role = SelectField("Role", called="the role", required=False, blank="Choose a role")
    same_person = RadiosField(
        "Is it the same person?",
        required=False,
        choices=[("yes", "Yes, the same person"), ("no", "No, they share the address")],
    )

    @property
    def submission_key(self) -> UUID | None:
        """What makes a second sending of the same answers harmless, and lets other answers through.

        Whoever goes back in the browser and ticks somebody else sends the same key. None where somebody
        changed it.
        """
        answers = (sorted(self.people.data), self.name.data, self.email.data, self.role.data)
        try:
            return uuid5(UUID(self.key.data), repr(answers))
        except ValueError:
            return None

    def offer(self, staff: Iterable[StaffRow], roles: Iterable[MemberRole]) -> None:
        """Set the people and the roles to choose from."""
        self.people.choices = [
            Option(row.person_id, row.name, ", ".join(ROLE_WORDS[role] for role in row.roles))
            for row in staff
        ]
        self.role.choices = [(role, ROLE_WORDS[role]) for role in roles]

    def validate(self, extra_validators: object = None) -> bool:
        """Ask for the name and the role of a colleague as soon as one of their answers is there."""
        valid: bool = super().validate(extra_validators)
        if self.name.data or self.email.data or self.role.data:
            for field, sentence in ((self.name, "Enter the name"), (self.role, "Choose the role")):
                if not field.data and not field.errors:
                    field.errors = [*field.errors, sentence]
                    valid = False
        return valid


class CancelBookingForm(Form):
    """Giving a place up."""

    reason = TextField("Why?", required=False, hint="It is kept with the booking")


class CancelSessionForm(Form):
    """Cancelling a session."""

    reason = TextAreaField(
        "Why is it cancelled?",
        max_length=500,
        missing="Enter why it is cancelled",
        hint="Everybody who has a place reads it",
    )
