"""The shapes of the five councils: sizes like their real registers, figures as their minutes give them."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Council:
    """One council of the demonstration.

    `schools` counts today's schools by category. `opened_since` of them opened after 13 March 2018, and
    `closed_since` further ones were open then and have closed. `whole_school_2018` is how many of the schools
    open on that day had a whole-school session in date. `seats` is the number of elected members.
    """

    code: str
    name: str
    colour: str
    postcode_area: str
    wards: int
    seats: int
    schools: dict[str, int]
    opened_since: int
    closed_since: int
    whole_school_2018: int
    practices: int
    members_months: int | None = None

    @property
    def schools_today(self) -> int:
        """How many schools are open today."""
        return sum(self.schools.values())

    @property
    def schools_2018(self) -> int:
        """How many schools were open on 13 March 2018."""
        return self.schools_today - self.opened_since + self.closed_since


# Buckinghamshire told its committee on 13 March 2018 that 90% of schools had received WRAP and each had a
# trained safeguarding lead: 234 of 260 is 90.0%. Bradford: 22 of 90 members came on 12 December 2017.
COMMITTEE_DAY = date(2018, 3, 13)
MEMBERS_DAY = date(2017, 12, 12)
MEMBERS_TRAINED = 22

COUNCILS = (
    Council(
        code="825",
        name="Buckinghamshire",
        colour="#2b4a1f",
        postcode_area="ZB",
        wards=49,
        seats=97,
        schools={
            "Primary": 184,
            "Secondary": 35,
            "All-through": 2,
            "Nursery": 2,
            "Special": 16,
            "Alternative provision": 3,
            "Independent": 26,
        },
        opened_since=10,
        closed_since=2,
        whole_school_2018=234,
        practices=14,
    ),
    Council(
        code="380",
        name="Bradford",
        colour="#5c2751",
        postcode_area="ZD",
        wards=30,
        seats=90,
        schools={
            "Primary": 156,
            "Secondary": 31,
            "All-through": 4,
            "Nursery": 7,
            "16 plus": 2,
            "Special": 9,
            "Alternative provision": 5,
            "Independent": 13,
        },
        opened_since=8,
        closed_since=5,
        whole_school_2018=171,
        practices=16,
        members_months=12,
    ),
    Council(
        code="305",
        name="Bromley",
        colour="#0b4f6c",
        postcode_area="ZR",
        wards=22,
        seats=58,
        schools={
            "Primary": 76,
            "Secondary": 19,
            "16 plus": 1,
            "Special": 6,
            "Alternative provision": 3,
            "Independent": 11,
        },
        opened_since=4,
        closed_since=2,
        whole_school_2018=97,
        practices=10,
    ),
    Council(
        code="213",
        name="Westminster",
        colour="#7a3b00",
        postcode_area="ZW",
        wards=18,
        seats=54,
        schools={
            "Primary": 37,
            "Secondary": 10,
            "All-through": 1,
            "Nursery": 4,
            "16 plus": 2,
            "Special": 3,
            "Alternative provision": 2,
            "Independent": 31,
        },
        opened_since=3,
        closed_since=3,
        whole_school_2018=74,
        practices=9,
    ),
    Council(
        code="301",
        name="Barking and Dagenham",
        colour="#14396b",
        postcode_area="ZG",
        wards=19,
        seats=51,
        schools={
            "Primary": 43,
            "Secondary": 8,
            "All-through": 5,
            "Special": 4,
            "Alternative provision": 2,
            "Independent": 3,
        },
        opened_since=4,
        closed_since=1,
        whole_school_2018=52,
        practices=8,
    ),
)
