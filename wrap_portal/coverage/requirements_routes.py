"""What is required of whom: the requirements that stand in an authority, and new ones."""

from decimal import Decimal

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.courses import queries as courses
from wrap_portal.coverage import queries, rules, service
from wrap_portal.coverage.blueprint import blueprint
from wrap_portal.coverage.forms import RequirementForm
from wrap_portal.errors import DomainError
from wrap_portal.organisations.rules import SECTOR_NAMES
from wrap_portal.people.rules import ROLE_WORDS
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error


@blueprint.get("/requirements")
@allow(Role.MANAGER, Role.VIEWER)
def requirements() -> str:
    """List what is required of whom, each with where it is written."""
    authority_id = current_authority_id()
    return render_template(
        "coverage/requirements.html",
        requirements=queries.requirements(authority_id),
        may_add=authority_id in scope_of(Role.MANAGER).authority_ids,
        measure_names=rules.MEASURE_NAMES,
        plain_percent=rules.plain_percent,
        sector_names={sector.value: words for sector, words in SECTOR_NAMES.items()},
        role_words={role.value: words for role, words in ROLE_WORDS.items()},
    )


@blueprint.route("/requirements/add", methods=["GET", "POST"])
@allow(Role.MANAGER)
def add_requirement() -> str | tuple[str, int] | Response:
    """Add a requirement of the authority's own."""
    authority_id = current_authority_id()
    form = _form(authority_id)
    if form.validate_on_submit():
        try:
            with committed():
                _add(form, authority_id)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"The requirement “{form.name.data}” stands from now on.", "success")
            return redirect(url_for("coverage.requirements"), 303)
    page = render_template("coverage/add_requirement.html", form=form)
    return page, 422 if form.is_submitted() else 200


def _form(authority_id: int) -> RequirementForm:
    form = RequirementForm()
    form.offer(
        courses=[(course.id, course.name) for course in courses.courses(authority_id)],
        defaults=[(each.code, each.name) for each in queries.requirements(None)],
    )
    return form


def _add(form: RequirementForm, authority_id: int) -> None:
    service.add_requirement(
        authority_id=authority_id,
        name=form.name.data,
        code=form.code.data,
        measure=form.measure.data,
        threshold_percent=None
        if form.threshold_percent.data is None
        else Decimal(form.threshold_percent.data),
        course_ids=form.course_ids.data,
        months=form.months.data,
        basis=form.basis.data,
        sectors=form.sectors.data,
        roles=form.roles.data,
        target_percent=Decimal(form.target_percent.data),
        source=form.source.data,
        user_id=current_user_id(),
    )
