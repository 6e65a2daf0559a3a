"""Reminders from the plan to the mail server: one e-mail, whatever happens (domain.md F14)."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text

from config import PROJECT_ROOT
from tests.factories.accounts import make_lead
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.reminders import DueSchool, make_due_school
from tests.support.crooked_mail import crooked_server
from tests.support.databases import OwnDatabase
from tests.support.mail import Delivery, SmtpSink
from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.jobs.models import JobOutcome, JobRun
from wrap_portal.mail.models import Message
from wrap_portal.mail.transports import TransportDown
from wrap_portal.people.models import MemberRole
from wrap_portal.reminders.jobs import RemindersFailed, send_refresher_reminders
from wrap_portal.reminders.models import RefresherReminder, ReminderState
from wrap_portal.transaction import committed

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
IN_60_DAYS = TODAY + timedelta(days=60)


def letters(sink: SmtpSink) -> list[tuple[str, str]]:
    """(recipient, subject) of everything that the sink took, by recipient."""
    return sorted((delivery.recipients[0], delivery.subject) for delivery in sink.deliveries)


def letter_to(sink: SmtpSink, address: str) -> Delivery:
    (letter,) = [delivery for delivery in sink.deliveries if delivery.recipients == [address]]
    return letter


@pytest.mark.usefixtures("db_session", "smtp_sink")
class TestInOneProcess:
    """What a run of the job does, day by day."""

    @pytest.fixture
    def school(self, db_session: Any) -> DueSchool:
        return make_due_school()

    def run(self, day: date = TODAY) -> dict[str, int]:
        with time_machine.travel(datetime.combine(day, NOON.timetz()), tick=False):
            return dict(send_refresher_reminders())

    def test_send_refresher_reminders_tells_the_member_and_the_lead_once(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        school.organisation.name = "Aylesbury School"
        school.add_member(valid_until=IN_60_DAYS, email="ada@x.example", name="Ada Byron")
        make_lead(school.organisation, email="lead@x.example", name="Grace Hopper")
        assert self.run() == {
            "planned": 2, "withdrawn": 0, "digests": 2, "sent": 2, "retried": 0, "failed": 0,
        }  # fmt: skip
        assert letters(smtp_sink) == [
            ("ada@x.example", "Your Prevent training runs out on 22 January 2027, in 60 days"),
            ("lead@x.example", "Prevent training due at Aylesbury School: 1 person"),
        ]
        for address, name in (("ada@x.example", "Ada Byron"), ("lead@x.example", "Grace Hopper")):
            said = letter_to(smtp_sink, address).text
            assert f"Hello {name}," in said
            assert "Ada Byron" in said and "runs out on 22 January 2027, in 60 days" in said
            assert school.requirement.name in said
        again = self.run()
        assert (again["planned"], again["digests"], again["sent"]) == (0, 0, 0)
        assert len(smtp_sink.deliveries) == 2

    def test_send_refresher_reminders_sends_each_offset_once_through_the_weeks(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        school.add_member(valid_until=IN_60_DAYS, email="ada@x.example")
        received = []
        for day in range(-3, 90):
            self.run(TODAY + timedelta(days=day))
            if smtp_sink.deliveries:
                received.append(day)
                assert len(smtp_sink.deliveries) == 1
                smtp_sink.deliveries.clear()
        assert received == [0, 30, 53, 60, 74]

    def test_send_refresher_reminders_catches_up_on_three_days_off_with_one_digest(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        make_lead(school.organisation, email="lead@x.example")
        for day in range(4):
            school.add_member(valid_until=IN_60_DAYS + timedelta(days=day))
        self.run(TODAY - timedelta(days=1))
        assert smtp_sink.deliveries == []
        self.run(TODAY + timedelta(days=3))
        (digest,) = smtp_sink.deliveries
        assert digest.text.count("runs out on") == 4

    def test_send_refresher_reminders_gives_the_lead_one_digest_that_names_everybody(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        for number in range(40):
            email = f"member{number}@x.example" if number % 2 else None
            school.add_member(valid_until=IN_60_DAYS, email=email, name=f"Member No{number:02}")
        make_lead(school.organisation, email="lead@x.example")
        assert self.run()["sent"] == 21 + 0
        digest = letter_to(smtp_sink, "lead@x.example")
        assert digest.text.count("Member No") == 40
        assert digest.text.count("has no email address: please tell them") == 20

    def test_send_refresher_reminders_tells_members_in_a_leading_role_about_the_others(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        person = make_person(authority_id=school.organisation.authority_id, email="deputy@x.example")
        make_membership(school.organisation, person, role=MemberRole.DEPUTY_DSL)
        school.add_member(valid_until=IN_60_DAYS, email="dsl@x.example", name="Ada Byron")
        school.add_member(valid_until=IN_60_DAYS, role=MemberRole.TEACHING_STAFF, name="Bea Potter")
        self.run()
        dsl, deputy = letter_to(smtp_sink, "dsl@x.example"), letter_to(smtp_sink, "deputy@x.example")
        assert "Your own Prevent training" in dsl.text and "Bea Potter" in dsl.text
        assert "Your own" not in deputy.text
        assert "Ada Byron" in deputy.text and "Bea Potter" in deputy.text

    def test_send_refresher_reminders_writes_to_nobody_where_nobody_has_an_address(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        school.add_member(valid_until=IN_60_DAYS)
        assert self.run()["digests"] == 0
        # A lead turns up while it can still be caught up on.
        make_lead(school.organisation, email="lead@x.example")
        self.run(TODAY + timedelta(days=2))
        assert [recipient for recipient, _ in letters(smtp_sink)] == ["lead@x.example"]

    def test_send_refresher_reminders_waits_until_tomorrow_where_todays_digest_has_gone(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        make_lead(school.organisation, email="lead@x.example")
        school.add_member(valid_until=IN_60_DAYS, name="Ada Byron")
        self.run()
        school.add_member(valid_until=IN_60_DAYS, name="Bea Potter", email="bea@x.example")
        assert self.run()["digests"] == 1
        assert self.run(TODAY + timedelta(days=1))["digests"] == 1
        assert [recipient for recipient, _ in letters(smtp_sink)] == [
            "bea@x.example", "lead@x.example", "lead@x.example",
        ]  # fmt: skip
        assert "Ada Byron" not in smtp_sink.deliveries[-1].text
        assert "Bea Potter" in smtp_sink.deliveries[-1].text
        assert self.run(TODAY + timedelta(days=2))["digests"] == 0

    def test_send_refresher_reminders_forgets_digests_that_never_went_out(
        self, app: Flask, school: DueSchool, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The mail server is away for three days; one member is trained meanwhile."""
        make_lead(school.organisation, email="lead@x.example")
        first = school.add_member(valid_until=IN_60_DAYS, name="Ada Byron")
        school.add_member(valid_until=IN_60_DAYS, name="Bea Potter")
        school.add_member(valid_until=IN_60_DAYS + timedelta(days=1), name="Cat Stevens")
        with crooked_server() as server:
            away = server.port
        settings = app.config["SETTINGS"]
        with monkeypatch.context() as patch:
            patch.setitem(app.config, "SETTINGS", type(settings)(**{**vars(settings), "smtp_port": away}))
            for day in range(3):
                with pytest.raises(TransportDown):
                    self.run(TODAY + timedelta(days=day))
                if day == 1:
                    school.train(first, valid_until=TODAY + timedelta(days=360))
        self.run(TODAY + timedelta(days=3))
        (digest,) = smtp_sink.deliveries
        assert "Ada Byron" not in digest.text
        assert "Bea Potter" in digest.text and "Cat Stevens" in digest.text
        states = sorted(message.state.value for message in db.session.scalars(select(Message)))
        assert states == ["sent", "withdrawn", "withdrawn", "withdrawn"]
        assert self.run(TODAY + timedelta(days=4))["digests"] == 0

    def test_send_refresher_reminders_keeps_a_digest_that_may_have_arrived(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        make_lead(school.organisation, email="lead@x.example")
        school.add_member(valid_until=IN_60_DAYS)
        smtp_sink.refusals.append("451 later")
        assert self.run()["retried"] == 1
        (message,) = db.session.scalars(select(Message))
        message.possibly_repeated = True
        db.session.flush()
        assert self.run(TODAY + timedelta(days=1))["sent"] == 1
        assert len(smtp_sink.deliveries) == 1
        (reminder,) = db.session.scalars(select(RefresherReminder).where(RefresherReminder.due_on == TODAY))
        assert reminder.state is ReminderState.SENT

    def test_send_refresher_reminders_goes_on_when_one_authority_fails(
        self, school: DueSchool, smtp_sink: SmtpSink
    ) -> None:
        school.add_member(valid_until=IN_60_DAYS, email="ada@x.example")
        broken = make_due_school(make_organisation(make_authority(name="A council that comes first")))
        broken.add_member(valid_until=IN_60_DAYS, email="bea@x.example")
        db.session.execute(
            text(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''refused''; END';
                CREATE TRIGGER refuse BEFORE INSERT ON refresher_reminders FOR EACH ROW
                WHEN (NEW.requirement_id = %s) EXECUTE FUNCTION refuse();
            """.replace("%s", str(broken.requirement.id))
            )
        )
        # What the failure undoes must not be what the test has made.
        db.session.commit()
        with pytest.raises(RemindersFailed, match=broken.organisation.authority.name):
            self.run()
        assert [recipient for recipient, _ in letters(smtp_sink)] == ["ada@x.example"]


class TestInTwoProcesses:
    """`flask jobs run send-refresher-reminders`, twice at once and once more (F14)."""

    def test_send_refresher_reminders_in_two_processes_sends_one_email(
        self, own_database: OwnDatabase
    ) -> None:
        sink = SmtpSink()
        sink.start()
        with own_database.app.app_context(), committed():
            today = clock.today()
            school = make_due_school()
            in_a_week = today + timedelta(days=7)
            # A year before 29 February there is none.
            is_leap_day = (in_a_week.month, in_a_week.day) == (2, 29)
            school.add_member(valid_until=today if is_leap_day else in_a_week, email="ada@x.example")
            make_lead(school.organisation, email="lead@x.example")
        try:
            both = [self.begin(own_database, sink) for _ in range(2)]
            said = [process.communicate(timeout=60)[0] for process in both]
            assert [process.returncode for process in both] == [0, 0], said
            once_more = self.begin(own_database, sink)
            assert "digests 0, sent 0" in once_more.communicate(timeout=60)[0]
        finally:
            sink.stop()
        assert [recipient for recipient, _ in letters(sink)] == ["ada@x.example", "lead@x.example"]
        assert sum("digests 2" in each for each in said) == 1
        with own_database.app.app_context():
            outcomes = db.session.scalars(select(JobRun.outcome)).all()
        assert outcomes == [JobOutcome.SUCCEEDED] * 3

    def begin(self, own_database: OwnDatabase, sink: SmtpSink) -> subprocess.Popen[str]:
        environ = {
            **os.environ,
            **sink.environ,
            "DATABASE_URL": own_database.url,
            "SECRET_KEY": own_database.app.config["SECRET_KEY"],
            "WRAP_INSTANCE": os.environ["WRAP_TEST_RUN"],
        }
        command = [sys.executable, "-m", "flask", "--app", "wrap_portal.app", "jobs", "run"]
        return subprocess.Popen(
            [*command, "send-refresher-reminders"],
            cwd=PROJECT_ROOT,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
        )
