"""The diary of a trainer, the list of sessions and the page of one."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id, current_organisation_id, current_user_id
from wrap_portal.attendance.due_queries import dates_without_register
from wrap_portal.bookings.queries import (
    bookings_of_session,
    count_bookings_of_session,
    places_of_organisation,
)
from wrap_portal.courses.queries import courses
from wrap_portal.sessions import queries, schedule_routes, service, venues_routes
from wrap_portal.sessions.blueprint import blueprint
from wrap_portal.sessions.forms import SessionFilter
from wrap_portal.sessions.models import SessionState
from wrap_portal.sessions.queries import SessionRow
from wrap_portal.trainers.queries import person_of_user
from wrap_portal.web.access import Role, Scope, allow, caller, scope_of
from wrap_portal.web.paging import Page as ListPage
from wrap_portal.web.paging import requested_page

Page = str | tuple[str, int] | Response

# The other pages of the room: importing them puts their views onto the blueprint.
PARTS = (schedule_routes, venues_routes)

# How far back the diary looks for registers that nobody has filled in.
REGISTERS_SINCE = timedelta(days=365)


@blueprint.get("/sessions/diary")
@allow(Role.TRAINER)
def diary() -> Page:
    """Show a trainer's own sessions: today's first, then those to come, then registers that wait."""
    trainer = person_of_user(current_user_id())
    if trainer is None:
        return render_template("sessions/diary.html", trainer=None)
    today = clock.today()
    midnight = clock.from_london(datetime.combine(today, time()))
    rows = queries.sessions_of_trainer(person_id=trainer.id, since=midnight)
    past = queries.sessions_of_trainer(person_id=trainer.id, since=midnight - REGISTERS_SINCE, until=midnight)
    waiting = dates_without_register([row.session_date_id for row in past if row.ends_at <= midnight])
    return render_template(
        "sessions/diary.html",
        trainer=trainer,
        todays=[row for row in rows if clock.london_date(row.starts_at) <= today],
        coming=[row for row in rows if clock.london_date(row.starts_at) > today],
        waiting=[row for row in past if row.session_date_id in waiting],
    )


@blueprint.get("/sessions")
@allow(Role.MANAGER, Role.VIEWER, Role.TRAINER, Role.LEAD)
def sessions() -> Page:
    """List sessions: the council's own for those who work for it, those open to it for an organisation."""
    authority_id = current_authority_id()
    if authority_id not in scope_of(Role.MANAGER, Role.VIEWER, Role.TRAINER).authority_ids:
        return _open_sessions(current_organisation_id())
    filters = SessionFilter(request.args)
    filters.course.choices = [(course.id, course.name) for course in courses(authority_id)]
    valid = filters.validate()
    page, rows = _listed(
        filters.show.data if valid else "upcoming",
        Scope(authority_ids=frozenset({authority_id})),
        filters.course.data if valid else None,
    )
    may_schedule = authority_id in scope_of(Role.MANAGER, Role.TRAINER).authority_ids
    return render_template(
        "sessions/sessions.html",
        filters=filters,
        forms=[filters],
        page=page,
        rows=rows,
        may_schedule=may_schedule,
        shows_places=may_schedule,
        begun=valid and filters.show.data == "past",
        own=None,
    )


@blueprint.get("/sessions/<int:session_id>")
@allow(Role.MANAGER, Role.VIEWER, Role.TRAINER, Role.LEAD)
def training_session(session_id: int) -> Page:
    """Show one session: to staff with everybody on it, to an organisation with its own people."""
    trainer = person_of_user(current_user_id()) if caller().holds_any([Role.TRAINER]) else None
    session = queries.get_session(
        session_id,
        scope_of(Role.MANAGER, Role.VIEWER, Role.TRAINER, Role.LEAD),
        trainer_person_id=trainer.id if trainer else None,
    ) or abort(404)
    council = session.authority_id in scope_of(Role.MANAGER, Role.TRAINER).authority_ids
    gives_it = trainer is not None and trainer.id in session.trainer_ids
    staff = council or gives_it
    whose = None if staff else scope_of(Role.LEAD).organisation_ids
    page = requested_page(count_bookings_of_session(session_id, organisation_ids=whose))
    places = bookings_of_session(session_id, organisation_ids=whose, limit=page.size, offset=page.offset)
    return render_template(
        "sessions/training_session.html",
        training_session=session,
        page=page,
        places=places,
        staff=staff,
        # Where it is and who gives it is for those who have a place (quality.md, staff safety).
        shows_place=staff or page.total > 0,
        begun=service.starts_at(session) <= clock.now(),
        may=_may(session, council=council, gives_it=gives_it),
    )


def _may(session: Any, *, council: bool, gives_it: bool) -> dict[str, bool]:
    """Return what the caller may do with a session at this moment: what its page offers."""
    published = session.state is SessionState.PUBLISHED
    begun = service.starts_at(session) <= clock.now()
    lead = queries.get_session(session.id, scope_of(Role.LEAD)) is not None
    manager = session.authority_id in scope_of(Role.MANAGER).authority_ids
    return {
        "book": published and not begun and (council or lead),
        "give_up": published and not begun and (council or (lead and not gives_it)),
        "cancel": published and not begun and council,
        "register": published and begun and (manager or gives_it),
    }


def _open_sessions(organisation_id: int) -> str:
    scope = Scope(organisation_ids=frozenset({organisation_id}))
    page, rows = _listed("upcoming", scope, None)
    own = places_of_organisation(
        organisation_id=organisation_id, training_session_ids=[row.training_session_id for row in rows]
    )
    return render_template(
        "sessions/sessions.html",
        filters=None,
        page=page,
        rows=rows,
        may_schedule=False,
        shows_places=False,
        leads=caller().holds_any([Role.LEAD]),
        own=own,
    )


def _listed(show: str, scope: Scope, course_id: int | None) -> tuple[ListPage, list[SessionRow]]:
    now = clock.now()
    if show == "cancelled":
        page = requested_page(queries.cancelled_session_count(scope=scope, course_id=course_id))
        return page, queries.cancelled_sessions(
            scope=scope, course_id=course_id, limit=page.size, offset=page.offset
        )
    count, rows = (
        (queries.past_session_count, queries.past_sessions)
        if show == "past"
        else (queries.upcoming_session_count, queries.upcoming_sessions)
    )
    page = requested_page(count(scope=scope, now=now, course_id=course_id))
    return page, rows(scope=scope, now=now, course_id=course_id, limit=page.size, offset=page.offset)
