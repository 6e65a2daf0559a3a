"""Leads: who looks after an organisation's own pages. Managers invite them."""

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal.accounts import messages, queries, service
from wrap_portal.accounts.blueprint import blueprint
from wrap_portal.accounts.forms import InviteLeadForm
from wrap_portal.accounts.identity import current_user_id
from wrap_portal.errors import DomainError
from wrap_portal.organisations import queries as organisations
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error

Page = str | tuple[str, int] | Response


@blueprint.route("/organisations/<int:organisation_id>/leads", methods=["GET", "POST"])
@allow(Role.MANAGER)
def leads(organisation_id: int) -> Page:
    """List an organisation's leads and invite another."""
    organisation = organisations.get_organisation(
        organisation_id=organisation_id, scope=scope_of(Role.MANAGER)
    ) or abort(404)
    form = InviteLeadForm()
    if form.validate_on_submit():
        try:
            with committed():
                user, grant = service.invite_lead(
                    email=form.email.data,
                    name=form.name.data,
                    organisation_id=organisation_id,
                    actor_id=current_user_id(),
                )
                messages.queue_invitation(
                    user=user,
                    organisation_name=organisation.name,
                    authority_id=organisation.authority_id,
                    grant_id=grant.id,
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{user.email} has been invited and can sign in now.", "success")
            return redirect(url_for("accounts.leads", organisation_id=organisation_id), 303)
    page = render_template(
        "accounts/leads.html",
        form=form,
        organisation=organisation,
        rows=queries.leads(organisation_id),
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/organisations/<int:organisation_id>/leads/<int:grant_id>/end")
@allow(Role.MANAGER)
def end_lead(organisation_id: int, grant_id: int) -> Page:
    """Take the lead's role in this organisation away."""
    organisation = organisations.get_organisation(
        organisation_id=organisation_id, scope=scope_of(Role.MANAGER)
    ) or abort(404)
    grant = queries.get_lead_grant(grant_id, organisation.id) or abort(404)
    with committed():
        service.end_grant(grant=grant, actor_id=current_user_id())
    flash("They no longer look after this organisation.", "success")
    return redirect(url_for("accounts.leads", organisation_id=organisation_id), 303)
