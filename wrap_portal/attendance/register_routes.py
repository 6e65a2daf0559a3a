"""The register of a session's date: who came, marked on a phone in a hall, and who came to the door."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_user_id
from wrap_portal.attendance import queries, rules, service
from wrap_portal.attendance.blueprint import blueprint
from wrap_portal.attendance.forms import RegisterForm, WalkInForm, register_form
from wrap_portal.attendance.models import AttendanceOutcome
from wrap_portal.attendance.queries import RegisterPage, RegisterRow
from wrap_portal.errors import DomainError
from wrap_portal.trainers.queries import person_of_user
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, caller, scope_of
from wrap_portal.web.addresses import id_in_address
from wrap_portal.web.forms import apply_domain_error

Page = str | tuple[str, int] | Response


@blueprint.route("/sessions/<int:session_id>/register", methods=["GET", "POST"])
@allow(Role.TRAINER, Role.MANAGER)
def register(session_id: int) -> Page:
    """Show the register of one date of a session, and save what is marked on it."""
    found = _get_register(session_id)
    rows = queries.register_rows(found.session_date_id)
    form = register_form(rows)
    if form.validate_on_submit():
        try:
            with committed():
                tally = service.mark_attendance(
                    session_date_id=found.session_date_id,
                    marks=_marks(form, rows),
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(f"Saved: {rules.tally_text(tally)}.", "success")
            return redirect(_address_of(found), 303)
    page = render_template(
        "attendance/register.html",
        register=found,
        rows=rows,
        form=form,
        problem=found.problem(clock.now()),
        tally=rules.tally_text(rules.tally(row.outcome for row in rows)),
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/sessions/<int:session_id>/register/walk-in", methods=["GET", "POST"])
@allow(Role.TRAINER, Role.MANAGER)
def add_walk_in(session_id: int) -> Page:
    """Add somebody to the register who came without a place."""
    found = _get_register(session_id)
    form = WalkInForm()
    form.offer(queries.walk_in_organisations(found, clock.london_date(found.chosen.starts_at)))
    if form.validate_on_submit():
        try:
            with committed():
                added = service.add_walk_in(
                    session_date_id=found.session_date_id,
                    organisation_id=form.organisation_id.data,
                    name=form.name.data,
                    email=form.email.data or None,
                    user_id=current_user_id(),
                )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash(rules.walk_in_text(added.name, known=added.known, booked=added.booked), "success")
            return redirect(_address_of(found), 303)
    page = render_template(
        "attendance/add_walk_in.html", register=found, form=form, problem=found.problem(clock.now())
    )
    return page, 422 if form.is_submitted() else 200


def _get_register(session_id: int) -> RegisterPage:
    # An assigned trainer of whatever authority, or a manager of this one; to others it is not there.
    scope = scope_of(Role.MANAGER)
    trainer = person_of_user(user_id=current_user_id()) if caller().holds_any([Role.TRAINER]) else None
    return queries.get_register(
        session_id,
        scope=scope,
        trainer_person_id=trainer.id if trainer else None,
        now=clock.now(),
        session_date_id=request.args.get("date", type=id_in_address),
    ) or abort(404)


def _address_of(found: RegisterPage) -> str:
    return url_for("attendance.register", session_id=found.training_session_id, date=found.session_date_id)


def _marks(form: RegisterForm, rows: list[RegisterRow]) -> dict[int, AttendanceOutcome]:
    marks = form.changes(request.form)
    if "everybody_else" not in request.form:
        return marks
    unmarked = [row.person_id for row in rows if row.outcome is None]
    return dict.fromkeys(unmarked, AttendanceOutcome.ATTENDED) | marks
