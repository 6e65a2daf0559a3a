"""The schools register: the editions in use, and importing a newer one in two steps."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal.accounts.identity import current_user_id
from wrap_portal.errors import DomainError
from wrap_portal.imports import service as imports
from wrap_portal.imports.models import ImportState
from wrap_portal.imports.queries import get_batch, waiting_batches
from wrap_portal.organisations import queries, register_queries, register_service, service
from wrap_portal.organisations.blueprint import blueprint
from wrap_portal.organisations.forms import AuthorityForm, SchoolsFileForm
from wrap_portal.organisations.register_pages import PlanPage, plan_page
from wrap_portal.organisations.register_queries import SCHOOLS
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, caller, scope_of
from wrap_portal.web.forms import Form, apply_domain_error

Page = str | tuple[str, int] | Response


@blueprint.get("/registers")
@allow(Role.MANAGER, Role.VIEWER, Role.ADMINISTRATOR)
def registers() -> Page:
    """Show which edition of the schools register each authority stands on, and files that wait."""
    authorities = {authority_id: name for authority_id, name in _authorities(Role.MANAGER, Role.VIEWER)}
    importing = [authority_id for authority_id, _ in _authorities(Role.MANAGER)]
    return render_template(
        "organisations/registers.html",
        authorities=authorities,
        in_use=register_queries.editions_in_use(authorities),
        editions=register_queries.editions(authorities),
        waiting=waiting_batches(SCHOOLS, importing),
        may_import=bool(importing),
        may_add_authority=caller().holds_any([Role.ADMINISTRATOR]),
    )


@blueprint.route("/registers/import", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def import_schools() -> Page:
    """Take a file of the schools register, and go on to what importing it would do."""
    authorities = _authorities(Role.MANAGER)
    form = SchoolsFileForm()
    form.offer(authorities)
    if form.validate_on_submit():
        try:
            with committed():
                batch = register_service.stage_file(
                    source=form.file.data.stream,
                    file_name=form.file.data.filename,
                    authority_id=form.authority.data or authorities[0][0],
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            if batch is None:
                flash("There is nothing to import: this file is in use, and every school stands as it says.")
                return redirect(url_for("organisations.registers"), 303)
            return redirect(url_for("organisations.preview_import", import_batch_id=batch.id), 303)
    page = render_template("organisations/import_schools.html", form=form, authorities=authorities)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/registers/imports/<int:import_batch_id>", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def preview_import(import_batch_id: int) -> Page:
    """Show what importing a file would do; posted, do it."""
    batch = get_batch(import_batch_id, SCHOOLS, _importable()) or abort(404)
    form = Form()
    if form.validate_on_submit():
        try:
            with committed():
                plan = register_service.confirm_schools(
                    import_batch_id=import_batch_id, user_id=current_user_id()
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"The schools of {plan.authority_name} have been imported.", "success")
            return redirect(url_for("organisations.registers"), 303)
    page = render_template(
        "organisations/preview_import.html",
        form=form,
        batch=batch,
        preview=_preview(batch) if batch.state is ImportState.STAGED else None,
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/registers/imports/<int:import_batch_id>/discard")
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def discard_import(import_batch_id: int) -> Page:
    """Put a file aside that was not imported."""
    batch = get_batch(import_batch_id, SCHOOLS, _importable()) or abort(404)
    try:
        with committed():
            imports.discard_batch(import_batch_id=import_batch_id)
    except DomainError as error:
        flash(error.sentence)
    else:
        flash(f"{batch.file_name} has been put aside. No school was changed.", "success")
    return redirect(url_for("organisations.registers"), 303)


@blueprint.route("/registers/authorities/add", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def add_authority() -> Page:
    """Add a local authority, so that its schools can be imported and its people let in."""
    form = AuthorityForm()
    if form.validate_on_submit():
        try:
            with committed():
                added = service.add_authority(
                    code=form.code.data, name=form.name.data, user_id=current_user_id()
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{added.name} has been added. You can now import its schools.", "success")
            return redirect(url_for("organisations.import_schools"), 303)
    return render_template("organisations/add_authority.html", form=form), 422 if form.is_submitted() else 200


def _preview(batch: Any) -> PlanPage:
    [plan] = register_queries.import_plans([register_service.staged(batch)])
    return plan_page(plan, register_queries.type_names(), dict(queries.wards(batch.authority_id)))


def _authorities(*roles: Role) -> list[tuple[int, str]]:
    """Return the authorities (id, name with code) of the caller's roles; an administrator's are all."""
    everywhere = caller().holds_any([Role.ADMINISTRATOR])
    found = queries.all_authorities() if everywhere else queries.authorities(scope_of(*roles))
    return [(authority.id, f"{authority.name} ({authority.code})") for authority in found]


def _importable() -> set[int]:
    return {authority_id for authority_id, _ in _authorities(Role.MANAGER)}
