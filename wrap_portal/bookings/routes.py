"""Booking places, and the list of what an organisation has booked."""

from typing import Any, NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_organisation_id, current_user_id
from wrap_portal.bookings import cancel_routes, messages, queries, service
from wrap_portal.bookings.blueprint import blueprint
from wrap_portal.bookings.forms import BookForm
from wrap_portal.bookings.service import NewColleague
from wrap_portal.errors import DomainError
from wrap_portal.organisations.queries import Search, get_organisation, search_organisations
from wrap_portal.people.queries import staff_list
from wrap_portal.people.rules import roles_in
from wrap_portal.sessions.queries import get_session
from wrap_portal.sessions.service import starts_at
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, Scope, allow, scope_of
from wrap_portal.web.addresses import id_in_address
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.web.paging import requested_page
from wrap_portal.wording import count_text

Page = str | tuple[str, int] | Response

# The other pages of the room: importing them puts their views onto the blueprint.
PARTS = (cancel_routes,)


@blueprint.get("/bookings")
@allow(Role.LEAD)
def booked() -> Page:
    """List what the organisation has booked: places to come, then those that are over or given up."""
    organisation_id = current_organisation_id()
    now = clock.now()
    page = requested_page(queries.earlier_booking_count(organisation_id=organisation_id, now=now))
    return render_template(
        "bookings/booked.html",
        organisation=get_organisation(organisation_id, scope_of(Role.LEAD)),
        coming=queries.coming_bookings(organisation_id=organisation_id, now=now),
        earlier=queries.earlier_bookings(
            organisation_id=organisation_id, now=now, limit=page.size, offset=page.offset
        ),
        page=page,
        now=now,
    )


@blueprint.get("/sessions/<int:session_id>/book/organisation")
@allow(Role.MANAGER, Role.TRAINER)
def choose_organisation(session_id: int) -> Page:
    """Let the council's own people choose for whom they book."""
    scope = Scope(authority_ids=scope_of(Role.MANAGER, Role.TRAINER).authority_ids)
    session = get_session(session_id, scope) or abort(404)
    within = Scope(authority_ids=frozenset({session.authority_id}))
    if session.organisation_id is not None:
        return redirect(
            url_for("bookings.book", session_id=session_id, organisation=session.organisation_id), 303
        )
    day = clock.london_date(starts_at(session))
    return render_template(
        "bookings/choose_organisation.html",
        training_session=session,
        organisations=search_organisations(within, Search(is_open=True), day),
    )


@blueprint.route("/sessions/<int:session_id>/book", methods=["GET", "POST"])
@allow(Role.LEAD, Role.MANAGER, Role.TRAINER)
def book(session_id: int) -> Page:
    """Book places for people of one organisation, and a colleague who is not on its list yet."""
    wanted = _wanted(session_id)
    if wanted is None:
        return redirect(url_for("bookings.choose_organisation", session_id=session_id), 303)
    session, organisation = wanted
    staff = staff_list(organisation.id, clock.london_date(starts_at(session)))
    form = BookForm()
    form.offer(staff, roles_in(organisation.sector))
    if form.validate_on_submit():
        try:
            with committed():
                bookings = _book(form, session_id, organisation.id)
                messages.queue_confirmations(bookings)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            places = count_text(len(bookings), "place")
            flash(f"{places} booked on {session.course.name} for {organisation.name}.", "success")
            return redirect(url_for("sessions.training_session", session_id=session_id), 303)
    there = queries.booked_person_ids(training_session_id=session_id)
    form.offer([row for row in staff if row.person_id not in there], roles_in(organisation.sector))
    page = render_template(
        "bookings/book.html",
        form=form,
        training_session=session,
        organisation=organisation,
        there=[row.name for row in staff if row.person_id in there],
        begun=starts_at(session) <= clock.now(),
    )
    return page, 422 if form.is_submitted() else 200


class Wanted(NamedTuple):
    """The session that is booked and the organisation that it is booked for, as their rooms return them."""

    session: Any
    organisation: Any


def _wanted(session_id: int) -> Wanted | None:
    """Return what to book for whom, None where the council's own people have not said for whom."""
    authority_ids = scope_of(Role.MANAGER, Role.TRAINER).authority_ids
    session = get_session(session_id, Scope(authority_ids=authority_ids)) if authority_ids else None
    if session is None:
        return _wanted_by_lead(session_id)
    asked = request.args.get("organisation", type=id_in_address)
    if asked is None:
        return None
    within = Scope(authority_ids=frozenset({session.authority_id}))
    return Wanted(session, get_organisation(asked, within) or abort(404))


def _wanted_by_lead(session_id: int) -> Wanted:
    own = scope_of(Role.LEAD).organisation_ids or abort(404)
    working_on = current_organisation_id()
    # Somebody may also train in another organisation, and be working on that one.
    organisation_id = working_on if working_on in own else min(own)
    within = Scope(organisation_ids=frozenset({organisation_id}))
    session = get_session(session_id, within) or abort(404)
    return Wanted(session, get_organisation(organisation_id, within) or abort(404))


def _book(form: BookForm, session_id: int, organisation_id: int) -> list[Any]:
    colleagues = []
    if form.name.data:
        colleague = NewColleague(
            name=form.name.data,
            email=form.email.data or None,
            role=form.role.data,
            same_person={"yes": True, "no": False}.get(form.same_person.data),
        )
        colleagues.append(colleague)
    return service.book_places(
        training_session_id=session_id,
        organisation_id=organisation_id,
        person_ids=form.people.data,
        new_colleagues=colleagues,
        user_id=current_user_id(),
        submission_key=form.submission_key,
    )
