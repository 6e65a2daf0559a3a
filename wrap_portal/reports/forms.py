"""What is asked before a report is made."""

from wrap_portal import clock
from wrap_portal.web.fields import DateField
from wrap_portal.web.forms import Form


class CoverageWorkbookForm(Form):
    """The day that the workbook speaks of."""

    as_at = DateField("As at", called="the date", hint="For example, 31 3 2026", default=clock.today)
