"""What is wrong with a cell or a row of an imported file, said so that it can be found and mended there."""

from dataclasses import dataclass

LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One problem. `row` is the row's number as a spreadsheet shows it, the heading being row 1.

    `row_left_out` says what comes of it: the whole row is left out, or only this value of it.
    """

    row: int
    column: str
    value: str
    reason: str
    row_left_out: bool


def shown(value: str) -> str:
    """Return a cell as a problem shows it: on one line, printable, shortened."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
