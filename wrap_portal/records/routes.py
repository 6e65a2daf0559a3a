"""The pages of the records room: claims and their decisions, and one person's training."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.attendance.queries import registers_of_person
from wrap_portal.courses.queries import courses
from wrap_portal.errors import DomainError
from wrap_portal.organisations.queries import get_organisation
from wrap_portal.people.queries import staff_list
from wrap_portal.records import queries, rules, service
from wrap_portal.records.forms import ClaimForm, Decision, DecisionForm, VoidForm
from wrap_portal.records.models import RecordState
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, Scope, allow, scope_of
from wrap_portal.web.forms import apply_domain_error
from wrap_portal.web.paging import requested_page

blueprint = Blueprint("records", __name__)

Page = str | tuple[str, int] | Response

DECIDED = (RecordState.ACCEPTED, RecordState.REJECTED, RecordState.VOIDED)
EVERY_STATE = tuple(RecordState)
WORDS = {
    "source_words": rules.SOURCE_WORDS,
    "state_words": rules.STATE_WORDS,
    "state_tones": rules.STATE_TONES,
}


@blueprint.get("/claims")
@allow(Role.MANAGER)
def claims() -> Page:
    """Show the claims that wait for a decision, and those decided."""
    scope = Scope(authority_ids=frozenset([current_authority_id()]))
    page = requested_page(queries.count_claims(scope, states=DECIDED))
    return render_template(
        "records/claims.html",
        waiting=queries.claims(scope, states=(RecordState.UNVERIFIED,)),
        decided=queries.claims(scope, states=DECIDED, limit=page.size, offset=page.offset),
        page=page,
        **WORDS,
    )


@blueprint.route("/claims/<int:record_id>", methods=["GET", "POST"])
@allow(Role.MANAGER)
def decide_claim(record_id: int) -> Page:
    """Show a claim, and accept or reject it while it waits."""
    claim = queries.get_claim(record_id, scope_of(Role.MANAGER)) or abort(404)
    form = DecisionForm()
    if form.validate_on_submit():
        try:
            with committed():
                _decide(record_id, form)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            done = "accepted: it counts now" if form.decision.data is Decision.ACCEPT else "rejected"
            flash(f"The claim for {claim.person_name} has been {done}.", "success")
            return redirect(url_for("records.claims"), 303)
    page = render_template("records/decide_claim.html", form=form, claim=claim, **WORDS)
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/organisations/<int:organisation_id>/claims")
@allow(Role.LEAD, Role.MANAGER)
def organisation_claims(organisation_id: int) -> Page:
    """Show the claims of an organisation's staff and what became of them."""
    organisation = get_organisation(organisation_id, scope_of(Role.LEAD, Role.MANAGER)) or abort(404)
    own = Scope(organisation_ids=frozenset([organisation_id]))
    page = requested_page(queries.count_claims(own, states=EVERY_STATE))
    rows = queries.claims(own, states=EVERY_STATE, limit=page.size, offset=page.offset)
    return render_template(
        "records/organisation_claims.html",
        organisation=organisation,
        rows=rows,
        page=page,
        staff_ids={row.person_id for row in staff_list(organisation_id, clock.today())},
        **WORDS,
    )


@blueprint.route("/organisations/<int:organisation_id>/claims/new", methods=["GET", "POST"])
@allow(Role.LEAD, Role.MANAGER)
def file_claim(organisation_id: int) -> Page:
    """File a claim for somebody of the organisation's staff."""
    organisation = get_organisation(organisation_id, scope_of(Role.LEAD, Role.MANAGER)) or abort(404)
    staff = staff_list(organisation_id, clock.today())
    form = ClaimForm()
    form.offer(
        [(row.person_id, row.name) for row in sorted(staff, key=lambda row: row.name.casefold())],
        [(course.id, course.name) for course in courses(organisation.authority_id)],
    )
    if form.validate_on_submit():
        try:
            with committed():
                service.file_claim(organisation_id=organisation_id, user_id=current_user_id(), **form.claim())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            flash("The claim has been filed. It counts once your Prevent team has accepted it.", "success")
            return redirect(url_for("records.organisation_claims", organisation_id=organisation_id), 303)
    page = render_template("records/file_claim.html", form=form, organisation=organisation, staff=staff)
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/people/<int:person_id>/records")
@allow(Role.LEAD, Role.MANAGER)
def person_records(person_id: int) -> Page:
    """Show everything that is known about a person's training."""
    scope = scope_of(Role.LEAD, Role.MANAGER)
    person = queries.person_within(person_id, scope, clock.today()) or abort(404)
    managed = person.authority_id in scope_of(Role.MANAGER).authority_ids
    return render_template(
        "records/person_records.html",
        person=person,
        rows=queries.records_of_person(person_id),
        managed=managed,
        registers=registers_of_person(person_id) if managed else {},
        is_live=rules.is_live,
        **WORDS,
    )


@blueprint.route("/records/<int:record_id>/void", methods=["GET", "POST"])
@allow(Role.MANAGER)
def void_record(record_id: int) -> Page:
    """Take a record out of every figure, with a reason; what a register made is corrected on the register."""
    record = queries.get_record(record_id, scope_of(Role.MANAGER)) or abort(404)
    if not rules.is_live(record.state) or record_id in registers_of_person(record.person_id):
        abort(404)
    form = VoidForm()
    if form.validate_on_submit():
        with committed():
            service.void_record(record_id=record_id, reason=form.reason.data, user_id=current_user_id())
        flash("The record has been voided. It counts nowhere any more.", "success")
        return redirect(url_for("records.person_records", person_id=record.person_id), 303)
    page = render_template("records/void_record.html", form=form, record=record)
    return page, 422 if form.is_submitted() else 200


def _decide(record_id: int, form: DecisionForm) -> None:
    if form.decision.data is Decision.ACCEPT:
        service.accept_claim(record_id=record_id, user_id=current_user_id())
    else:
        service.reject_claim(record_id=record_id, reason=form.reason.data, user_id=current_user_id())
