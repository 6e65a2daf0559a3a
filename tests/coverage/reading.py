"""What a page says, as somebody reads it."""

from typing import Any

from lxml import html


def words(page: Any) -> str:
    """Return the words of a page on one line, without the column names that phones repeat in each cell."""
    document = html.document_fromstring(page.get_data(as_text=True))
    for aside in document.xpath("//script | //*[contains(@class, 'wrap-table__label')]"):
        aside.drop_tree()
    for cell in document.xpath("//td | //th"):
        cell.tail = " "
    return " ".join(document.body.text_content().split())


def links(page: Any) -> dict[str, str]:
    """Return the addresses of a page's links by their words."""
    document = html.document_fromstring(page.get_data(as_text=True))
    return {" ".join(a.text_content().split()): a.get("href") for a in document.xpath("//main//a")}
