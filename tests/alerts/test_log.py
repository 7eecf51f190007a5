"""The log of an incident as a file: complete, scoped, harmless to spreadsheets, and noted."""

import csv
import io
import json
from uuid import uuid4

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from linli.alerts import actions
from linli.core.actors import Actor
from linli.core.models import AuditEntry
from linli.messages.queries import count_states

LINK = Actor(kind="link", id=1)


@pytest.fixture
def run(after, cast, issued):
    """A notice with receipts, reminders, tasks that climbed, and its end."""
    alert = issued()
    for household in cast.households[:4]:
        actions.confirm_household(actor=LINK, alert=alert, household=household.pk, receipt_id=uuid4(), how="own_tap")
    for minutes in (15, 30, 30, 30):
        after(minutes)
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason='=HYPERLINK("http://evil")')
    return alert


def body(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def ask(signed_in, alert, file_format):
    return body(signed_in.post(reverse("alert-log", args=[alert.pk]), {"format": file_format}))


def entries(signed_in, alert):
    return json.loads(ask(signed_in, alert, "json"))["entries"]


def test_it_holds_every_fact_move_and_act_in_order(run, sign_in, cast):
    found = entries(sign_in("chen"), run)
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    facts = [one["what"] for one in found if one["kind"] == "fact"]
    assert facts == list(run.facts.order_by("at", "id").values_list("kind", flat=True))
    assert [one["what"] for one in found if one["kind"] == "move"]
    acts = {one["what"] for one in found if one["kind"] == "act"}
    assert {"draft_alert", "issue_alert", "open_tasks", "task_climbed", "record_receipts", "end_alert"} <= acts
    told = {one["what"]: one["count"] for one in found if one["kind"] == "messages"}
    assert told == count_states(actor=cast.actor("chen"), source=("alerts", str(run.pk)))
    assert told
    assert AuditEntry.objects.filter(act="export_alert_log", object_id=str(run.pk)).count() == 1


def test_another_streets_part_is_left_out(run, sign_in, cast):
    """The secretary next door reads what lies in her places, and of the whole notice only its facts."""
    found = entries(sign_in("sun"), run)
    assert {one["what"] for one in found if one["kind"] == "fact"}
    names = {"周大勇", "吴桂芳", "李梅", "赵敏", "王建国"}
    assert {one["who"] for one in found} & names == set()
    assert {one["to"] for one in found} & names == set()
    assert not [one for one in found if one["kind"] == "act" and one["what"] == "issue_alert"]


def test_who_may_not_read_the_trail_gets_no_acts(run, sign_in):
    assert "act" not in {one["kind"] for one in entries(sign_in("zhou"), run)}


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_nothing_in_a_sheet_is_a_formula(run, sign_in, file_format):
    data = ask(sign_in("chen"), run, file_format)
    if file_format == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith("=")]
        assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    else:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        assert any(str(cell).startswith("=HYPERLINK") for row in rows for cell in row)  # as text, not as its result
        assert b"<f>" not in data
    assert len(rows) > 10


def test_an_unknown_format_is_refused(run, sign_in):
    assert sign_in("chen").post(reverse("alert-log", args=[run.pk]), {"format": "exe"}).status_code == 422
