"""Organisations: the list, one of them, and those kept by hand."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.errors import DomainError
from wrap_portal.organisations import queries, rules, service
from wrap_portal.organisations.blueprint import blueprint
from wrap_portal.organisations.forms import CLOSED, OPEN, ClosingForm, OrganisationFilter, OrganisationForm
from wrap_portal.organisations.queries import Search
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, Scope, allow, caller, scope_of
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.web.paging import requested_page

Page = str | tuple[str, int] | Response

READERS = (Role.MANAGER, Role.VIEWER, Role.LEAD)


@blueprint.get("/organisations")
@allow(*READERS)
def organisation_list() -> Page:
    """List the organisations of the authority that the caller works on; of a lead, the own ones."""
    scope = _worked_on()
    filters = OrganisationFilter(request.args)
    filters.offer(queries.categories(scope))
    # A filter that cannot be is said to be wrong above the list without it.
    search = _search(filters) if filters.validate() else Search()
    today = clock.today()
    page = requested_page(queries.count_organisations(scope, search, today))
    rows = queries.search_organisations(scope, search, today, limit=page.size, offset=page.offset)
    return render_template(
        "organisations/organisation_list.html",
        filters=filters,
        forms=[filters],
        page=page,
        rows=rows,
        sector_names=rules.SECTOR_NAMES,
        status_names=rules.STATUS_NAMES,
        may_add=caller().holds_any([Role.MANAGER]),
    )


@blueprint.get("/organisations/<int:organisation_id>")
@allow(*READERS)
def organisation(organisation_id: int) -> Page:
    """Show what an organisation is, where it is, and the names it had."""
    found = queries.get_organisation(organisation_id, scope_of(*READERS)) or abort(404)
    manages = found.authority_id in scope_of(Role.MANAGER).authority_ids
    leads = found.id in scope_of(Role.LEAD).organisation_ids
    status = rules.status_on(found.status, found.closed_on, clock.today())
    return render_template(
        "organisations/organisation.html",
        organisation=found,
        former_names=queries.former_names(organisation_id),
        identifier=rules.identifier_text(urn=found.urn, ods_code=found.ods_code, local_code=found.local_code),
        sector_name=rules.SECTOR_NAMES[found.sector],
        status=status,
        status_name=rules.STATUS_NAMES[status],
        may_close=manages and rules.may_close(status),
        keeps_log=manages or leads,
    )


@blueprint.route("/organisations/add", methods=["GET", "POST"])
@allow(Role.MANAGER)
def add_organisation() -> Page:
    """Add an organisation that is in no register."""
    authority_id = current_authority_id()
    form = OrganisationForm()
    form.offer(queries.wards(authority_id))
    if form.validate_on_submit():
        try:
            with committed():
                added = service.add_organisation(
                    authority_id=authority_id,
                    name=form.name.data,
                    sector=form.sector.data,
                    category=form.category.data,
                    opened_on=form.opened_on.data,
                    street=form.street.data,
                    town=form.town.data,
                    postcode=form.postcode.data,
                    ward_code=form.ward.data,
                    website=form.website.data,
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{added.name} has been added as {added.local_code}.", "success")
            return redirect(url_for("organisations.organisation", organisation_id=added.id), 303)
    page = render_template("organisations/add_organisation.html", form=form)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/organisations/<int:organisation_id>/close", methods=["GET", "POST"])
@allow(Role.MANAGER)
def close_organisation(organisation_id: int) -> Page:
    """Say from which day an organisation is closed."""
    found = queries.get_organisation(organisation_id, scope_of(Role.MANAGER)) or abort(404)
    form = ClosingForm()
    if form.validate_on_submit():
        try:
            with committed():
                service.close_organisation(organisation=found, on=form.on.data, user_id=current_user_id())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"The closing date of {found.name} has been kept.", "success")
            return redirect(url_for("organisations.organisation", organisation_id=organisation_id), 303)
    page = render_template("organisations/close_organisation.html", form=form, organisation=found)
    return page, 422 if form.is_submitted() else 200


def _worked_on() -> Scope:
    """Return what the list is of: the authority that the caller works on, or a lead's own organisations."""
    scope = scope_of(*READERS)
    chosen = scope.authority_ids & {current_authority_id()}
    return Scope(authority_ids=chosen) if chosen else Scope(organisation_ids=scope.organisation_ids)


def _search(filters: OrganisationFilter) -> Search:
    return Search(
        words=filters.words.data,
        sector=filters.sector.data,
        category=filters.category.data or "",
        is_open={OPEN: True, CLOSED: False}.get(filters.state.data),
    )
