"""Users and what they may do: the administrator's pages."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wrap_portal.accounts import queries, service
from wrap_portal.accounts.blueprint import blueprint
from wrap_portal.accounts.forms import AddUserForm, GrantForm, UserFilter
from wrap_portal.accounts.identity import current_user_id
from wrap_portal.accounts.rules import ROLE_WORDS
from wrap_portal.errors import DomainError
from wrap_portal.organisations.queries import all_authorities
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.web.paging import requested_page

Page = str | tuple[str, int] | Response


@blueprint.get("/users")
@allow(Role.ADMINISTRATOR)
def users() -> Page:
    """List everybody who may sign in."""
    filters = UserFilter(request.args)
    search = filters.search.data if filters.validate() else ""
    page = requested_page(queries.count_users(search))
    rows = queries.users(search, limit=page.size, offset=page.offset)
    return render_template(
        "accounts/users.html", filters=filters, forms=[filters], page=page, rows=rows, role_words=ROLE_WORDS
    )


@blueprint.route("/users/add", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def add_user() -> Page:
    """Add somebody with a first role."""
    form = AddUserForm()
    form.offer((each.id, each.name) for each in all_authorities())
    if form.validate_on_submit():
        try:
            with committed():
                user = service.create_user(
                    email=form.email.data, name=form.name.data, actor_id=current_user_id()
                )
                _give_role(user.id, form)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{user.name} can now sign in with {user.email}.", "success")
            return redirect(url_for("accounts.user", user_id=user.id), 303)
    return render_template("accounts/add_user.html", form=form), 422 if form.is_submitted() else 200


@blueprint.route("/users/<int:user_id>", methods=["GET", "POST"])
@allow(Role.ADMINISTRATOR)
def user(user_id: int) -> Page:
    """Show one user's roles, and give another."""
    found = queries.get_user(user_id) or abort(404)
    form = GrantForm()
    form.offer((each.id, each.name) for each in all_authorities())
    if form.validate_on_submit():
        try:
            with committed():
                _give_role(user_id, form)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{found.name} has the role now.", "success")
            return redirect(url_for("accounts.user", user_id=user_id), 303)
    page = render_template(
        "accounts/user.html", form=form, row=queries.user_row(user_id), role_words=ROLE_WORDS
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/users/<int:user_id>/roles/<int:grant_id>/end")
@allow(Role.ADMINISTRATOR)
def end_role(user_id: int, grant_id: int) -> Page:
    """Take a role away."""
    grant = queries.get_grant(grant_id)
    if grant is None or grant.user_id != user_id:
        abort(404)
    with committed():
        service.end_grant(grant=grant, actor_id=current_user_id())
    flash("The role has been taken away.", "success")
    return redirect(url_for("accounts.user", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/disable")
@allow(Role.ADMINISTRATOR)
def disable(user_id: int) -> Page:
    """Shut a user out at once."""
    found = queries.get_user(user_id) or abort(404)
    with committed():
        service.disable_user(user=found, actor_id=current_user_id())
    flash(f"{found.name} can no longer sign in.", "success")
    return redirect(url_for("accounts.user", user_id=user_id), 303)


@blueprint.post("/users/<int:user_id>/enable")
@allow(Role.ADMINISTRATOR)
def enable(user_id: int) -> Page:
    """Let a disabled user in again."""
    found = queries.get_user(user_id) or abort(404)
    with committed():
        service.enable_user(user=found, actor_id=current_user_id())
    flash(f"{found.name} can sign in again.", "success")
    return redirect(url_for("accounts.user", user_id=user_id), 303)


def _give_role(user_id: int, form: GrantForm) -> None:
    code = form.organisation.data
    organisation = queries.organisation_by_code(code) if code else None
    if code and organisation is None:
        raise DomainError("There is no organisation with this code.", field="organisation")
    service.grant_role(
        user_id=user_id,
        role=form.role.data,
        authority_id=form.authority.data,
        organisation_id=organisation.id if organisation else None,
        actor_id=current_user_id(),
    )
