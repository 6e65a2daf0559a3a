"""The timetable of the reminders room."""

from wrap_portal.jobs.timetable import Job

JOBS: tuple[Job, ...] = ()
