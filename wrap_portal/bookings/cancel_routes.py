"""Giving a place up, and cancelling a session with everybody on it."""

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_user_id
from wrap_portal.bookings import messages, queries, service
from wrap_portal.bookings.blueprint import blueprint
from wrap_portal.bookings.forms import CancelBookingForm, CancelSessionForm
from wrap_portal.bookings.models import BookingState
from wrap_portal.errors import DomainError
from wrap_portal.sessions.models import SessionState
from wrap_portal.sessions.queries import get_session
from wrap_portal.sessions.service import starts_at
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, Scope, allow, scope_of
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.wording import count_text

Page = str | tuple[str, int] | Response


@blueprint.route("/bookings/<int:booking_id>/cancel", methods=["GET", "POST"])
@allow(Role.LEAD, Role.MANAGER, Role.TRAINER)
def cancel(booking_id: int) -> Page:
    """Give a place up: a lead for the own organisation, the council's own people for any."""
    scope = Scope(
        authority_ids=scope_of(Role.MANAGER, Role.TRAINER).authority_ids,
        organisation_ids=scope_of(Role.LEAD).organisation_ids,
    )
    booking = queries.get_booking(booking_id, scope) or abort(404)
    address = url_for("sessions.training_session", session_id=booking.training_session_id)
    if booking.state is BookingState.CANCELLED:
        return redirect(address, 303)
    form = CancelBookingForm()
    if form.validate_on_submit():
        try:
            with committed():
                cancelled = service.cancel_booking(
                    booking_id=booking_id, reason=form.reason.data, user_id=current_user_id()
                )
                messages.queue_booking_cancellation(cancelled)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            course = cancelled.training_session.course.name
            flash(f"{booking.person.name} no longer has a place on {course}.", "success")
            return redirect(address, 303)
    page = render_template("bookings/cancel.html", form=form, booking=booking)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/sessions/<int:session_id>/cancel", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.TRAINER)
def cancel_session(session_id: int) -> Page:
    """Cancel a session, and tell everybody who has a place."""
    scope = Scope(authority_ids=scope_of(Role.MANAGER, Role.TRAINER).authority_ids)
    session = get_session(session_id, scope) or abort(404)
    address = url_for("sessions.training_session", session_id=session_id)
    if session.state is SessionState.CANCELLED:
        return redirect(address, 303)
    form = CancelSessionForm()
    if form.validate_on_submit():
        try:
            with committed():
                cancelled = service.cancel_session(
                    training_session_id=session_id, reason=form.reason.data, user_id=current_user_id()
                )
                messages.queue_session_cancellations(cancelled)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            places = count_text(len(cancelled), "booking")
            flash(f"The session is cancelled, and {places} with it.", "success")
            return redirect(address, 303)
    page = render_template(
        "bookings/cancel_session.html",
        form=form,
        training_session=session,
        begun=starts_at(session) <= clock.now(),
    )
    return page, 422 if form.is_submitted() else 200
