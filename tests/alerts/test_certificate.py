"""The certificate: drawn up, made into a file, and checked by whoever holds the paper."""

import hashlib
import re
import subprocess
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from linli.alerts import actions, queries
from linli.alerts.models import Certificate
from linli.alerts.rules import LONG, SIGNS, read_code, show_code, spell_code
from linli.core import typesetting
from linli.core.actors import Actor
from linli.core.errors import Conflict, Forbidden
from linli.core.models import AuditEntry

LINK = Actor(kind="link", id=1)


@pytest.fixture
def drawn(cast, issued):
    """Chen's certificate of a notice that four households have confirmed."""
    alert = issued()
    for household in cast.households[:4]:
        actions.confirm_household(actor=LINK, alert=alert, household=household.pk, receipt_id=uuid4(), how="own_tap")
    return actions.draw_up_certificate(actor=cast.actor("chen"), certificate_id=uuid4(), alert=alert)


@given(st.text("0123456789abcdef", min_size=16, max_size=40))
def test_a_code_is_read_as_it_is_shown_or_badly_typed(digest):
    code = spell_code(digest)
    assert len(code) == LONG
    assert set(code) <= set(SIGNS)
    for typed in (code, show_code(code), f" {show_code(code).lower()} ", code.replace("0", "o").replace("1", "l")):
        assert read_code(typed) == code


@pytest.mark.parametrize(
    "typed", ["", "4F7K", "4F7K-9QXM-2D3U", "4F7K-9QXM-2D3H-1", "'; drop table", "四F7K9QXM2D3H", "\0" * 12]
)
def test_what_is_no_code_is_none(typed):
    assert read_code(typed) == ""


def test_it_freezes_the_figures_and_their_list(cast, drawn):
    assert drawn.figures["households"] == 15
    assert drawn.figures["reached"] == 4
    assert drawn.figures["not_reached"] == 11
    rows = queries.list_lines_of(certificate=Certificate.objects.get())
    assert len(rows) == 11
    assert {row.household for row in rows} == {one.pk for one in cast.households[4:]}
    assert queries.find_certificate_by_code(code=drawn.code) == drawn
    assert AuditEntry.objects.filter(act="draw_up_certificate", object_id=str(drawn.alert_id)).count() == 1


def test_drawn_up_twice_with_the_same_id_is_drawn_up_once(cast, drawn):
    again = actions.draw_up_certificate(actor=cast.actor("chen"), certificate_id=drawn.pk, alert=drawn.alert)
    assert again == drawn
    with pytest.raises(Conflict):
        actions.draw_up_certificate(actor=cast.actor("wang"), certificate_id=drawn.pk, alert=drawn.alert)


def test_who_may_not_issue_draws_none_up(cast, drawn):
    with pytest.raises(Forbidden):
        actions.draw_up_certificate(actor=cast.actor("li"), certificate_id=uuid4(), alert=drawn.alert, code="")


def test_a_row_that_was_changed_or_made_up_is_none(drawn):
    """Whoever can write to the database, but has not the key, can't certify anything."""
    better = {**drawn.figures, "unaccounted": 0, "reached": 15}
    Certificate.objects.update(figures=better)
    assert queries.find_certificate_by_code(code=drawn.code) is None
    Certificate.objects.update(figures=drawn.figures)
    assert queries.find_certificate_by_code(code=drawn.code) is not None
    Certificate.objects.update(code="4F7K9QXM2D3H")
    assert queries.find_certificate_by_code(code="4F7K9QXM2D3H") is None


def test_the_list_is_sealed_in_the_database(drawn):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT lines FROM alerts_certificate")
        (raw,) = cursor.fetchone()
    assert "not_yet_visited" in drawn.lines
    assert b"not_yet_visited" not in bytes(raw)


