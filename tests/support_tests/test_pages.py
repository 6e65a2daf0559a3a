"""The checks of every page find what they are for: each case is a page with one fault."""

import pytest

from tests.support.pages import faults

GOOD = """<!doctype html><html lang="en"><head><title>Schools - WRAP Portal</title></head><body>
<main><h1>Schools</h1>
<form><label for="name">Name</label><input id="name" name="name" aria-describedby="hint"><p id="hint">Full</p>
<label>Phase <select name="phase"></select></label><textarea aria-label="Notes"></textarea>
<input type="hidden" name="token"><button>Go on</button></form></main>
<script nonce="abc">1</script><script src="/static/x.js"></script>
</body></html>"""
POLICY = "script-src 'self' 'nonce-abc'"


def test_a_good_page_has_no_faults() -> None:
    assert faults(GOOD, POLICY) == []


def test_the_title_of_a_page_with_errors_may_say_so_first() -> None:
    assert faults(GOOD.replace("<title>", "<title>Error: "), POLICY) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<h1>Schools</h1>", "", "0 h1"),
        ("<h1>Schools</h1>", "<h1>Schools</h1><h1>More</h1>", "2 h1"),
        ("<h1>Schools</h1>", "<h1>Colleges</h1>", "does not start with"),
        ("<h1>Schools</h1>", "<h1> </h1>", "does not start with"),
        ("<title>Schools - WRAP Portal</title>", "", "does not start with"),
        ("<h1>", '<h1 id="name">', "more than once"),
        ('<p id="hint">', "<p>", "names 'hint', which is not there"),
        ('<label for="name">Name</label>', "", "the input named 'name' has no label"),
        (
            '<label for="name">Name</label>',
            '<label for="name"> </label>',
            "the input named 'name' has no label",
        ),
        ("<label>Phase <select", "<label><select", "the select named 'phase' has no label"),
        (' aria-label="Notes"', "", "the textarea named None has no label"),
        ('<script nonce="abc">', "<script>", "an inline script"),
        ('<script nonce="abc">', '<script nonce="old">', "an inline script"),
        ("<h1>", '<h1 style="color: red">', "a style attribute on h1"),
        ("<body>", "<body><style>p {}</style>", "an inline style"),
        ("<h1>", '<h1 onClick="go()">', "onclick on h1"),
        ("<body>", '<body><a href=" JavaScript:go()">x</a>', "javascript: address"),
        ("<h1>", '<p class="govuk-error-summary"><a href="#no">x</a></p><h1>', "leads to 'no'"),
        (
            "<h1>",
            '<p class="govuk-error-summary"><a href="#hint">x</a><a href="#name">y</a></p><h1>',
            "come in another order",
        ),
    ],
)
def test_each_fault_is_found(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    found = faults(GOOD.replace(old, new), POLICY)
    assert len(found) == 1
    assert fault in found[0]
