"""The pages of the reports room."""

from io import BytesIO

from flask import Blueprint, render_template, send_file
from werkzeug.wrappers import Response

from wrap_portal.accounts.identity import current_authority_id, current_user_id
from wrap_portal.audit.service import record_event
from wrap_portal.organisations.queries import authorities
from wrap_portal.reports.coverage_workbook import write_coverage_workbook
from wrap_portal.reports.forms import CoverageWorkbookForm
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role, Scope, allow

blueprint = Blueprint("reports", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("/reports/coverage-workbook", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.VIEWER)
def coverage_workbook() -> Response | str | tuple[str, int]:
    """Ask for the day, then send the workbook. It names people, so the export is written down: a POST."""
    authority = authorities(Scope(authority_ids=frozenset({current_authority_id()})))[0]
    form = CoverageWorkbookForm()
    if form.validate_on_submit():
        file = BytesIO()
        write_coverage_workbook(authority, form.as_at.data, file)
        with committed():
            record_event(
                action="export_coverage_workbook",
                subject_type="authority",
                subject_id=authority.id,
                actor_id=current_user_id(),
                authority_id=authority.id,
                details={"as_at": form.as_at.data.isoformat()},
            )
        file.seek(0)
        name = f"coverage-{authority.code}-{form.as_at.data.isoformat()}.xlsx"
        return send_file(file, mimetype=XLSX, as_attachment=True, download_name=name)
    page = render_template("reports/coverage_workbook.html", form=form, authority=authority)
    return page, 422 if form.is_submitted() else 200
