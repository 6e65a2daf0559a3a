"""Pages of long lists."""

import pytest
from flask import Flask

from wrap_portal.web.paging import Page, page_items, page_url, requested_page


@pytest.mark.parametrize(
    ("asked", "number"),
    [("", 1), ("2", 2), ("0", 1), ("-1", 1), ("99", 9), ("x", 1), ("²", 1), ("9" * 5000, 1)],
)
def test_requested_page_is_always_one_that_is_there(small_app: Flask, asked: str, number: int) -> None:
    with small_app.test_request_context("/list", query_string={"page": asked}):
        page = requested_page(423)
    assert page.number == number


def test_page_counts_rows() -> None:
    last = Page(number=9, size=50, total=423)
    assert (last.pages, last.offset, last.first_row, last.last_row) == (9, 400, 401, 423)
    empty = Page(number=1, size=50, total=0)
    assert (empty.pages, empty.offset, empty.first_row, empty.last_row) == (1, 0, 0, 0)


def test_page_url_keeps_the_filters(small_app: Flask) -> None:
    with small_app.test_request_context("/list?phase=p&phase=s&page=3&q=a%26b"):
        assert page_url(4) == "/list?phase=p&phase=s&q=a%26b&page=4"


def test_page_items_leave_out_the_middle(small_app: Flask) -> None:
    with small_app.test_request_context("/list"):
        items = page_items(Page(number=5, size=50, total=450))
    shown = ["..." if item.get("ellipsis") else item["number"] for item in items]
    assert shown == [1, "...", 4, 5, 6, "...", 9]
    assert [item["number"] for item in items if item.get("current")] == [5]
