"""Where sessions are held."""

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal.accounts.identity import current_authority_id
from wrap_portal.errors import DomainError
from wrap_portal.sessions import queries, service
from wrap_portal.sessions.blueprint import blueprint
from wrap_portal.sessions.forms import VenueForm
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error

Page = str | tuple[str, int] | Response


@blueprint.get("/sessions/venues")
@allow(Role.TRAINER, Role.MANAGER)
def venues() -> Page:
    """List the council's venues."""
    return render_template("sessions/venues.html", venues=queries.venues(current_authority_id()))


@blueprint.route("/sessions/venues/add", methods=["GET", "POST"])
@allow(Role.TRAINER, Role.MANAGER)
def add_venue() -> Page:
    """Add a venue."""
    form = VenueForm()
    if form.validate_on_submit():
        try:
            with committed():
                venue = service.add_venue(
                    authority_id=current_authority_id(),
                    name=form.name.data,
                    address=form.address.data,
                    capacity=form.capacity.data,
                    access_notes=form.access_notes.data,
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{venue.name} is in the list.", "success")
            return redirect(url_for("sessions.venues"), 303)
    return render_template("sessions/add_venue.html", form=form), 422 if form.is_submitted() else 200


@blueprint.route("/sessions/venues/<int:venue_id>", methods=["GET", "POST"])
@allow(Role.TRAINER, Role.MANAGER)
def venue(venue_id: int) -> Page:
    """Correct what is known of a venue."""
    found = queries.get_venue(venue_id, scope_of(Role.TRAINER, Role.MANAGER)) or abort(404)
    form = VenueForm(obj=found)
    if form.validate_on_submit():
        try:
            with committed():
                service.change_venue(
                    venue_id=venue_id,
                    name=form.name.data,
                    address=form.address.data,
                    capacity=form.capacity.data,
                    access_notes=form.access_notes.data,
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash("The venue has been changed.", "success")
            return redirect(url_for("sessions.venues"), 303)
    page = render_template("sessions/venue.html", form=form, name=found.name)
    return page, 422 if form.is_submitted() else 200
