"""The first page, and what is left to choose for those who work in several places."""

from typing import cast

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from wrap_portal.accounts import identity, leads_routes, sign_in_routes, users_routes
from wrap_portal.accounts.blueprint import blueprint
from wrap_portal.web.access import Role, allow_anyone, allow_signed_in

# The other pages of the room: importing them puts their views onto the blueprint.
PARTS = (sign_in_routes, users_routes, leads_routes)

blueprint.record_once(lambda state: identity.init_identity(cast(Flask, state.app)))

# Where each role begins, the widest first.
HOMES = (
    (Role.MANAGER, "coverage.dashboard"),
    (Role.VIEWER, "coverage.dashboard"),
    (Role.TRAINER, "sessions.diary"),
    (Role.LEAD, "coverage.own_organisation"),
    (Role.ADMINISTRATOR, "accounts.users"),
)


@blueprint.get("/")
@allow_anyone
def home() -> Response | str:
    """Send the signed-in to what their role begins with; tell visitors what the portal is for."""
    for role, endpoint in HOMES:
        if current_user.holds_any([role]):
            return redirect(url_for(endpoint), 303)
    return render_template("accounts/home.html")


@blueprint.route("/working-on", methods=["GET", "POST"])
@allow_signed_in
def working_on() -> Response | str:
    """Choose the council or the organisation to work on, for those who have several."""
    if request.method == "POST":
        place = identity.work_on(
            authority_id=request.form.get("authority_id", type=int),
            organisation_id=request.form.get("organisation_id", type=int),
        )
        if place is None:
            abort(404)
        flash(f"You are now working on {place}.", "success")
        return redirect(url_for("accounts.home"), 303)
    return render_template("accounts/working_on.html", places=identity.places())
