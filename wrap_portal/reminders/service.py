"""Planning refresher reminders and keeping account of who has been told."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ColumnElement, Integer, any_, cast, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from wrap_portal import clock
from wrap_portal.coverage.queries import due_members
from wrap_portal.extensions import db
from wrap_portal.mail.service import withdraw_unsent
from wrap_portal.reminders import queries, rules
from wrap_portal.reminders.models import RefresherReminder, ReminderMessage, ReminderState
from wrap_portal.reminders.rules import Decision

# Planning and composing for one authority is done by one process at a time. Pairs of numbers; coverage uses
# others.
REMINDERS_LOCK = 0x57524150 + 16


def lock_reminders(*, authority_id: int) -> None:
    """Wait until nobody else plans or composes for this authority; the lock goes with the transaction."""
    db.session.execute(
        text("SELECT pg_advisory_xact_lock(:kind, :authority)"),
        {"kind": REMINDERS_LOCK, "authority": authority_id},
    )


def plan_reminders(*, authority_id: int, today: date) -> Mapping[str, int]:
    """Bring an authority's planned reminders up to date with who is due (domain.md 5.3).

    Twice in a row changes nothing the second time. Returns how many were planned, planned again and
    withdrawn.
    """
    wanted = _wanted(authority_id, today)
    _take_back(authority_id, today, wanted.keys())
    existing = queries.reminders_to_decide(authority_id, today)
    decided: dict[Decision, list[queries.ReminderKey]] = defaultdict(list)
    for key in [*existing, *(key for key in wanted if key not in existing)]:
        state = existing[key].state if key in existing else None
        decided[rules.decide(state, key in wanted)].append(key)
    _create({key: wanted[key] for key in decided[Decision.CREATE]})
    _plan_again([existing[key].id for key in decided[Decision.UPDATE]])
    _withdraw([existing[key].id for key in decided[Decision.CANCEL]], today)
    return {
        "planned": len(decided[Decision.CREATE]) + len(decided[Decision.UPDATE]),
        "withdrawn": len(decided[Decision.CANCEL]),
    }


def _wanted(authority_id: int, today: date) -> dict[queries.ReminderKey, date]:
    """Return every reminder that should be on the plan, with its day."""
    since, until = rules.expiries_to_look_at(today)
    due = due_members(as_at=today, since=since, until=until, authority_id=authority_id)
    by_expiry: dict[date, tuple[rules.Occurrence, ...]] = {}
    wanted: dict[queries.ReminderKey, date] = {}
    for member in due:
        if member.valid_until is None:
            continue
        if member.valid_until not in by_expiry:
            by_expiry[member.valid_until] = rules.occurrences(member.valid_until, today)
        for each in by_expiry[member.valid_until]:
            key = (member.requirement_id, member.membership_id, member.valid_until, each.offset_days)
            wanted[key] = each.due_on
    return wanted


def _take_back(authority_id: int, today: date, wanted: Collection[queries.ReminderKey]) -> None:
    """Withdraw digests that wait in the queue though their day is over or a reason in them is gone.

    Their reminders are on the plan again and go into the next digest: after a mail server's three days off
    nobody gets three digests at once.
    """
    stale = {
        each.message_id
        for each in queries.unsent_digests(authority_id)
        if each.occurrence != today.isoformat() or each.key not in wanted
    }
    taken_back = withdraw_unsent(message_ids=stale)
    reminders = select(ReminderMessage.reminder_id).where(ReminderMessage.message_id.in_(taken_back))
    db.session.execute(
        update(RefresherReminder)
        .where(RefresherReminder.id.in_(reminders), RefresherReminder.state == ReminderState.SENT)
        .values(state=ReminderState.PLANNED, settled_at=None),
        execution_options={"synchronize_session": False},
    )


def _create(wanted: Mapping[queries.ReminderKey, date]) -> None:
    if not wanted:
        return
    requirements, memberships, expiries, offsets = (list(part) for part in zip(*wanted, strict=True))
    columns = {
        "requirements": requirements,
        "memberships": memberships,
        "expiries": expiries,
        "offsets": offsets,
    }
    db.session.execute(_INSERT, columns | {"days": list(wanted.values())})


_INSERT = text("""
    INSERT INTO refresher_reminders (requirement_id, membership_id, valid_until, offset_days, due_on, state)
    SELECT *, 'planned' FROM unnest(
        CAST(:requirements AS int[]), CAST(:memberships AS int[]), CAST(:expiries AS date[]),
        CAST(:offsets AS int[]), CAST(:days AS date[]))
    ON CONFLICT (requirement_id, membership_id, valid_until, offset_days) DO NOTHING
""")


def _plan_again(reminder_ids: Collection[int]) -> None:
    db.session.execute(
        update(RefresherReminder)
        .where(_among(reminder_ids))
        .values(state=ReminderState.PLANNED, settled_at=None, outcome=None),
        execution_options={"synchronize_session": False},
    )


def _withdraw(reminder_ids: Collection[int], today: date) -> None:
    """Settle reminders that are no longer wanted, each with the reason. Whoever had heard of one already,
    has."""
    by_reason: dict[rules.Withdrawal | None, list[int]] = defaultdict(list)
    for each in queries.withdrawn_situations(reminder_ids, today):
        reason = None if each.told else rules.withdrawal(each.valid_until, each.due_on, each.situation, today)
        by_reason[reason].append(each.reminder_id)
    for reason, ids in by_reason.items():
        state = ReminderState.SENT if reason is None else ReminderState.WITHDRAWN
        db.session.execute(
            update(RefresherReminder)
            .where(_among(ids))
            .values(state=state, settled_at=clock.now(), outcome=reason),
            execution_options={"synchronize_session": False},
        )


def _among(reminder_ids: Collection[int]) -> ColumnElement[bool]:
    # One array, not a parameter for each: there can be more of them than a statement may have parameters.
    return RefresherReminder.id == any_(cast(sorted(reminder_ids), ARRAY(Integer)))


def record_told(*, told: Mapping[int, Collection[int]], settled: Collection[int]) -> None:
    """Keep account of what went out.

    Arguments: `told`, the reminders in each queued message, by its id; `settled`, the reminders that
    everybody whom they concern has been told of.
    """
    pairs = [
        {"reminder_id": reminder_id, "message_id": message_id}
        for message_id, reminder_ids in told.items()
        for reminder_id in reminder_ids
    ]
    if pairs:
        db.session.execute(insert(ReminderMessage), pairs)
    db.session.execute(
        update(RefresherReminder)
        .where(_among(settled), RefresherReminder.state == ReminderState.PLANNED)
        .values(state=ReminderState.SENT, settled_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
