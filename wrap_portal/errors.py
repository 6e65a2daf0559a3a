"""The one way to refuse: a sentence for the person, and the field that it belongs to."""

from collections.abc import Mapping


class DomainError(Exception):
    """A request that the rules refuse.

    Arguments: `sentence`, what is wrong and what to do, in words that can be shown as they are;
    `field`, the name of the form field that it belongs to, or None where it concerns the whole page.
    """

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


# The polite refusal stands in front of a constraint. Where two requests race past it, the database refuses
# one of them and the sentence registered here says why. Keys are constraint names; each room adds its own.
CONSTRAINT_REFUSALS: dict[str, tuple[str, str | None]] = {}


def register_refusals(refusals: Mapping[str, tuple[str, str | None]]) -> None:
    """Say what a broken constraint means: {constraint name: (sentence, form field or None)}."""
    CONSTRAINT_REFUSALS.update(refusals)


def refusal_for(constraint_name: str | None) -> DomainError | None:
    """Return the refusal that a broken constraint stands for, or None when no room has registered one."""
    if constraint_name is None or constraint_name not in CONSTRAINT_REFUSALS:
        return None
    sentence, field = CONSTRAINT_REFUSALS[constraint_name]
    return DomainError(sentence, field=field)
