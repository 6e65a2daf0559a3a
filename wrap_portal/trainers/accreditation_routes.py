"""Deciding who may deliver what: proposals, accreditations given directly, withdrawals."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.courses.queries import courses
from wrap_portal.errors import DomainError
from wrap_portal.sessions.queries import sessions_of_trainer
from wrap_portal.trainers import queries, rules, service
from wrap_portal.trainers.blueprint import blueprint
from wrap_portal.trainers.forms import SCOPE_WORDS, AccreditForm, ConfirmForm, DeclineForm, WithdrawForm
from wrap_portal.trainers.models import AccreditationScope
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error

Page = str | tuple[str, int] | Response


@blueprint.get("/trainers/proposals")
@allow(Role.MANAGER)
def proposals() -> Page:
    """List who attended train-the-trainer and waits for a decision."""
    return render_template("trainers/proposals.html", rows=queries.proposals(current_authority_id()))


@blueprint.route("/trainers/accreditations/<int:accreditation_id>/confirm", methods=["GET", "POST"])
@allow(Role.MANAGER)
def confirm(accreditation_id: int) -> Page:
    """Let somebody who was proposed deliver, from a first to a last day."""
    proposal = _get_accreditation(accreditation_id)
    starts_on, ends_on = _proposed_days(proposal)
    form = ConfirmForm(starts_on=starts_on, ends_on=ends_on, scope=proposal.scope)
    if proposal.organisation is None:
        form.scope.choices = [(AccreditationScope.AREA, SCOPE_WORDS[AccreditationScope.AREA])]
    if form.validate_on_submit():
        try:
            with committed():
                service.confirm_accreditation(
                    accreditation_id=accreditation_id,
                    starts_on=form.starts_on.data,
                    ends_on=form.ends_on.data,
                    scope=form.scope.data,
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{proposal.person.name} may now deliver {proposal.course.name}.", "success")
            return redirect(url_for("trainers.proposals"), 303)
    page = render_template("trainers/confirm.html", form=form, proposal=proposal)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/trainers/accreditations/<int:accreditation_id>/decline", methods=["GET", "POST"])
@allow(Role.MANAGER)
def decline(accreditation_id: int) -> Page:
    """Decline a proposal, with the reason."""
    proposal = _get_accreditation(accreditation_id)
    form = DeclineForm()
    if form.validate_on_submit():
        try:
            with committed():
                service.decline_accreditation(
                    accreditation_id=accreditation_id, reason=form.reason.data, user_id=current_user_id()
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"The proposal of {proposal.person.name} is declined.", "success")
            return redirect(url_for("trainers.proposals"), 303)
    page = render_template("trainers/decline.html", form=form, proposal=proposal)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/trainers/<int:person_id>/accredit", methods=["GET", "POST"])
@allow(Role.MANAGER)
def accredit(person_id: int) -> Page:
    """Let somebody deliver a course without train-the-trainer attendance."""
    person = queries.get_trainer(person_id, scope_of(Role.MANAGER)) or abort(404)
    # Theirs, not the one that the caller works on: who manages two councils opens either's people.
    authority_id = person.authority_id
    today = clock.today()
    form = AccreditForm(starts_on=today, ends_on=rules.default_last_day(today), scope=AccreditationScope.AREA)
    form.course_id.choices = [(course.id, course.name) for course in courses(authority_id)]
    form.organisation_id.choices = queries.organisations_of(
        person_id=person_id, authority_id=authority_id, as_at=today
    )
    if form.validate_on_submit():
        try:
            with committed():
                service.accredit(
                    person_id=person_id,
                    course_id=form.course_id.data,
                    authority_id=authority_id,
                    scope=form.scope.data,
                    organisation_id=form.organisation_id.data,
                    starts_on=form.starts_on.data,
                    ends_on=form.ends_on.data,
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{person.name} may now deliver the course.", "success")
            return redirect(url_for("trainers.trainer", person_id=person_id), 303)
    page = render_template("trainers/accredit.html", form=form, person=person)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/trainers/accreditations/<int:accreditation_id>/withdraw", methods=["GET", "POST"])
@allow(Role.MANAGER)
def withdraw(accreditation_id: int) -> Page:
    """Let somebody deliver no longer, having seen what that affects."""
    accreditation = _get_accreditation(accreditation_id)
    form = WithdrawForm(on=clock.today())
    if form.validate_on_submit():
        try:
            with committed():
                service.withdraw_accreditation(
                    accreditation_id=accreditation_id,
                    on=form.on.data,
                    reason=form.reason.data,
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            name, course = accreditation.person.name, accreditation.course.name
            flash(f"{name} may no longer deliver {course}.", "success")
            return redirect(url_for("trainers.trainer", person_id=accreditation.person_id), 303)
    page = render_template(
        "trainers/withdraw.html",
        form=form,
        accreditation=accreditation,
        coming=sessions_of_trainer(
            person_id=accreditation.person_id, since=clock.now(), course_id=accreditation.course_id
        ),
    )
    return page, 422 if form.is_submitted() else 200


def _get_accreditation(accreditation_id: int) -> Any:
    return queries.get_accreditation(
        accreditation_id=accreditation_id, scope=scope_of(Role.MANAGER)
    ) or abort(404)


def _proposed_days(proposal: Any) -> tuple[Any, Any]:
    held_until = queries.held_until(
        person_id=proposal.person_id,
        course_id=proposal.course_id,
        organisation_id=proposal.organisation_id,
    )
    return rules.proposed_days(proposal.starts_on, proposal.ends_on, held_until)
