"""How one organisation stands: a lead's first page, and what a manager finds behind each row."""

from datetime import date, timedelta

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_organisation_id
from wrap_portal.coverage import queries
from wrap_portal.coverage.blueprint import blueprint
from wrap_portal.coverage.figures_rules import standing_title
from wrap_portal.coverage.forms import AsAtForm
from wrap_portal.coverage.models import Measure
from wrap_portal.organisations import queries as organisations
from wrap_portal.organisations.models import Sector
from wrap_portal.people.rules import ROLE_WORDS
from wrap_portal.web.access import Role, allow, scope_of

READERS = (Role.LEAD, Role.MANAGER, Role.VIEWER)
KEEPERS = (Role.LEAD, Role.MANAGER)
# Reminders begin this long before training runs out; from then on somebody is due (domain.md 5.1).
DUE_DAYS = 60
LONG_AGO = date(1900, 1, 1)
MOST_DUE = 50


@blueprint.get("/my-organisation")
@allow(Role.LEAD)
def own_organisation() -> Response:
    """Send a lead to the organisation that they answer for."""
    return redirect(url_for("coverage.organisation", organisation_id=current_organisation_id()), 303)


@blueprint.get("/organisations/<int:organisation_id>/coverage")
@allow(*READERS)
def organisation(organisation_id: int) -> str | tuple[str, int]:
    """Say whether an organisation is covered and until when, who is due, and what can be done."""
    found = organisations.get_organisation(organisation_id, scope_of(*READERS)) or abort(404)
    form = AsAtForm(request.args)
    status = 200 if form.validate() else 422
    as_at = form.as_at.data or clock.today()
    standings = queries.organisation_coverage(organisation_id, as_at)
    ends = queries.due_members(
        as_at=as_at,
        since=LONG_AGO,
        until=as_at + timedelta(days=DUE_DAYS),
        organisation_id=organisation_id,
        include_never_trained=True,
    )
    # Under ANY nobody in particular is asked for.
    due = [each for each in ends if each.measure is not Measure.ANY]
    may_change = scope_of(*KEEPERS).reaches(found.authority_id, organisation_id)
    page = render_template(
        "coverage/organisation.html",
        form=form,
        as_at=as_at,
        today=clock.today(),
        organisation=found,
        title=standing_title(
            "Your" if scope_of(Role.LEAD).reaches(0, organisation_id) else "This",
            "school" if found.sector is Sector.SCHOOL else "organisation",
            [standing.row for standing in standings],
            [standing.requirement.measure for standing in standings],
        ),
        standings=standings,
        due=due[:MOST_DUE],
        more_due=len(due) - len(due[:MOST_DUE]),
        to_do=_to_do(organisation_id) if may_change else [],
        role_words=ROLE_WORDS,
        is_reader=scope_of(Role.MANAGER, Role.VIEWER).reaches(found.authority_id, organisation_id),
    )
    return page, status


def _to_do(organisation_id: int) -> list[dict[str, str]]:
    """What can be done for an organisation, the likeliest first."""
    return [
        {"text": "Book places", "href": url_for("sessions.sessions")},
        {
            "text": "Log an in-house session",
            "href": url_for("attendance.log_in_house_session", organisation_id=organisation_id),
        },
        {"text": "Staff list", "href": url_for("people.staff", organisation_id=organisation_id)},
        {
            "text": "Add training from elsewhere",
            "href": url_for("records.file_claim", organisation_id=organisation_id),
        },
    ]
