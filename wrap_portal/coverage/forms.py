"""Input of the coverage room: what a figure is asked for, and requirements."""

from collections.abc import Iterable

from wrap_portal import clock
from wrap_portal.coverage import rules
from wrap_portal.coverage.models import Measure, ValidityBasis
from wrap_portal.coverage.rules import GAP_REASON_NAMES, MEASURE_MEANINGS, MEASURE_NAMES, GapReason, SliceBy
from wrap_portal.organisations.models import Sector
from wrap_portal.organisations.rules import SECTOR_NAMES
from wrap_portal.people.models import MemberRole
from wrap_portal.people.rules import ROLE_WORDS
from wrap_portal.web.fields import (
    CheckboxesField,
    DateField,
    Option,
    RadiosField,
    SelectField,
    TextField,
    WholeNumberField,
)
from wrap_portal.web.forms import FilterForm, Form

SLICE_NAMES = {
    SliceBy.PHASE: "Phase or kind",
    SliceBy.WARD: "Ward",
    SliceBy.TYPE: "Type of establishment",
    SliceBy.TRUST: "Trust",
}


class AsAtForm(FilterForm):
    """On which day."""

    as_at = DateField(
        "As at",
        required=False,
        called="the date",
        default=clock.today,
        hint="Any date, past or to come, for example 31 3 2026",
    )


class RequirementFilter(AsAtForm):
    """Which slices of a requirement, and which rows behind it: `part` is a slice's key."""

    by = SelectField(
        "Sliced by",
        choices=[(by, SLICE_NAMES[by]) for by in SliceBy],
        default=SliceBy.PHASE,
        called="the slice",
    )
    state = SelectField(
        "Rows",
        choices=[("covered", "Covered"), ("gap", "Not covered")],
        required=False,
        blank="All",
        called="the state of the rows",
    )
    part = TextField("Part", required=False)


class GapFilter(AsAtForm):
    """Which of the organisations that are not covered."""

    reason = SelectField(
        "Reason",
        choices=[(reason, GAP_REASON_NAMES[reason]) for reason in GapReason],
        required=False,
        blank="Any reason",
    )


class RequirementForm(Form):
    """A requirement of the authority's own. Courses and defaults are offered by the view."""

    name = TextField(
        "Name", called="the name", max_length=rules.LONGEST_NAME, hint="As figures are headed by it"
    )
    source = TextField(
        "Where it is written",
        max_length=rules.LONGEST_SOURCE,
        called="where it is written",
        hint="A law, guidance or plan; it is printed beside every figure",
    )
    code = SelectField(
        "In place of",
        required=False,
        blank="None: it stands beside the others",
        called="what it stands in place of",
        hint="A default requirement that no longer stands here once yours does",
    )
    sectors = CheckboxesField(
        "Kinds of organisation",
        choices=[(sector, SECTOR_NAMES[sector]) for sector in Sector],
        called="a kind of organisation",
    )
    measure = RadiosField(
        "What makes an organisation covered",
        choices=[Option(each, MEASURE_NAMES[each], MEASURE_MEANINGS[each]) for each in Measure],
        called="what makes an organisation covered",
    )
    threshold_percent = WholeNumberField(
        "Percentage of people who must be in date",
        at_least=1,
        at_most=100,
        required=False,
        called="the percentage of people",
        hint="Only for a share of people",
    )
    roles = CheckboxesField(
        "Roles",
        choices=[(role, ROLE_WORDS[role]) for role in MemberRole],
        required=False,
        hint="Whose training counts; tick none for everybody on the staff list",
    )
    course_ids = CheckboxesField("Courses that are accepted", called="a course that is accepted")
    months = WholeNumberField(
        "Months until it must be refreshed", at_least=1, at_most=rules.LONGEST_MONTHS, called="the months"
    )
    basis = RadiosField(
        "When those months end",
        choices=[
            Option(ValidityBasis.ROLLING, "On the day", "24 months from 5 May 2026 end on 5 May 2028"),
            Option(
                ValidityBasis.ACADEMIC_YEAR,
                "With the academic year",
                "24 months from 5 May 2026 end on 31 August 2027: with the last 31 August in them",
            ),
        ],
        default=ValidityBasis.ROLLING,
    )
    target_percent = WholeNumberField(
        "Target", at_least=0, at_most=100, called="the target", hint="The share of organisations, in per cent"
    )

    def offer(self, courses: Iterable[tuple[int, str]], defaults: Iterable[tuple[str, str]]) -> None:
        """Offer courses (id, name) and default requirements to stand in place of (code, name)."""
        self.course_ids.choices = list(courses)
        self.code.choices = list(defaults)
