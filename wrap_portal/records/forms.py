"""The forms of the records room."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from wrap_portal import clock
from wrap_portal.records import rules
from wrap_portal.web.fields import DateField, Option, RadiosField, SelectField, TextAreaField, TextField
from wrap_portal.web.forms import Form


class Decision(StrEnum):
    """What a manager may say about a claim."""

    ACCEPT = "accept"
    REJECT = "reject"


class ClaimForm(Form):
    """Training that somebody of the staff had elsewhere."""

    person_id = SelectField("Who was trained", called="the person", blank="Choose a person")
    course_id = SelectField(
        "Course",
        called="the course",
        blank="Choose a course",
        hint="The course of this list that the training comes closest to.",
    )
    completed_on = DateField(
        "When it was completed",
        called="the date",
        earliest=rules.FIRST_DAY,
        latest=clock.today,
        hint="For example, 27 3 2025",
    )
    provider = TextField(
        "Who gave the training", called="who gave the training", hint="A council, school or company."
    )
    proof = TextAreaField(
        "What proves it",
        called="what proves it",
        max_length=1000,
        hint="For example, the number of a certificate, and where you keep it. Leave out personal details.",
    )

    def offer(self, people: Iterable[tuple[int, str]], courses: Iterable[tuple[int, str]]) -> None:
        """Offer these people and courses (id, name)."""
        self.person_id.choices = [Option(number, name) for number, name in people]
        self.course_id.choices = [Option(number, name) for number, name in courses]

    def claim(self) -> dict[str, Any]:
        """Return what was said, in the words of `service.file_claim`."""
        return {
            name: self[name].data for name in ("person_id", "course_id", "completed_on", "provider", "proof")
        }


class DecisionForm(Form):
    """Accept or reject a claim."""

    marks_optional = False

    decision = RadiosField(
        "Your decision",
        missing="Select whether you accept the claim",
        choices=[
            Option(Decision.ACCEPT, "Accept", "It counts from the date of the training."),
            Option(Decision.REJECT, "Reject", "It does not count. The lead can file a new claim."),
        ],
    )
    reason = TextAreaField(
        "Reason for rejecting",
        required=False,
        max_length=500,
        hint="Needed when you reject the claim. The lead reads it.",
    )


class VoidForm(Form):
    """Why an entry is taken out of every figure."""

    reason = TextAreaField(
        "Reason", max_length=500, missing="Enter the reason", hint="It is kept with the record."
    )
