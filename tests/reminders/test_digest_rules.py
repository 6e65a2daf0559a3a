"""One digest per recipient per day (domain.md 5.2)."""

from datetime import date
from typing import Any

from wrap_portal.reminders.digest_rules import AddressedReminder, plan_digests

RUNS_OUT = date(2027, 1, 22)


def addressed(reminder_id: int, address: str, *, own: bool = False, **changes: Any) -> AddressedReminder:
    facts: dict[str, Any] = {
        "reminder_id": reminder_id,
        "address": address,
        "name": address.split("@")[0].capitalize(),
        "own": own,
        "person_id": reminder_id,
        "person_name": f"Member {reminder_id}",
        "reachable": True,
        "organisation_id": 1,
        "organisation_name": "Aylesbury School",
        "requirement_name": "School lead",
        "valid_until": RUNS_OUT,
    }
    return AddressedReminder(**facts | changes)


def test_plan_digests_gives_a_lead_one_for_forty_members() -> None:
    plan = plan_digests([addressed(number, "lead@x.example") for number in range(40)], set(), set())
    (digest,) = plan.digests
    assert len(digest.led["Aylesbury School"]) == 40
    assert plan.settled == digest.reminder_ids == frozenset(range(40))


def test_plan_digests_gives_a_lead_of_two_schools_one() -> None:
    plan = plan_digests(
        [
            addressed(1, "lead@x.example"),
            addressed(2, "Lead@X.example", organisation_id=2, organisation_name="Bow School"),
        ],
        set(),
        set(),
    )
    (digest,) = plan.digests
    assert list(digest.led) == ["Aylesbury School", "Bow School"]


def test_plan_digests_tells_a_lead_who_is_due_too_once() -> None:
    plan = plan_digests(
        [
            addressed(1, "ada@x.example", own=True),
            addressed(1, "ada@x.example"),
            addressed(2, "ada@x.example"),
        ],
        set(),
        set(),
    )
    (digest,) = plan.digests
    assert [line.person_name for line in digest.own] == ["Member 1"]
    assert [line.person_name for line in digest.led["Aylesbury School"]] == ["Member 2"]


def test_plan_digests_puts_what_one_training_served_into_one_line() -> None:
    plan = plan_digests(
        [
            addressed(1, "lead@x.example", person_id=9, person_name="Ada"),
            addressed(2, "lead@x.example", person_id=9, person_name="Ada", requirement_name="School staff"),
            addressed(3, "lead@x.example", person_id=8, person_name="Ada"),
        ],
        set(),
        set(),
    )
    lines = plan.digests[0].led["Aylesbury School"]
    assert [line.requirement_names for line in lines] == [("School lead",), ("School lead", "School staff")]


def test_plan_digests_leaves_out_whoever_was_told() -> None:
    reminders = [addressed(1, "lead@x.example"), addressed(1, "ada@x.example", own=True)]
    plan = plan_digests(reminders, {(1, "lead@x.example")}, set())
    assert [digest.address for digest in plan.digests] == ["ada@x.example"]
    assert plan.settled == {1}


def test_plan_digests_waits_for_tomorrow_where_todays_has_gone() -> None:
    reminders = [addressed(1, "lead@x.example"), addressed(1, "ada@x.example", own=True)]
    today = plan_digests(reminders, set(), {"lead@x.example"})
    assert [digest.address for digest in today.digests] == ["ada@x.example"]
    assert today.settled == frozenset()
    tomorrow = plan_digests(reminders, {(1, "ada@x.example")}, set())
    assert [digest.address for digest in tomorrow.digests] == ["lead@x.example"]
    assert tomorrow.settled == {1}


def test_plan_digests_greets_nobody_by_the_name_of_another_with_the_same_address() -> None:
    shared = "office@x.example"
    reminders = [
        addressed(1, shared, own=True, name="Ada"),
        addressed(2, shared, own=True, name="Bea"),
        addressed(3, "eve@x.example", own=True, name="Eve"),
    ]
    plan = plan_digests(reminders, set(), set())
    assert [(digest.address, digest.name) for digest in plan.digests] == [
        ("eve@x.example", "Eve"),
        (shared, ""),
    ]
