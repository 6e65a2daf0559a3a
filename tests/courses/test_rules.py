import pytest

from wrap_portal.courses.rules import code_of, duration_text


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("WRAP refresher", "wrap_refresher"),
        ("Level 3 (NHS)", "level_3_nhs"),
        ("Café & Prévention", "cafe_prevention"),
        ("3 in 1", "in_1"),
        ("2026", "course_2026"),
        ("!!!", "course"),
        ("日本", "course"),
        ("x" * 80, "x" * 36),
    ],
)
def test_a_code_is_made_from_the_name(name, code) -> None:
    assert code_of(name, ()) == code


def test_a_code_that_is_taken_gets_a_number() -> None:
    assert code_of("Prevent", {"prevent", "prevent_2"}) == "prevent_3"


@pytest.mark.parametrize(
    ("minutes", "text"), [(5, "5 minutes"), (60, "1 hour"), (120, "2 hours"), (90, "1 hour 30 minutes")]
)
def test_a_duration_is_said_in_hours_and_minutes(minutes, text) -> None:
    assert duration_text(minutes) == text
