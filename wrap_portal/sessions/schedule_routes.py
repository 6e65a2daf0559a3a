"""Putting a session in the diary."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.courses.models import CourseMode
from wrap_portal.courses.queries import courses
from wrap_portal.errors import DomainError
from wrap_portal.organisations.queries import Search, search_organisations
from wrap_portal.sessions import queries, service
from wrap_portal.sessions.blueprint import blueprint
from wrap_portal.sessions.forms import ScheduleForm
from wrap_portal.sessions.models import SessionMode, SessionState
from wrap_portal.trainers.queries import TrainerChoice, person_of_user, trainer_choices
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, Scope, allow
from wrap_portal.web.fields import Option
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.wording import short_date_text

Page = str | tuple[str, int] | Response


@blueprint.route("/sessions/schedule", methods=["GET", "POST"])
@allow(Role.TRAINER, Role.MANAGER)
def schedule() -> Page:
    """Put a session in the diary, with its venue where the list lacks it."""
    authority_id = current_authority_id()
    form = _form(authority_id)
    if form.validate_on_submit():
        try:
            with committed():
                session = _schedule(form, authority_id)
        except DomainError as error:
            # The same form twice, with a venue that the first one added: what is in the way is its own.
            session = _scheduled_before(form, authority_id)
            if session is None:
                apply_domain_error(form, error)
        if session is not None:
            flash(f"{session.course.name} is in the diary and takes bookings.", "success")
            return redirect(url_for("sessions.training_session", session_id=session.id), 303)
    return render_template("sessions/schedule.html", form=form), 422 if form.is_submitted() else 200


def _scheduled_before(form: ScheduleForm, authority_id: int) -> Any:
    session = queries.session_by_uid(uid=form.uid, authority_id=authority_id) if form.uid else None
    return session if session is not None and session.state is SessionState.PUBLISHED else None


def _form(authority_id: int) -> ScheduleForm:
    form = ScheduleForm()
    today = clock.today()
    form.course_id.choices = [
        (course.id, course.name)
        for course in courses(authority_id)
        if course.mode is not CourseMode.E_LEARNING
    ]
    form.venue_id.choices = [
        (venue.id, f"{venue.name} (holds {venue.capacity})" if venue.capacity else venue.name)
        for venue in queries.venues(authority_id)
    ]
    form.trainers.choices = [
        Option(choice.person_id, choice.name, _may_deliver(choice))
        for choice in trainer_choices(authority_id=authority_id, as_at=today)
    ]
    scope = Scope(authority_ids=frozenset({authority_id}))
    form.organisation_id.choices = [
        (row.organisation_id, row.name) for row in search_organisations(scope, Search(is_open=True), today)
    ]
    if not form.is_submitted():
        trainer = person_of_user(current_user_id())
        form.trainers.data = [trainer.id] if trainer else []
    return form


def _may_deliver(choice: TrainerChoice) -> str:
    held = [
        f"{course} until {short_date_text(last)}" if last else course
        for course, _, last in choice.may_deliver
    ]
    return ", ".join(held) or "No accreditation"


def _schedule(form: ScheduleForm, authority_id: int) -> Any:
    starts_at, ends_at = service.session_times(on=form.on.data, starts=form.starts.data, ends=form.ends.data)
    in_person = form.mode.data is SessionMode.IN_PERSON
    return service.schedule_session(
        authority_id=authority_id,
        course_id=form.course_id.data,
        starts_at=starts_at,
        ends_at=ends_at,
        mode=form.mode.data,
        venue_id=_venue_id(form, authority_id) if in_person else None,
        join_link=None if in_person else form.join_link.data,
        capacity=form.capacity.data,
        trainer_person_ids=form.trainers.data,
        organisation_id=form.organisation_id.data,
        note=form.note.data,
        uid=form.uid,
        user_id=current_user_id(),
    )


def _venue_id(form: ScheduleForm, authority_id: int) -> int | None:
    if not form.venue_name.data:
        chosen: int | None = form.venue_id.data
        return chosen
    if form.venue_id.data is not None:
        raise DomainError("Choose a venue or type a new one, not both.", field="venue_name")
    try:
        venue = service.add_venue(
            authority_id=authority_id,
            name=form.venue_name.data,
            address=form.venue_address.data,
            capacity=form.venue_capacity.data,
        )
    except DomainError as error:
        raise DomainError(error.sentence, field=f"venue_{error.field}") from error
    return venue.id
