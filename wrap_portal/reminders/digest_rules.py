"""One digest per recipient per day, not forty e-mails to one lead (domain.md 5.2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class AddressedReminder:
    """A due reminder and one of those whom it concerns: the member (`own`) or somebody who leads the
    organisation.

    `reachable` says whether the member has an address of their own.
    """

    reminder_id: int
    address: str
    name: str
    own: bool
    person_id: int
    person_name: str
    reachable: bool
    organisation_id: int
    organisation_name: str
    requirement_name: str
    valid_until: date


@dataclass(frozen=True)
class DigestLine:
    """One member's training that runs out on one date, for every requirement that it serves."""

    person_name: str
    organisation_name: str
    requirement_names: tuple[str, ...]
    valid_until: date
    reachable: bool


@dataclass(frozen=True)
class Digest:
    """Everything that one address is told on one day: `own` to the member, `led` to the lead, by
    organisation."""

    address: str
    name: str
    own: tuple[DigestLine, ...]
    led: Mapping[str, tuple[DigestLine, ...]]
    reminder_ids: frozenset[int]


@dataclass(frozen=True)
class DigestPlan:
    """The digests of a day, and which reminders need nobody else after them."""

    digests: tuple[Digest, ...]
    settled: frozenset[int]


def plan_digests(
    addressed: Iterable[AddressedReminder],
    told: Collection[tuple[int, str]],
    had_todays: Collection[str],
) -> DigestPlan:
    """Gather due reminders into one digest per address.

    Arguments: `addressed`, every due reminder with every address that it concerns; `told`, the pairs of
    reminder and address that were told before; `had_todays`, the addresses that have had today's digest:
    what is due to them since then waits until tomorrow. Addresses are compared in small letters.
    """
    by_address: dict[str, dict[int, AddressedReminder]] = defaultdict(dict)
    concerned: dict[int, set[str]] = defaultdict(set)
    for each in addressed:
        address = each.address.lower()
        concerned[each.reminder_id].add(address)
        mine = by_address[address]
        # A lead who is due too is told once, as the member.
        if each.reminder_id not in mine or each.own:
            mine[each.reminder_id] = each
    told = set(told)
    digests = []
    for address, mine in sorted(by_address.items()):
        untold = [each for each in mine.values() if (each.reminder_id, address) not in told]
        if untold and address not in had_todays:
            digests.append(_digest(untold))
            told |= {(each.reminder_id, address) for each in untold}
    settled = {
        reminder
        for reminder, whom in concerned.items()
        if all((reminder, address) in told for address in whom)
    }
    return DigestPlan(tuple(digests), frozenset(settled))


def _digest(reminders: list[AddressedReminder]) -> Digest:
    own = [each for each in reminders if each.own]
    led: dict[tuple[str, int], list[AddressedReminder]] = defaultdict(list)
    for each in reminders:
        if not each.own:
            led[each.organisation_name, each.organisation_id].append(each)
    greeted = own[0] if own else reminders[0]
    return Digest(
        address=greeted.address,
        # Several members with one address: nobody is greeted by another's name.
        name=greeted.name if len({each.person_id for each in own}) <= 1 else "",
        own=_lines(own),
        led={name: _lines(those) for (name, _), those in sorted(led.items())},
        reminder_ids=frozenset(each.reminder_id for each in reminders),
    )


def _lines(reminders: list[AddressedReminder]) -> tuple[DigestLine, ...]:
    same: dict[tuple[date, str, int, int], list[AddressedReminder]] = defaultdict(list)
    for each in reminders:
        same[each.valid_until, each.person_name, each.person_id, each.organisation_id].append(each)
    return tuple(
        DigestLine(
            person_name=those[0].person_name,
            organisation_name=those[0].organisation_name,
            requirement_names=tuple(sorted({each.requirement_name for each in those})),
            valid_until=those[0].valid_until,
            reachable=those[0].reachable,
        )
        for _, those in sorted(same.items())
    )
