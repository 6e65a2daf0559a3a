"""Every room's and furniture's tables in one place, so that migrations and the application see the same
metadata."""

from wrap_portal.accounts import models as accounts
from wrap_portal.attendance import models as attendance
from wrap_portal.audit import models as audit
from wrap_portal.bookings import models as bookings
from wrap_portal.courses import models as courses
from wrap_portal.coverage import models as coverage
from wrap_portal.imports import models as imports
from wrap_portal.jobs import models as jobs
from wrap_portal.mail import models as mail
from wrap_portal.organisations import models as organisations
from wrap_portal.people import models as people
from wrap_portal.records import models as records
from wrap_portal.reminders import models as reminders
from wrap_portal.sessions import models as sessions
from wrap_portal.trainers import models as trainers

TABLES = (
    imports,
    audit,
    mail,
    jobs,
    organisations,
    courses,
    people,
    accounts,
    records,
    trainers,
    sessions,
    bookings,
    attendance,
    coverage,
    reminders,
)
