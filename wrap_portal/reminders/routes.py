"""The pages of the reminders room: the queue of messages, one message, and what will be sent."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.errors import DomainError
from wrap_portal.mail import queries as mail_queries
from wrap_portal.mail import service as mail_service
from wrap_portal.mail.queries import MessageFilter
from wrap_portal.reminders import queries, rules
from wrap_portal.reminders.forms import MessageFilterForm, SendAgainForm
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, allow, caller, scope_of
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.web.paging import requested_page

blueprint = Blueprint("reminders", __name__)

Page = str | tuple[str, int] | Response


def _reach() -> frozenset[int] | None:
    """Whose messages the caller sees: an administrator everybody's (None), a manager those of the own
    authorities."""
    return None if caller().holds_any([Role.ADMINISTRATOR]) else scope_of(Role.MANAGER).authority_ids


@blueprint.get("/messages")
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def messages() -> Page:
    """List the queue: what was sent, what waits, what failed."""
    filters = MessageFilterForm(request.args)
    filters.offer(mail_queries.message_kinds(_reach()))
    filters.validate()
    wanted = MessageFilter(state=filters.state.data, kind=filters.kind.data)
    page = requested_page(mail_queries.count_messages(_reach(), wanted))
    rows = mail_queries.messages(_reach(), wanted, limit=page.size, offset=page.offset)
    return render_template(
        "reminders/messages.html", filters=filters, page=page, rows=rows, wanted=wanted, rules=rules
    )


@blueprint.get("/messages/<int:message_id>")
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def message(message_id: int) -> Page:
    """Show one message: what became of it, why it exists and what it says."""
    found = mail_queries.get_message(message_id, _reach()) or abort(404)
    return _message_page(found, SendAgainForm())


@blueprint.post("/messages/<int:message_id>/send-again")
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def send_again(message_id: int) -> Page:
    """Put a message that failed back into the queue."""
    found = mail_queries.get_message(message_id, _reach()) or abort(404)
    form = SendAgainForm()
    if form.validate_on_submit():
        try:
            with committed():
                mail_service.send_again(message=found)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash("The message waits to be sent again.", "success")
            return redirect(url_for("reminders.message", message_id=message_id), 303)
    return _message_page(found, form), 422


@blueprint.get("/messages/planned")
@allow(Role.MANAGER, Role.ADMINISTRATOR)
def planned_messages() -> Page:
    """List the reminders that will be sent in the next 30 days."""
    today = clock.today()
    until = today + timedelta(days=rules.PLANNED_AHEAD_DAYS)
    page = requested_page(queries.count_planned_reminders(_reach(), until))
    rows = queries.planned_reminders(_reach(), until, limit=page.size, offset=page.offset)
    return render_template(
        "reminders/planned_messages.html", page=page, rows=rows, rules=rules, today=today, until=until
    )


def _message_page(found: Any, form: SendAgainForm) -> str:
    return render_template(
        "reminders/message.html",
        message=found,
        form=form,
        reminders=queries.reminders_in_message(found.id),
        rules=rules,
    )
