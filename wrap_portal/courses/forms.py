"""The forms of the courses room."""

from collections.abc import Iterable

from wrap_portal.courses.rules import LONGEST_MINUTES, MODE_NAMES, SHORTEST_MINUTES
from wrap_portal.web.fields import (
    CheckboxField,
    Option,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
    WholeNumberField,
)
from wrap_portal.web.forms import Form


class CourseForm(Form):
    """A course of an authority's own."""

    name = TextField("Name", max_length=150, called="the name of the course", autocomplete="off")
    mode = RadiosField(
        "How it is given",
        called="how it is given",
        choices=[Option(mode, name) for mode, name in MODE_NAMES.items()],
    )
    duration_minutes = WholeNumberField(
        "How long it takes, in minutes",
        called="the length",
        at_least=SHORTEST_MINUTES,
        at_most=LONGEST_MINUTES,
    )
    description = TextAreaField("What it is about", required=False, max_length=1000, called="the description")
    needs_accredited_trainer = CheckboxField("Only trainers who are accredited for it may give it")
    accredits_course = SelectField(
        "Whoever attends it is proposed for accreditation to give",
        required=False,
        blank="No course",
        called="the course to accredit for",
        hint="For train-the-trainer courses.",
    )

    def offer(self, courses: Iterable[tuple[int, str]]) -> None:
        """Offer these courses (id, name) to accredit for."""
        self.accredits_course.choices = [Option(course_id, name) for course_id, name in courses]
