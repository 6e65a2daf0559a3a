"""The pages of the courses room."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.courses import queries, rules, service
from wrap_portal.courses.forms import CourseForm
from wrap_portal.errors import DomainError
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, scope_of
from wrap_portal.web.forms import apply_domain_error

blueprint = Blueprint("courses", __name__)

Page = str | tuple[str, int] | Response


@blueprint.get("/courses")
@allow(Role.MANAGER, Role.VIEWER, Role.TRAINER)
def course_list() -> Page:
    """List the courses of the authority that the caller works on, and those that it gives no longer."""
    authority_id = current_authority_id()
    return render_template(
        "courses/course_list.html",
        courses=queries.courses(authority_id),
        withdrawn=queries.withdrawn_courses(authority_id),
        mode_names=rules.MODE_NAMES,
        duration_text=rules.duration_text,
        may_add=authority_id in scope_of(Role.MANAGER).authority_ids,
    )


@blueprint.route("/courses/add", methods=["GET", "POST"])
@allow(Role.MANAGER)
def add_course() -> Page:
    """Add a course of the authority's own."""
    authority_id = current_authority_id()
    form = CourseForm()
    form.offer([(course.id, course.name) for course in queries.courses(authority_id)])
    if form.validate_on_submit():
        try:
            with committed():
                course = service.add_course(
                    authority_id=authority_id,
                    name=form.name.data,
                    mode=form.mode.data,
                    duration_minutes=form.duration_minutes.data,
                    description=form.description.data,
                    needs_accredited_trainer=form.needs_accredited_trainer.data,
                    accredits_course_id=form.accredits_course.data,
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"{course.name} has been added.", "success")
            return redirect(url_for("courses.course_list"), 303)
    return render_template("courses/add_course.html", form=form), 422 if form.is_submitted() else 200


@blueprint.post("/courses/<int:course_id>/withdraw")
@allow(Role.MANAGER)
def withdraw_course(course_id: int) -> Page:
    """Stop giving a course of the authority's own from today on."""
    course = queries.get_own_course(course_id, scope_of(Role.MANAGER)) or abort(404)
    try:
        with committed():
            service.withdraw_course(course=course, on=clock.today(), user_id=current_user_id())
    except DomainError as error:
        flash(error.sentence)
    else:
        flash(f"{course.name} is no longer given. What people completed keeps counting.", "success")
    return redirect(url_for("courses.course_list"), 303)
