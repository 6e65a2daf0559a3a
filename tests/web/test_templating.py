"""What templates are given, and what the components make of it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, render_template_string
from lxml import html
from lxml.html import HtmlElement

from tests.support.pages import faults
from wrap_portal.web.branding import Brand

BODY = """
{% extends "layouts/page.html" %}
{% set title = "Schools" %}
{% set caption = "Bradford" %}
{% from "components/data_table.html" import data_table %}
{% from "components/figure_cards.html" import figure_cards, figure_card %}
{% from "components/status_tag.html" import status_tag %}
{% from "components/summary_list.html" import summary_list %}
{% from "components/empty_state.html" import empty_state %}
{% from "components/button_form.html" import button_form %}
{% from "components/chart_figure.html" import chart_figure %}
{% block body %}
  {% call figure_cards() %}{{ figure_card("Covered", "90%", "90 of 100", href="/gap") }}{% endcall %}
  {% set head = ["School", {"text": "Days", "numeric": true}, "State"] %}
  {{ data_table("Gap <list>", head, rows, foot=["Total", 3, ""]) }}
  {{ chart_figure("picture", "Trend", ["Month", "Covered"], [["May", "90%"]]) }}
  {{ summary_list([{"key": "URN", "value": none}, {"key": "Name", "value": name, "href": "/edit"}]) }}
  {{ empty_state("Nothing is planned.", "/new", "Schedule one") }}
  {{ button_form("/cancel", "Cancel", "Ada's booking", {"id": 7}) }}
{% endblock %}
"""


def rendered(app: Flask, template: str = BODY, **values: Any) -> HtmlElement:
    with app.test_request_context("/"):
        page = render_template_string(template, **values)
    assert faults(page) == []
    return html.document_fromstring(page)


@pytest.fixture
def page(small_app: Flask) -> HtmlElement:
    tag = small_app.jinja_env.get_template("components/status_tag.html").module.status_tag  # type: ignore[attr-defined]
    rows = [
        [
            {"text": "Beech <Hill>", "href": "/schools/1", "hidden": "(URN 1)"},
            3,
            {"html": tag("Asked", "near")},
        ],
        ["Oak", None, ""],
    ]
    return rendered(small_app, rows=rows, name="<i>Oak</i>")


def test_title_and_heading_are_the_same_words(page: HtmlElement) -> None:
    assert page.xpath("string(/html/head/title)") == "Schools – WRAP Portal – Prevent training"
    assert page.xpath("string(//h1)").split() == ["Bradford", "Schools"]


def test_data_table_names_itself_its_columns_and_its_rows(page: HtmlElement) -> None:
    region = page.get_element_by_id("gap-list").getparent().getparent()
    assert (region.get("role"), region.get("tabindex")) == ("region", "0")
    assert region.get("aria-labelledby") == "gap-list"
    table = region.find("table")
    assert [cell.text_content() for cell in table.xpath("thead//th")] == ["School", "Days", "State"]
    first = table.xpath("tbody/tr[1]")[0]
    assert first.xpath("th[@scope='row']/a/@href") == ["/schools/1"]
    assert "Beech <Hill>" in first.text_content()
    assert first.xpath("td[2]/strong[contains(@class, 'govuk-tag--orange')]")
    assert [cell.text_content() for cell in table.xpath("tbody/tr[2]/*")] == ["Oak", "Days: –", "State: –"]
    assert "govuk-table__cell--numeric" in first.xpath("td[1]")[0].get("class")
    assert table.xpath("string(tfoot//th)") == "Total"


def test_components_escape_what_they_show(page: HtmlElement) -> None:
    assert page.xpath("//dd//i") == []
    assert "<i>Oak</i>" in page.xpath("string(//dl)")


def test_links_and_buttons_say_what_about(page: HtmlElement) -> None:
    assert page.xpath("string(//a[@href='/edit'])") == "Change name"
    assert page.xpath("string(//form[@action='/cancel']/button)") == "Cancel Ada's booking"
    assert page.xpath("//form[@action='/cancel']/input[@name='id']/@value") == ["7"]
    assert page.xpath("//form[@action='/cancel']/input[@name='csrf_token']")
    assert page.xpath("string(//a[@href='/gap'])") == "See the rows: Covered"


def test_the_frame_shows_whose_pages_these_are(small_app: Flask) -> None:
    page = rendered(
        small_app,
        name="x",
        rows=[],
        brand=Brand("City of Bradford", "#ffdd00"),
        navigation=[{"text": "Coverage", "href": "/coverage", "active": True}],
        sign_out_url="/sign-out",
        signed_in_as="ada@example.org",
        demonstration=True,
        footer_links=[{"text": "Privacy", "href": "/privacy"}],
    )
    assert page.xpath("string(//header//a[@href='/'])").strip() == "City of Bradford"
    assert "--govuk-brand-colour:#ffdd00;--wrap-on-brand:#000000" in page.xpath("string(//style)")
    assert page.xpath("//nav//a[@href='/coverage']/@aria-current") == ["true"]
    assert page.xpath("string(//form[@action='/sign-out']/button)") == "Sign out"
    assert page.xpath("//form[@action='/sign-out'][@method='post']")
    assert "Every school and person here is invented." in page.text_content()
    assert page.xpath("//footer//a[@href='/privacy']")


def test_nothing_reserved_for_gov_uk_is_shown(page: HtmlElement) -> None:
    markup = html.tostring(page).decode()
    assert "crown" not in markup.lower().replace("crown copyright", "")
    assert "govuk-header" not in markup
    assert "GDS Transport" not in markup


def test_a_visitor_has_no_sign_out_and_no_banner(page: HtmlElement) -> None:
    assert "Sign out" not in page.text_content()
    assert "invented" not in page.text_content()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("day | date", "14 March 2027"),
        ("day | short_date", "14 Mar 2027"),
        ("day | long_date", "Sunday 14 March 2027"),
        ("none | date", ""),
        ("231 | percent(280)", "83%"),
        ("0 | percent(0)", "n/a"),
        ("share | percent", "82.5%"),
        ("none | percent", "n/a"),
        ("1200 | count", "1,200"),
        ("1 | count('person', 'people')", "1 person"),
    ],
)
def test_filters_put_values_into_words(small_app: Flask, expression: str, words: str) -> None:
    with small_app.test_request_context("/"):
        written = render_template_string(
            "{{ " + expression + " }}", day=date(2027, 3, 14), share=Decimal("82.5")
        )
    assert written == words


def test_percent_of_a_count_alone_is_a_mistake(small_app: Flask) -> None:
    with small_app.test_request_context("/"), pytest.raises(TypeError, match="denominator"):
        render_template_string("{{ 5 | percent }}")


def test_asset_addresses_carry_the_hash_of_the_content(small_app: Flask) -> None:
    small_app.extensions["asset_hashes"] = {"dist/app.css": "1a2b"}
    page = rendered(small_app, name="x", rows=[])
    assert page.xpath("//link[@rel='stylesheet']/@href") == ["/static/dist/app.css?v=1a2b"]
    assert page.xpath("//script[@type='module']/@src") == ["/static/app.js"]
