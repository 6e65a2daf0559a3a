"""The forms of the organisations room."""

from collections.abc import Iterable, Sequence

from wrap_portal import clock
from wrap_portal.organisations.rules import SECTOR_NAMES
from wrap_portal.web.fields import DateField, FileField, Option, SelectField, TextField
from wrap_portal.web.forms import FilterForm, Form

SECTORS = [Option(sector, name) for sector, name in SECTOR_NAMES.items()]
OPEN, CLOSED, EITHER = "open", "closed", "either"


class OrganisationFilter(FilterForm):
    """What narrows the list of organisations; it begins with those that are open."""

    words = TextField(
        "Name, URN, ODS code or postcode", required=False, max_length=100, default="", called="the search"
    )
    sector = SelectField("Sector", required=False, blank="All sectors", choices=SECTORS)
    category = SelectField("Category", required=False, blank="All categories")
    state = SelectField(
        "Open or closed",
        required=False,
        choices=[
            Option(OPEN, "Open today"),
            Option(CLOSED, "Closed, or not open yet"),
            Option(EITHER, "All"),
        ],
        default=OPEN,
    )

    def offer(self, categories: Iterable[str]) -> None:
        """Offer these categories."""
        self.category.choices = [Option(category, category) for category in categories]


class OrganisationForm(Form):
    """An organisation that is in no register."""

    name = TextField("Name", max_length=200, called="the name of the organisation", autocomplete="off")
    sector = SelectField("Sector", called="the sector", choices=SECTORS, blank="Choose a sector")
    category = TextField(
        "Category",
        max_length=60,
        called="the category",
        hint="What figures are sliced by, like Nursery, Supplementary school or Housing association.",
    )
    opened_on = DateField(
        "Open since",
        required=False,
        called="the opening date",
        hint="Leave it empty if it has always been there.",
        latest=clock.today,
    )
    street = TextField("Street", required=False, max_length=200)
    town = TextField("Town", required=False, max_length=100)
    postcode = TextField("Postcode", required=False, max_length=12)
    ward = SelectField("Ward", required=False, blank="Not known")
    website = TextField("Website", required=False, max_length=200)

    def offer(self, wards: Iterable[tuple[str, str]]) -> None:
        """Offer these wards (code, name)."""
        self.ward.choices = [Option(code, name) for code, name in wards]


class ClosingForm(Form):
    """From which day an organisation is closed."""

    on = DateField(
        "First day on which it is closed",
        called="the closing date",
        hint="From this day on it is no longer counted. It may lie ahead.",
    )


class SchoolsFileForm(Form):
    """A file of the schools register, and whose schools to take from it."""

    authority = SelectField("Authority", called="the authority", blank="Choose an authority")
    file = FileField(
        "File of the schools register",
        called="the file",
        missing="Select the file that you downloaded",
        hint=(
            "The csv or zip as it came from Get information about schools: all establishments, or the open "
            "state-funded schools. Up to 70 MB."
        ),
    )

    def offer(self, authorities: Sequence[tuple[int, str]]) -> None:
        """Offer these authorities (id, name); where there is one, it is not asked for."""
        self.authority.choices = [Option(number, name) for number, name in authorities]
        if len(authorities) == 1:
            self.authority.required = False


class AuthorityForm(Form):
    """A local authority."""

    code = TextField(
        "Code",
        max_length=3,
        called="the code",
        hint="Its three digits in the schools register, like 380 for Bradford.",
    )
    name = TextField("Name", max_length=100, called="the name of the authority", autocomplete="off")
