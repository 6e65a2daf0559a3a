"""Forms of the trainers room."""

from wrap_portal.trainers.models import AccreditationScope
from wrap_portal.web.fields import (
    DateField,
    EmailField,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
)
from wrap_portal.web.forms import FilterForm, Form

SCOPE_WORDS = {
    AccreditationScope.AREA: "The whole area",
    AccreditationScope.OWN_ORGANISATION: "The own organisation only",
}
PERIODS = (("current", "Current and coming"), ("ended", "Ended"))


class CourseQuestion(Form):
    """For which course. A form of its own, because fields are in the order in which they are made."""

    course_id = SelectField("Course", called="the course", blank="Choose a course")


class ConfirmForm(Form):
    """From when to when, and where, somebody may deliver."""

    starts_on = DateField("First day", called="the first day")
    ends_on = DateField("Last day", called="the last day", hint="They may still train on this day")
    scope = RadiosField(
        "Where may they train?", choices=list(SCOPE_WORDS.items()), missing="Say where they may train"
    )


class AccreditForm(CourseQuestion, ConfirmForm):
    """The same, for which course and which organisation."""

    organisation_id = SelectField(
        "Organisation", required=False, blank="Choose an organisation", hint="For the own organisation only"
    )


class DeclineForm(Form):
    """Why somebody does not become a trainer."""

    reason = TextAreaField(
        "Why?", max_length=500, missing="Enter the reason", hint="It is kept with the proposal"
    )


class WithdrawForm(Form):
    """From when on somebody may no longer deliver, and why."""

    on = DateField("From which day on may they no longer train?", called="the day")
    reason = TextAreaField(
        "Why?", max_length=500, missing="Enter the reason", hint="It is kept with the accreditation"
    )


class AddPersonForm(Form):
    """Somebody who is in no staff list, like an officer of the council."""

    name = TextField("Name", called="the name", autocomplete="off")
    email = EmailField("Email address", required=False, autocomplete="off")


class AccountForm(Form):
    """Who a trainer is when they sign in."""

    user_id = SelectField("Account", called="the account", blank="Choose an account")


class PersonFilter(FilterForm):
    """Whom to look for."""

    name = TextField("Name or email address", required=False)


class TrainerFilter(FilterForm):
    """What narrows the list of trainers."""

    show = SelectField("Show", choices=PERIODS, default="current")
    course = SelectField("Course", required=False, blank="All courses")
