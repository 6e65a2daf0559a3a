"""Forms of the sessions room."""

from uuid import UUID, uuid4, uuid5

from wrap_portal.sessions.models import SessionMode
from wrap_portal.sessions.rules import LARGEST_CAPACITY, LONGEST_LINK
from wrap_portal.web.fields import (
    CheckboxesField,
    DateField,
    HiddenField,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    WholeNumberField,
)
from wrap_portal.web.forms import FilterForm, Form

MODE_WORDS = {SessionMode.IN_PERSON: "In person", SessionMode.ONLINE: "Online"}
PERIODS = (("upcoming", "Coming"), ("past", "Past"), ("cancelled", "Cancelled"))


class ScheduleForm(Form):
    """A session and, where the list lacks it, its venue."""

    # A venue may be left out of an online session only: the word would stand where it is not true.
    marks_optional = False

    key = HiddenField("Key", required=False, default=lambda: str(uuid4()))
    course_id = SelectField("Course", called="the course", blank="Choose a course")
    on = DateField("Date", hint="For example, 27 3 2027", called="the date")
    starts = TimeField("Starts", called="the start", hint="UK time. For example, 2pm or 14:30")
    ends = TimeField("Ends", called="the end", hint="UK time")
    mode = RadiosField(
        "How is it held?", choices=list(MODE_WORDS.items()), missing="Say whether it is in person or online"
    )
    venue_id = SelectField("Venue", required=False, blank="Choose a venue")
    venue_name = TextField("Name of the venue", required=False)
    venue_address = TextAreaField("Address", required=False, max_length=500)
    venue_capacity = WholeNumberField("How many people it holds", required=False, at_least=1, at_most=100_000)
    join_link = TextField(
        "Link to join",
        required=False,
        max_length=LONGEST_LINK,
        hint="Begins with https:// and is shown only to people who have a place",
    )
    capacity = WholeNumberField(
        "Number of places", at_least=1, at_most=LARGEST_CAPACITY, called="the number of places"
    )
    trainers = CheckboxesField("Trainers", missing="Choose who trains")
    organisation_id = SelectField(
        "Who may book",
        required=False,
        blank="Every organisation",
        hint="Choose one for a session of its own",
    )
    note = TextAreaField(
        "Note, if there is any", required=False, max_length=2000, hint="Everybody who may book can read it"
    )

    @property
    def uid(self) -> UUID | None:
        """What makes a second sending of the same answers harmless, and lets other answers through.

        Whoever goes back in the browser and changes the date sends the same key. None where somebody changed
        it.
        """
        answers = [field.data for field in self if field.name not in ("csrf_token", "key")]
        try:
            return uuid5(UUID(self.key.data), repr(answers))
        except ValueError:
            return None


class VenueForm(Form):
    """A venue."""

    name = TextField("Name of the venue", called="the name of the venue")
    address = TextAreaField("Address", required=False, max_length=500)
    capacity = WholeNumberField("How many people it holds", required=False, at_least=1, at_most=100_000)
    access_notes = TextAreaField(
        "Getting there and getting in",
        required=False,
        max_length=1000,
        hint="Parking, lift, whom to ask for: it goes to everybody who has a place",
    )


class SessionFilter(FilterForm):
    """What narrows the list of sessions."""

    show = SelectField("Show", choices=PERIODS, default="upcoming")
    course = SelectField("Course", required=False, blank="All courses")
