"""What may stand in a message, and when a failed one is tried again."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from wrap_portal.errors import DomainError
from wrap_portal.mail import rules

HEADER_ATTACKS = [
    "Welcome\r\nBcc: victim@example.org",
    "Welcome\nBcc: victim@example.org\n\nbody",
    "=?utf-8?q?Welcome=0D=0ABcc:_victim@example.org?=",
    "=?utf-8?b?V2VsY29tZQ0KQmNjOiB2aWN0aW1AZXhhbXBsZS5vcmc=?=",
    # An encoded word in an encoded word.
    "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=0D=0ABcc:_victim@example.org=3F=3D?=",
    "Two =?utf-8?q?words?= =?utf-8?q?=0D=0ABcc:_victim@example.org?= in one",
    "Welcome\x00\x0b\x0c\x85\u2028Bcc: victim@example.org",
    "Welcome \udc80 lone surrogate",
    "=?no-such-charset?q?=0D=0ABcc:_victim@example.org?=",
    "=?utf-8?b?not base64!?=",
]


@pytest.mark.parametrize("attack", HEADER_ATTACKS)
def test_header_text_leaves_no_way_to_a_second_header(attack: str) -> None:
    email = EmailMessage(policy=SMTP)
    email["Subject"] = rules.subject_line(attack)
    written = email.as_bytes()
    lines = written.decode("ascii").rstrip("\r\n").split("\r\n")
    assert lines[0].startswith("Subject: ")
    assert all(line.startswith(" ") for line in lines[1:])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A  booking \t for you", "A booking for you"),
        ("Zoë Ó Briain – 2 places", "Zoë Ó Briain – 2 places"),
        ("=?utf-8?q?Zo=C3=AB?= Smith", "Zoë Smith"),
        ("Is 1 =? 2", "Is 1 =? 2"),
        ("x" * 250, "x" * 199 + "…"),
    ],
)
def test_subject_line_keeps_what_people_wrote(text: str, line: str) -> None:
    assert rules.subject_line(text) == line


def test_body_text_has_one_kind_of_line_end_and_nothing_the_database_refuses() -> None:
    assert rules.body_text("a\r\nb\rc\td\x00\ud800") == "a\nb\nc\td\ufffd\ufffd"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@school.example", "ada@school.example"),
        (" Ada.Byron@School.EXAMPLE ", "Ada.Byron@school.example"),
        ("o'brien@x.sch.uk", "o'brien@x.sch.uk"),
        ("head@bücher.example", "head@xn--bcher-kva.example"),
    ],
)
def test_email_address_gives_what_goes_on_the_envelope(text: str, address: str) -> None:
    assert rules.email_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "ada@localhost",
        "ada@x.org, eve@x.org",
        "Ada <ada@x.org>",
        "ada@x.org\r\nBcc: eve@x.org",
        "ada@x.org>\r\nRCPT TO:<eve@x.org",
        "ada eve@x.org",
        "zoë@x.org",
        "ada@x.org\x00",
        "ada@\udc80.org",
        "a" * 250 + "@x.org",
    ],
)
def test_email_address_refuses_what_is_not_one_address(text: str) -> None:
    with pytest.raises(DomainError) as refused:
        rules.email_address(text)
    assert refused.value.field == "email"


def test_retry_delay_grows_and_ends_after_ten_attempts() -> None:
    delays = [rules.retry_delay(attempts) for attempts in range(1, 11)]
    assert delays[-1] is None
    assert None not in delays[:-1]
    assert delays[:-1] == sorted(set(delays[:-1]), key=lambda delay: delay.total_seconds())
