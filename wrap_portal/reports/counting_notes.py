"""How the figures were counted, in words: what goes with every report."""

from wrap_portal.coverage.models import Measure, Requirement
from wrap_portal.coverage.rules import Rating, plain_percent
from wrap_portal.organisations.register_queries import Edition
from wrap_portal.wording import date_text

MEASURE_WORDS = {
    Measure.LEAD: "Lead trained",
    Measure.ANY: "Anyone trained",
    Measure.SHARE: "Share of people trained",
}
RATING_WORDS = {
    Rating.MET: "Target met",
    Rating.NEAR: "Near the target",
    Rating.SHORT: "Short of the target",
    Rating.NOT_APPLICABLE: "n/a",
}
# The rules of domain.md 2, as a reader of a spreadsheet needs them.
DEFINITIONS = (
    (
        "Covered (lead trained)",
        "A current holder of a lead role in the organisation is in date on the day.",
    ),
    (
        "Covered (anyone trained)",
        "At least one current member is in date, or a whole-organisation session is within its validity.",
    ),
    (
        "Covered (share of people trained)",
        "People in date, divided by people required, reach the threshold; compared unrounded. People "
        "required are the headcount that the organisation declared, where one is in force, else its "
        "current members.",
    ),
    (
        "Organisations counted",
        "Those of the sectors and categories that the requirement names, which count and are open that day. "
        "Covered and not covered always add up to them. Where there are none the percentage is n/a.",
    ),
    (
        "In date",
        "From the day of completion to the last day of validity, both included: calendar months, cut to the "
        "end of a shorter month. Training follows the person, coverage follows where the person works.",
    ),
    (
        "Claims",
        "Training elsewhere that a manager has not verified does not count in the percentage. The column "
        "“Including claims” shows what it would be if every waiting claim were accepted.",
    ),
    ("Ever trained", "Organisations that were covered on the day or on any day before it."),
    (
        "Percentages",
        "Rounded half up to one decimal. A total is a ratio of sums, never a mean of percentages.",
    ),
)
ATTRIBUTION = "Contains public sector information licensed under the Open Government Licence v3.0."


def register_note(edition: Edition | None) -> tuple[str, str]:
    """Return which edition of the schools register the organisations come from; None where there is none."""
    if edition is None:
        return ("Organisations", "Entered by hand; no national register has been imported.")
    return (
        "Schools register",
        f"Get Information about Schools, edition of {date_text(edition.register_date)}, "
        f"{edition.row_count:,} rows, file {edition.file_name}",
    )


def rule_in_words(requirement: Requirement) -> str:
    """Return a requirement as one sentence: measure, accepted courses, validity, target and source."""
    accepted = ", ".join(course.name for course in requirement.courses)
    by_people = (
        f", by {plain_percent(requirement.threshold_percent)} of people"
        if requirement.threshold_percent
        else ""
    )
    return (
        f"{MEASURE_WORDS[requirement.measure]}{by_people}; accepted: {accepted}; valid for "
        f"{requirement.months} months ({requirement.basis.value.replace('_', ' ')}); "
        f"target {plain_percent(requirement.target_percent)}. Source: {requirement.source}"
    )