def test_anybody_sees_what_was_certified_and_no_person(client, cast, drawn):
    page = client.get(reverse("verify", args=[show_code(drawn.code)]), headers={"Accept-Language": "en"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "南浦街道" in text
    assert "figures are the same today" in text
    assert f'<span class="code">{show_code(drawn.code)}</span>' in text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for account in cast.accounts.values():
        assert account.name not in text
    assert re.search(r"\d-\d户", text) is None
    actions.confirm_household(
        actor=LINK, alert=drawn.alert, household=cast.households[9].pk, receipt_id=uuid4(), how="own_tap"
    )
    later = client.get(reverse("verify", args=[drawn.code.lower()]), headers={"Accept-Language": "en"}).content.decode()
    assert "It was right when it was drawn up" in later


def test_the_page_costs_the_same_however_many_households(client, drawn, count_queries, larger):
    address = reverse("verify", args=[drawn.code])
    client.get(address)  # the first look begins the window of tries
    before = count_queries(lambda: client.get(address))
    larger()
    assert count_queries(lambda: client.get(address)) == before


def test_a_forged_code_looks_like_a_missing_one_and_guessing_ends(client, drawn):
    Certificate.objects.create(
        id=uuid4(),
        code="4F7K9QXM2D3H",
        alert=drawn.alert,
        path=drawn.path,
        places=drawn.places,
        figures=drawn.figures,
        lines=drawn.lines,
        digest=drawn.digest,
        made_by=drawn.made_by,
        made_at=drawn.made_at,
    )
    strip = re.compile(r'(value|content)="[^"]*"')
    forged, missing, nonsense = (
        client.get(reverse("verify", args=[code])) for code in ("4F7K9QXM2D3H", "4F7K9QXM2D3J", "nonsense")
    )
    assert forged.status_code == missing.status_code == nonsense.status_code == 404
    bodies = {strip.sub("", one.content.decode()) for one in (forged, missing, nonsense)}
    assert len(bodies) == 1
    statuses = {client.get(reverse("verify", args=["4F7K9QXM2D3J"])).status_code for _try in range(40)}
    assert 429 in statuses


def pdf_of(signed_in, drawn, language="zh-hans"):
    answer = signed_in.post(reverse("certificate-pdf", args=[drawn.alert_id, drawn.pk]), {"language": language})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    return answer.content


def text_of_pdf(data, tmp_path):
    (tmp_path / "certificate.pdf").write_bytes(data)
    command = ["pdftotext", "-layout", str(tmp_path / "certificate.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ["预警送达证明", "南浦街道", "暴雨红色预警", "1 / 2"]),
        ("en", ["Certificate of an alert", "Page 1 of"]),
    ],
)
def test_the_file_says_it_in_both_languages(sign_in, drawn, tmp_path, language, words):
    text = text_of_pdf(pdf_of(sign_in("chen"), drawn, language), tmp_path)
    assert show_code(drawn.code) in text
    assert "陈书琴" in text
    assert words[0] in text.replace(" ", "") if language == "zh-hans" else words[0] in text


def test_a_file_is_known_by_its_fingerprint_and_one_changed_byte_is_seen(client, sign_in, drawn):
    data = pdf_of(sign_in("chen"), drawn)
    assert pdf_of(sign_in("chen"), drawn) == data  # the same bytes again, so one fingerprint
    assert [one["sha256"] for one in Certificate.objects.get().files] == [hashlib.sha256(data).hexdigest()]
    address = reverse("verify", args=[drawn.code])
    language = {"Accept-Language": "en"}
    client.logout()
    same = client.post(address, {"file": SimpleUploadedFile("a.pdf", data)}, headers=language).content.decode()
    assert "nothing in it was changed" in same
    changed = bytes([data[0] ^ 1]) + data[1:]
    other = client.post(address, {"file": SimpleUploadedFile("a.pdf", changed)}, headers=language).content.decode()
    assert "something in it was changed" in other
    assert client.post(address).status_code == 422


def test_names_are_never_read_as_markup(cast, issued, sign_in, tmp_path):
    """Whatever somebody typed stands on the paper as typed."""
    from linli.residents.models import Household

    hostile = '#read("/etc/passwd") *x* $y$ ]#[ <a> "'
    Household.objects.filter(pk=cast.households[0].pk).update(name=hostile)
    alert = issued("wang", "001")
    made = actions.draw_up_certificate(actor=cast.actor("wang"), certificate_id=uuid4(), alert=alert)
    text = text_of_pdf(pdf_of(sign_in("wang"), made), tmp_path)
    assert "root:" not in text
    assert '#read("/etc/passwd")' in re.sub(r"\s+", "", text).replace("“", '"').replace("”", '"')


def test_without_typst_or_a_font_the_page_says_what_to_install(sign_in, drawn, monkeypatch):
    monkeypatch.setattr(typesetting, "FONTS", ("No Such Font",))
    typesetting.font.cache_clear()
    try:
        page = sign_in("chen").get(reverse("certificate", args=[drawn.alert_id, drawn.pk])).content.decode()
        assert "fonts-noto-cjk" in page
        answer = sign_in("chen").post(reverse("certificate-pdf", args=[drawn.alert_id, drawn.pk]))
        assert answer.status_code == 503
        assert "fonts-noto-cjk" in answer.content.decode()
    finally:
        typesetting.font.cache_clear()


def test_drawn_up_from_its_page(sign_in, cast, issued):
    alert = issued()
    key = UUID(int=77)
    data = {"write_id": str(key), "place": cast.place("001").code}
    for _twice in range(2):
        answer = sign_in("chen").post(reverse("certificate-draw-up", args=[alert.pk]), data)
        assert answer.headers["Location"] == reverse("certificate", args=[alert.pk, key])
    made = Certificate.objects.get()
    assert [place["name"] for place in made.places] == ["二郎庙社区居委会"]
    assert made.figures["households"] == 12
    listed = sign_in("chen").get(reverse("alert-certificate", args=[alert.pk])).content.decode()
    assert show_code(made.code) in listed
