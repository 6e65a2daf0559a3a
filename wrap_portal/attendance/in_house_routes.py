"""In-house sessions: what accredited leads delivered in their own organisation."""

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_user_id
from wrap_portal.attendance import queries, service
from wrap_portal.attendance.blueprint import blueprint
from wrap_portal.attendance.forms import InHouseForm, TakeBackForm
from wrap_portal.attendance.queries import Deliverer
from wrap_portal.errors import DomainError
from wrap_portal.organisations.queries import get_organisation
from wrap_portal.people.queries import staff_list
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.web.paging import requested_page

Page = str | tuple[str, int] | Response


@blueprint.get("/organisations/<int:organisation_id>/in-house")
@allow(Role.LEAD, Role.MANAGER)
def in_house_sessions(organisation_id: int) -> Page:
    """List an organisation's in-house sessions with the chain behind each."""
    organisation = get_organisation(organisation_id, scope_of(Role.LEAD, Role.MANAGER)) or abort(404)
    page = requested_page(queries.count_in_house_sessions(organisation_id))
    return render_template(
        "attendance/in_house_sessions.html",
        organisation=organisation,
        rows=queries.in_house_sessions(organisation_id, limit=page.size, offset=page.offset),
        page=page,
    )


@blueprint.route("/organisations/<int:organisation_id>/in-house/log", methods=["GET", "POST"])
@allow(Role.LEAD, Role.MANAGER)
def log_in_house_session(organisation_id: int) -> Page:
    """Log an in-house session."""
    organisation = get_organisation(organisation_id, scope_of(Role.LEAD, Role.MANAGER)) or abort(404)
    deliverers = queries.deliverers(organisation)
    staff = sorted(staff_list(organisation_id, clock.today()), key=lambda row: row.name.casefold())
    form = InHouseForm()
    form.offer(deliverers, [(row.person_id, row.name) for row in staff])
    if form.validate_on_submit():
        try:
            with committed():
                in_house_id = _log(organisation_id, form, deliverers)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash("The in-house session has been logged and counts.", "success")
            return redirect(
                url_for(
                    "attendance.in_house_session",
                    organisation_id=organisation_id,
                    in_house_session_id=in_house_id,
                ),
                303,
            )
    page = render_template(
        "attendance/log_in_house_session.html",
        form=form,
        organisation=organisation,
        deliverers=deliverers,
        staff=staff,
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/organisations/<int:organisation_id>/in-house/<int:in_house_session_id>")
@allow(Role.LEAD, Role.MANAGER)
def in_house_session(organisation_id: int, in_house_session_id: int) -> Page:
    """Show one in-house session, the chain behind it and who came."""
    organisation = get_organisation(organisation_id, scope_of(Role.LEAD, Role.MANAGER)) or abort(404)
    return render_template(
        "attendance/in_house_session.html",
        organisation=organisation,
        row=queries.get_in_house_session(in_house_session_id, organisation_id) or abort(404),
        attendees=queries.attendees_of(in_house_session_id),
        staff_ids={row.person_id for row in staff_list(organisation_id, clock.today())},
    )


@blueprint.route(
    "/organisations/<int:organisation_id>/in-house/<int:in_house_session_id>/take-back",
    methods=["GET", "POST"],
)
@allow(Role.LEAD, Role.MANAGER)
def take_back_in_house_session(organisation_id: int, in_house_session_id: int) -> Page:
    """Take back an in-house session that was logged by mistake, with a reason."""
    organisation = get_organisation(organisation_id, scope_of(Role.LEAD, Role.MANAGER)) or abort(404)
    row = queries.get_in_house_session(in_house_session_id, organisation_id) or abort(404)
    form = TakeBackForm()
    if form.validate_on_submit():
        with committed():
            service.void_in_house_session(
                in_house_session_id=in_house_session_id,
                reason=form.reason.data,
                user_id=current_user_id(),
            )
        flash("The in-house session has been taken back. It counts nowhere any more.", "success")
        return redirect(url_for("attendance.in_house_sessions", organisation_id=organisation_id), 303)
    page = render_template(
        "attendance/take_back_in_house_session.html", form=form, organisation=organisation, row=row
    )
    return page, 422 if form.is_submitted() else 200


def _log(organisation_id: int, form: InHouseForm, deliverers: list[Deliverer]) -> int:
    chosen = next(one for one in deliverers if one.accreditation_id == form.delivered_by.data)
    return service.log_in_house_session(
        organisation_id=organisation_id,
        course_id=chosen.course_id,
        accreditation_id=chosen.accreditation_id,
        held_on=form.held_on.data,
        person_ids=form.person_ids.data,
        headcount=form.headcount.data,
        course_version=form.course_version.data,
        user_id=current_user_id(),
        submission_key=form.key,
    ).id
