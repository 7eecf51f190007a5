"""Li goes away and Zhao stands in; a household asks and is answered; a second person lets a notice out. On a desk and on a
phone, in both languages."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from linli.alerts import actions
from linli.alerts.actions import Notice
from linli.alerts.actions.approvals import ask_approval
from linli.alerts.rules import ApprovalRule
from linli.core.actors import SYSTEM
from linli.duties import actions as duties
from linli.duties.models import Question
from linli.grid.models import Absence

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("LINLI_LOOK", "")  # a folder: keep a picture of each page, to look at


def look(street, page, name):
    street.check(page)
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_somebody_stands_in(street):
    page = street.open("li")
    page.goto("/account")
    page.get_by_role("link", name="When I am away").click()
    look(street, page, "away-empty-en")
    page.get_by_label("Last day away").fill("2099-01-01")
    page.get_by_role("button", name="Write it down").click()
    page.get_by_text("At most 60 days in one go. If").first.wait_for()
    look(street, page, "away-error-en")
    page.get_by_label("Last day away").fill(page.get_by_label("First day away").input_value())
    page.get_by_label("Who stands in").select_option(label="赵敏")
    page.get_by_role("button", name="Write it down").click()
    page.get_by_text("It is written down").wait_for()
    assert Absence.objects.get().deputy.username == "zhao"
    phone = street.open("zhao", language="zh-hans", width=390)
    phone.goto("/")
    phone.get_by_text("代李梅").wait_for()
    look(street, phone, "day-deputy-zh-390")
    phone.goto("/account/away")
    look(street, phone, "away-deputy-zh-390")
    desk = street.open("wang")
    desk.goto("/posts/history?place=360103001001-1")
    look(street, desk, "history-en")
    page.goto("/account/away")
    page.get_by_role("button", name="I am back").click()
    page.get_by_text("The absence is over").wait_for()


def test_a_household_asks_and_is_answered(street):
    home = street.cast.households_in("001-1-1")[0]
    token = actions.make_household_link(actor=street.cast.actor("zhou"), household=home.pk)
    phone = street.open(language="zh-hans", width=390)
    phone.goto(f"/l/{token}")
    phone.locator("details.asked summary").click()
    look(street, phone, "ask-zh-390")
    phone.get_by_label("我家需要帮助").check()
    phone.get_by_label("请写下来").fill("老人缺降压药，谁能代买？")
    phone.get_by_role("button", name="发送").click()
    phone.locator("#asked").wait_for()
    look(street, phone, "asked-zh-390")
    page = street.open("zhou")
    page.goto("/questions/")
    look(street, page, "questions-en")
    page.get_by_text("老人缺降压药").click()
    look(street, page, "question-en")
    page.get_by_label("Answer").fill("下午四点送到门口。")
    page.get_by_role("button", name="Answer").click()
    page.get_by_text("Answered. The household is told").wait_for()
    look(street, page, "question-answered-en")
    phone.reload()
    phone.get_by_text("下午四点送到门口").wait_for()
    look(street, phone, "answered-zh-390")
    narrow = street.open("wang", language="zh-hans", width=390)
    narrow.goto("/questions/")
    look(street, narrow, "questions-empty-zh-390")
    for other in street.cast.households_in("001-1-1"):
        duties.ask(actor=SYSTEM, household=other.pk, kind="question", text="几点停水？", question_id=uuid4())
    narrow.reload()
    look(street, narrow, "questions-zh-390")
    assert Question.objects.count() == 4


def test_a_second_person_lets_it_out(street):
    cast = street.cast
    wang, texts = cast.actor("wang"), {"zh-hans": {"headline": "暴雨红色预警", "body": "请勿外出。"}}
    notice = Notice(texts, "immediate", [cast.place("001")])
    draft = actions.draft_alert(actor=wang, alert_id=uuid4(), notice=notice)
    ask_approval(actor=wang, alert=draft, rule=ApprovalRule(), places=notice.places)
    page = street.open("chen")
    page.goto("/")
    look(street, page, "day-approve-en")
    page.get_by_text("暴雨红色预警").click()
    look(street, page, "approve-en")
    phone = street.open("wang", language="zh-hans", width=390)
    phone.goto(f"/alerts/{draft.pk}")
    look(street, phone, "waits-zh-390")
    page.get_by_role("button", name="Approve and send").click()
    page.get_by_text("Approved: the notice is out.").wait_for()
