"""The figures and the rows behind them: dashboard, requirement, gap list."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import abort, render_template, request, url_for

from wrap_portal import clock
from wrap_portal.accounts.identity import current_authority_id
from wrap_portal.charts.lines import TrendPoint as ChartPoint
from wrap_portal.charts.lines import line_chart
from wrap_portal.coverage import organisation_routes, queries, requirements_routes, rules
from wrap_portal.coverage.blueprint import blueprint
from wrap_portal.coverage.figures_rules import CoverageFigure, TrendPoint, side_by_side
from wrap_portal.coverage.forms import SLICE_NAMES, AsAtForm, GapFilter, RequirementFilter
from wrap_portal.coverage.models import Measure
from wrap_portal.coverage.queries import RowFilter
from wrap_portal.coverage.rules import SliceBy
from wrap_portal.organisations import queries as organisations
from wrap_portal.percentages import percent_text
from wrap_portal.records import queries as records
from wrap_portal.records.models import RecordState
from wrap_portal.trainers import queries as trainers
from wrap_portal.web.access import Role, Scope, allow, scope_of
from wrap_portal.web.paging import requested_page
from wrap_portal.wording import count_text, date_text

# The other pages of the room: importing them puts their views onto the blueprint.
PARTS = (organisation_routes, requirements_routes)

Page = str | tuple[str, int]

READERS = (Role.MANAGER, Role.VIEWER)
MONTHS_BACK, MONTHS_AHEAD = 24, 12
MONTH, QUARTER = 1, 3


@blueprint.get("/coverage")
@allow(*READERS)
def dashboard() -> Page:
    """Say what share is covered, which are not, what has changed and what waits for a decision."""
    form = AsAtForm(request.args)
    status = 200 if form.validate() else 422
    authority_id, as_at = current_authority_id(), form.as_at.data or clock.today()
    asked = queries.requirements(authority_id)
    quarter, year = rules.months_before(as_at, 3), rules.months_before(as_at, 12)
    figures = queries.figures(asked, authority_id, [as_at, quarter, year])
    leading = [each for each in asked if "school" in each.sectors and each.measure is not Measure.SHARE][:2]
    page = render_template(
        "coverage/dashboard.html",
        form=form,
        as_at=as_at,
        kept=_kept(as_at),
        register_date=organisations.register_date(authority_id),
        figures=[figures[each.id, as_at] for each in asked],
        leading=[figures[each.id, as_at] for each in leading],
        changes={
            each.id: _changes(figures[each.id, as_at], [figures[each.id, quarter], figures[each.id, year]])
            for each in asked
        },
        people=queries.people_counts(
            [each for each in asked if each.measure is Measure.SHARE], authority_id, as_at
        ),
        trends=[_trend(figures[each.id, as_at], authority_id, every=QUARTER) for each in leading],
        slices=[by for by in SliceBy if by is not SliceBy.PHASE],
        slice_names=SLICE_NAMES,
        phases=side_by_side(list(queries.figures(leading, authority_id, [as_at], SliceBy.PHASE).values())),
        decisions=_decisions(authority_id),
        **_words(),
    )
    return page, status


@blueprint.get("/coverage/<code>")
@allow(*READERS)
def requirement(code: str) -> Page:
    """Show one requirement: its figure, trend and slices, and every organisation behind them."""
    form = RequirementFilter(request.args)
    status = 200 if form.validate() else 422
    authority_id, as_at = current_authority_id(), form.as_at.data or clock.today()
    asked = queries.requirement_by_code(code, authority_id) or abort(404)
    by = form.by.data or SliceBy.PHASE
    figure = queries.figure(asked, authority_id, as_at, by)
    in_part = "part" in request.args
    rows = RowFilter(
        covered={"covered": True, "gap": False}.get(form.state.data),
        by=by if in_part else None,
        key=form.part.data or None,
    )
    list_page = requested_page(sum(queries.count_rows(asked, authority_id, as_at, rows).values()))
    page = render_template(
        "coverage/requirement.html",
        form=form,
        as_at=as_at,
        kept=_kept(as_at),
        requirement=asked,
        figure=figure,
        changes=_changes(figure, [queries.figure(asked, authority_id, rules.months_before(as_at, 12))]),
        facts=_facts(asked),
        people=queries.people_counts([asked], authority_id, as_at)[asked.id],
        trend=_trend(figure, authority_id, every=MONTH),
        by=by,
        slice_names=SLICE_NAMES,
        part=next((each for each in figure.slices if in_part and each.key == rows.key), None),
        rows=queries.coverage_rows(
            asked, authority_id, as_at, rows, limit=list_page.size, offset=list_page.offset
        ),
        list_page=list_page,
        **_words(),
    )
    return page, status


@blueprint.get("/coverage/<code>/gaps")
@allow(*READERS)
def gaps(code: str) -> Page:
    """List the organisations that do not meet a requirement, each with the reason."""
    form = GapFilter(request.args)
    status = 200 if form.validate() else 422
    authority_id, as_at = current_authority_id(), form.as_at.data or clock.today()
    asked = queries.requirement_by_code(code, authority_id) or abort(404)
    counts = queries.count_rows(asked, authority_id, as_at, RowFilter(covered=False))
    reason = form.reason.data
    list_page = requested_page(counts.get(reason, 0) if reason else sum(counts.values()))
    page = render_template(
        "coverage/gaps.html",
        form=form,
        as_at=as_at,
        kept=_kept(as_at),
        requirement=asked,
        figure=queries.figure(asked, authority_id, as_at),
        counts=counts,
        rows=queries.gap_list(asked, authority_id, as_at, reason, list_page.size, list_page.offset),
        list_page=list_page,
        **_words(),
    )
    return page, status


def _trend(figure: CoverageFigure, authority_id: int, every: int) -> dict[str, Any] | None:
    """The chart of a figure two years back and one ahead, with its rows; None without anything to draw."""
    days = rules.trend_days(figure.as_at, MONTHS_BACK, MONTHS_AHEAD, every)
    points = queries.trend_on(figure.requirement_id, authority_id, days)
    if not any(point.denominator for point in points):
        return None
    chart = line_chart(
        name=f"trend-{figure.code}",
        title=figure.name,
        description=_trend_words(points, figure.as_at),
        points=[ChartPoint(point.day, point.percent()) for point in points],
        today=clock.today(),
        target=rules.plain(figure.target),
    )
    period = "by quarter" if every == QUARTER else "by month"
    return {"chart": chart, "points": points, "figure": figure, "period": period}


def _trend_words(points: Sequence[TrendPoint], as_at: date) -> str:
    first, last = points[0], points[-1]
    now = next(point for point in points if point.day == as_at)
    return (
        f"{percent_text(first.percent())} on {date_text(first.day)}, {percent_text(now.percent())} on"
        f" {date_text(as_at)}, {percent_text(last.percent())} on {date_text(last.day)}"
        f"{' if nobody is trained any more' if last.day > clock.today() else ''}."
    )


def _changes(now: CoverageFigure, earlier: Sequence[CoverageFigure]) -> list[str]:
    """How a figure has changed since some days, a sentence each."""
    changed = [(rules.change_words(now.percent(), before.percent()), before.as_at) for before in earlier]
    return [f"{words} than on {date_text(day)}" for words, day in changed if words]


def _facts(requirement: Any) -> list[dict[str, str]]:
    """What a requirement asks, in words, for the page of its figure."""
    facts = [
        ("Measure", rules.MEASURE_NAMES[requirement.measure]),
        ("Covered when", rules.MEASURE_MEANINGS[requirement.measure]),
        ("Accepted courses", ", ".join(course.name for course in requirement.courses)),
        ("In date for", count_text(requirement.months, "month")),
        ("Where it is written", requirement.source),
    ]
    if requirement.measure is Measure.SHARE:
        facts.insert(2, ("People needed", rules.plain_percent(requirement.threshold_percent)))
    return [{"key": key, "value": value} for key, value in facts]


def _decisions(authority_id: int) -> list[dict[str, str]]:
    """What waits for a manager: how many, of what, and where."""
    if authority_id not in scope_of(Role.MANAGER).authority_ids:
        return []
    here = Scope(authority_ids=frozenset({authority_id}))
    claims = records.count_claims(here, states=[RecordState.UNVERIFIED])
    proposed = len(trainers.proposals(authority_id=authority_id))
    waiting = [
        (
            claims,
            count_text(claims, "claim of previous training", "claims of previous training"),
            "records.claims",
        ),
        (proposed, count_text(proposed, "proposed trainer"), "trainers.proposals"),
    ]
    return [{"text": words, "href": url_for(endpoint)} for number, words, endpoint in waiting if number]


def _kept(as_at: date) -> dict[str, str]:
    """What links carry along so that the next page is as at the same date."""
    return {} if as_at == clock.today() else {"as_at": as_at.isoformat()}


def _words() -> dict[str, Any]:
    return {
        "today": clock.today(),
        "rating_names": rules.RATING_NAMES,
        "measure_names": rules.MEASURE_NAMES,
        "reason_names": rules.GAP_REASON_NAMES,
    }
