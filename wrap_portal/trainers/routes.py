"""The list of trainers, the page of one, and the account that they sign in with."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.courses.queries import courses
from wrap_portal.errors import DomainError
from wrap_portal.people.service import add_person
from wrap_portal.sessions.queries import sessions_of_trainer
from wrap_portal.trainers import accreditation_routes, queries, service
from wrap_portal.trainers.blueprint import blueprint
from wrap_portal.trainers.forms import AccountForm, AddPersonForm, PersonFilter, TrainerFilter
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.web.paging import requested_page

Page = str | tuple[str, int] | Response

# The other pages of the room: importing them puts their views onto the blueprint.
PARTS = (accreditation_routes,)


@blueprint.get("/trainers")
@allow(Role.MANAGER)
def trainers() -> Page:
    """List who may deliver what, and say what waits for a decision."""
    authority_id = current_authority_id()
    filters = TrainerFilter(request.args)
    filters.course.choices = [(course.id, course.name) for course in courses(authority_id)]
    valid = filters.validate()
    course_id = filters.course.data if valid else None
    ended = valid and filters.show.data == "ended"
    as_at = clock.today()
    page = requested_page(
        queries.accreditation_count(authority_id=authority_id, as_at=as_at, course_id=course_id, ended=ended)
    )
    return render_template(
        "trainers/trainers.html",
        filters=filters,
        forms=[filters],
        page=page,
        rows=queries.accreditations(
            authority_id=authority_id,
            as_at=as_at,
            course_id=course_id,
            ended=ended,
            limit=page.size,
            offset=page.offset,
        ),
        waiting=queries.proposal_count(authority_id),
    )


@blueprint.get("/trainers/<int:person_id>")
@allow(Role.MANAGER)
def trainer(person_id: int) -> Page:
    """Show what somebody may deliver, what is in their diary, and who they are when they sign in."""
    person = queries.get_trainer(person_id, scope_of(Role.MANAGER)) or abort(404)
    return render_template(
        "trainers/trainer.html",
        person=person,
        accreditations=queries.accreditations_of_person(
            person_id=person_id, authority_id=person.authority_id
        ),
        coming=sessions_of_trainer(person_id=person_id, since=clock.now()),
        account=queries.account_of_person(person_id=person_id),
    )


@blueprint.get("/trainers/find")
@allow(Role.MANAGER)
def find_person() -> Page:
    """Look for somebody to accredit."""
    filters = PersonFilter(request.args)
    words = filters.name.data if filters.validate() else ""
    people = (
        queries.people_matching(authority_id=current_authority_id(), words=words, as_at=clock.today())
        if words
        else []
    )
    return render_template(
        "trainers/find_person.html", filters=filters, forms=[filters], words=words, people=people
    )


@blueprint.route("/trainers/add", methods=["GET", "POST"])
@allow(Role.MANAGER)
def add_trainer() -> Page:
    """Add somebody who is on no staff list, to accredit them then."""
    form = AddPersonForm()
    if form.validate_on_submit():
        try:
            with committed():
                person = add_person(
                    authority_id=current_authority_id(), name=form.name.data, email=form.email.data or None
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            return redirect(url_for("trainers.accredit", person_id=person.id), 303)
    return render_template("trainers/add_trainer.html", form=form), 422 if form.is_submitted() else 200


@blueprint.route("/trainers/<int:person_id>/account", methods=["GET", "POST"])
@allow(Role.MANAGER)
def link_account(person_id: int) -> Page:
    """Say which account a trainer signs in with."""
    person = queries.get_trainer(person_id, scope_of(Role.MANAGER)) or abort(404)
    form = AccountForm()
    form.user_id.choices = [
        (row.user_id, f"{row.name}, {row.email}{' (is another trainer now)' if row.person_id else ''}")
        for row in queries.trainer_accounts(authority_id=person.authority_id)
        if row.person_id != person_id
    ]
    if form.validate_on_submit():
        try:
            with committed():
                service.link_trainer_account(
                    user_id=form.user_id.data, person_id=person_id, actor_id=current_user_id()
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{person.name} now sees their own diary.", "success")
            return redirect(url_for("trainers.trainer", person_id=person_id), 303)
    page = render_template("trainers/link_account.html", form=form, person=person)
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/trainers/<int:person_id>/account/remove")
@allow(Role.MANAGER)
def unlink_account(person_id: int) -> Page:
    """Take a trainer's account away; the account itself stays."""
    person = queries.get_trainer(person_id, scope_of(Role.MANAGER)) or abort(404)
    with committed():
        service.unlink_trainer_account(person_id=person_id, actor_id=current_user_id())
    flash(f"{person.name} is no longer linked to an account.", "success")
    return redirect(url_for("trainers.trainer", person_id=person_id), 303)
