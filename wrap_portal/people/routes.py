"""Staff lists, and the people on them."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_user_id
from wrap_portal.errors import DomainError
from wrap_portal.organisations import queries as organisations
from wrap_portal.people import queries, rules, service
from wrap_portal.people.forms import (
    AddStaffForm,
    ChangeRoleForm,
    HandOverForm,
    HeadcountForm,
    LeaveForm,
    PersonForm,
)
from wrap_portal.records.queries import person_within
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.wording import count_text, date_text

blueprint = Blueprint("people", __name__)

Page = str | tuple[str, int] | Response

READERS = (Role.LEAD, Role.MANAGER, Role.VIEWER)
KEEPERS = (Role.LEAD, Role.MANAGER)


@blueprint.get("/organisations/<int:organisation_id>/staff")
@allow(*READERS)
def staff(organisation_id: int) -> Page:
    """Show who belongs to an organisation today, and who begins later."""
    organisation = _organisation(organisation_id, *READERS)
    today = clock.today()
    rows = queries.staff_list(organisation_id, today)
    return render_template(
        "people/staff.html",
        organisation=organisation,
        today=today,
        rows=rows,
        to_come=queries.staff_to_come(organisation_id, today),
        vacant=rules.vacant_lead_role(organisation.sector, [role for row in rows for role in row.roles]),
        headcount=queries.declared_headcount(organisation_id, today),
        may_change=scope_of(*KEEPERS).reaches(organisation.authority_id, organisation_id),
        may_invite=scope_of(Role.MANAGER).reaches(organisation.authority_id, organisation_id),
        role_words=rules.ROLE_WORDS,
    )


@blueprint.route("/organisations/<int:organisation_id>/staff/add", methods=["GET", "POST"])
@allow(*KEEPERS)
def add_staff(organisation_id: int) -> Page:
    """Put somebody on the staff list."""
    organisation = _organisation(organisation_id, *KEEPERS)
    form = AddStaffForm()
    form.offer(rules.roles_in(organisation.sector))
    if form.validate_on_submit():
        try:
            with committed():
                member = service.add_staff(
                    organisation_id=organisation_id,
                    name=form.name.data,
                    email=form.email.data or None,
                    role=form.role.data,
                    started_on=form.started_on.data,
                    same_person=form.same_person.data,
                    actor_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{member.person.name} is on the staff list.", "success")
            return _to_staff(organisation_id)
    page = render_template("people/add_staff.html", form=form, organisation=organisation)
    return page, 422 if form.is_submitted() else 200


@blueprint.route(
    "/organisations/<int:organisation_id>/staff/<int:membership_id>/role", methods=["GET", "POST"]
)
@allow(*KEEPERS)
def change_role(organisation_id: int, membership_id: int) -> Page:
    """Let somebody have another role in place of one."""
    organisation, membership = _membership(organisation_id, membership_id)
    form = ChangeRoleForm()
    form.offer(role for role in rules.roles_in(organisation.sector) if role is not membership.role)
    if form.validate_on_submit():
        try:
            with committed():
                service.change_role(
                    membership=membership, role=form.role.data, on=form.on.data, actor_id=current_user_id()
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{membership.person.name} has the new role from {date_text(form.on.data)}.", "success")
            return _to_staff(organisation_id)
    page = render_template(
        "people/change_role.html", form=form, membership=membership, role_words=rules.ROLE_WORDS
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.route(
    "/organisations/<int:organisation_id>/staff/<int:membership_id>/hand-over", methods=["GET", "POST"]
)
@allow(*KEEPERS)
def hand_over(organisation_id: int, membership_id: int) -> Page:
    """Let a colleague take a role over."""
    _, membership = _membership(organisation_id, membership_id)
    form = HandOverForm()
    today = clock.today()
    colleagues = [
        *queries.staff_list(organisation_id, today),
        *queries.staff_to_come(organisation_id, today),
    ]
    form.offer(colleagues, without=membership.person_id)
    if form.validate_on_submit():
        try:
            with committed():
                taken = service.hand_over(
                    membership=membership,
                    to_person_id=form.to.data,
                    on=form.on.data,
                    actor_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{taken.person.name} takes over on {date_text(form.on.data)}.", "success")
            return _to_staff(organisation_id)
    page = render_template(
        "people/hand_over.html", form=form, membership=membership, role_words=rules.ROLE_WORDS
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/organisations/<int:organisation_id>/staff/<int:person_id>/leave", methods=["GET", "POST"])
@allow(*KEEPERS)
def leave(organisation_id: int, person_id: int) -> Page:
    """Let somebody leave in one step, or lay down one of several roles."""
    organisation = _organisation(organisation_id, *KEEPERS)
    row = queries.staff_row(organisation_id, person_id, clock.today()) or abort(404)
    every_role = [held.membership_id for held in row.memberships]
    form = LeaveForm(roles=every_role)
    form.offer(row.memberships)
    if form.validate_on_submit():
        try:
            with committed():
                service.end_memberships(
                    organisation_id=organisation_id,
                    membership_ids=form.roles.data if form.roles else every_role,
                    on=form.on.data,
                    actor_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"Noted: {row.name}, {date_text(form.on.data)}.", "success")
            return _to_staff(organisation_id)
    page = render_template("people/leave.html", form=form, organisation=organisation, row=row)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/organisations/<int:organisation_id>/headcount", methods=["GET", "POST"])
@allow(*KEEPERS)
def headcount(organisation_id: int) -> Page:
    """Say how many people must be trained."""
    organisation = _organisation(organisation_id, *KEEPERS)
    form = HeadcountForm()
    if form.validate_on_submit():
        try:
            with committed():
                service.declare_headcount(
                    organisation_id=organisation_id,
                    declared_on=form.declared_on.data,
                    headcount=form.headcount.data,
                    actor_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"Noted: {count_text(form.headcount.data)} people.", "success")
            return _to_staff(organisation_id)
    page = render_template("people/headcount.html", form=form, organisation=organisation)
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/people/<int:person_id>")
@allow(*READERS)
def person(person_id: int) -> Page:
    """Show who somebody is and where they belong, as far as the caller may see."""
    scope = scope_of(*READERS)
    found = queries.get_person(person_id, scope) or abort(404)
    return render_template(
        "people/person.html",
        person=found,
        memberships=queries.memberships_of(person_id, scope),
        today=clock.today(),
        may_change=scope_of(*KEEPERS).reaches,
        may_edit=queries.get_person(person_id, scope_of(*KEEPERS)) is not None,
        may_see_training=person_within(person_id, scope_of(*KEEPERS), clock.today()) is not None,
        role_words=rules.ROLE_WORDS,
        lead_roles=rules.LEAD_ROLES,
    )


@blueprint.route("/people/<int:person_id>/edit", methods=["GET", "POST"])
@allow(*KEEPERS)
def edit_person(person_id: int) -> Page:
    """Correct a name or an address."""
    found = queries.get_person(person_id, scope_of(*KEEPERS)) or abort(404)
    form = PersonForm(name=found.name, email=found.email or "")
    if form.validate_on_submit():
        try:
            with committed():
                service.update_person(
                    person=found,
                    name=form.name.data,
                    email=form.email.data or None,
                    actor_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash("The changes are saved.", "success")
            return redirect(url_for("people.person", person_id=person_id), 303)
    page = render_template("people/edit_person.html", form=form, person=found)
    return page, 422 if form.is_submitted() else 200


def _organisation(organisation_id: int, *roles: Role) -> Any:
    return organisations.get_organisation(organisation_id, scope_of(*roles)) or abort(404)


def _membership(organisation_id: int, membership_id: int) -> Any:
    """Return the organisation and one of its current or coming memberships; aborts with 404."""
    organisation = _organisation(organisation_id, *KEEPERS)
    membership = queries.get_membership(membership_id, organisation_id) or abort(404)
    if rules.has_ended(membership.during.upper, clock.today()):
        abort(404)
    return organisation, membership


def _to_staff(organisation_id: int) -> Response:
    return redirect(url_for("people.staff", organisation_id=organisation_id), 303)
