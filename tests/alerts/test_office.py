"""The office's pages of an alert: written, looked at, sent, watched, certified."""

from uuid import uuid4

import pytest
from django.urls import reverse

from linli.alerts import actions, queries
from linli.alerts.models import Alert
from linli.core.actors import Actor

LINK = Actor(kind="link", id=1)
TEXTS = {
    "headline_zh-hans": "暴雨红色预警",
    "body_zh-hans": "请勿外出。",
    "headline_en": "Red rainstorm warning",
    "body_en": "Stay inside.",
}


@pytest.fixture(autouse=True)
def _the_clock_stands_before_the_cast_comes(after):
    """Autouse comes first: who is appointed before the clock goes back holds no post yet."""


@pytest.fixture
def english(client):
    client.cookies["linli_language"] = "en"


def page(client, route, *args, status=200, **query):
    response = client.get(reverse(route, args=args), query)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def post(client, route, *args, **data):
    return client.post(reverse(route, args=args), data)


def confirm(alert, household, how="own_tap"):
    actions.confirm_household(actor=LINK, alert=alert, household=household.pk, receipt_id=uuid4(), how=how)


@pytest.fixture
def scene(after, cast, issued):
    """An hour after issue: own taps in the first cell, a refusal in the second, one post silent."""
    alert = issued()
    after(2)
    for username in ("wang", "li", "zhou"):
        actions.acknowledge_alert(actor=cast.actor(username), alert=alert)
    first, second, _third = cast.households_in("001-1-1")
    confirm(alert, first)
    confirm(alert, second, "relative")
    refusing = cast.households_in("001-1-2")[0]
    after(15)
    actions.record_knock(
        actor=cast.actor("wu"), alert=alert, household=refusing.pk, outcome="refused", attempt_id=uuid4()
    )
    after(5)
    return cast, alert, after


# Writing -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_a_notice_is_written_looked_at_and_sent(sign_in, cast):
    client = sign_in("chen")
    body = page(client, "alert-list")
    assert "No notice so far" in body
    body = page(client, "alert-new")
    assert f'value="{cast.place("360103001").code}" id="place-360103001" checked' in body
    assert "5 min" in body
    key = uuid4()
    data = {**TEXTS, "alert_id": key, "urgency": "immediate", "places": [cast.place("001").code]}
    response = post(client, "alert-new", **data)
    assert response["Location"] == reverse("alert-preview", args=[key])
    body = page(client, "alert-preview", key)
    assert "Issue to 12 households" in body
    assert "赵敏" in body  # holds the part of the vacant cell
    assert Alert.objects.get(pk=key).state == "draft"
    for _again in range(2):
        assert post(client, "alert-issue", key)["Location"] == reverse("alert", args=[key])
    alert = Alert.objects.get()
    assert (alert.state, alert.places.count()) == ("issued", 1)
    assert "The notice is out" in page(client, "alert", key)


@pytest.mark.usefixtures("english")
def test_what_is_wrong_stands_at_its_field(sign_in, cast):
    client = sign_in("chen")
    response = post(client, "alert-new", alert_id=uuid4(), urgency="immediate", body_en="x" * 20)
    assert response.status_code == 422
    body = response.content.decode()
    assert "Choose at least one place." in body
    assert "Say in one line what is the matter." in body
    assert not Alert.objects.exists()
    past = {**TEXTS, "alert_id": uuid4(), "urgency": "immediate", "expires_at": "2020-01-01T00:00"}
    response = post(client, "alert-new", places=[cast.place("001").code], **past)
    assert "The end must lie ahead." in response.content.decode()


def test_a_place_of_others_is_refused(sign_in, cast):
    client = sign_in("wang")
    data = {**TEXTS, "alert_id": uuid4(), "urgency": "immediate"}
    assert post(client, "alert-new", places=[cast.place("002").code], **data).status_code == 404
    assert not Alert.objects.exists()


def test_the_list_of_places_keeps_what_is_ticked(sign_in, cast):
    client = sign_in("chen")
    body = page(client, "alert-places", q="象山", places=cast.place("001").code)
    assert f'id="place-{cast.place("001").code}" checked' in body
    assert f'id="place-{cast.place("002").code}">' in body
    assert "第一网格" not in body
    body = page(client, "alert-places", under=cast.place("001").code)
    assert cast.place("001-1").code in body
    body = page(sign_in("wang"), "alert-places", q="象山")
    assert cast.place("002").code not in body


@pytest.mark.usefixtures("english")
def test_an_update_takes_the_place_of_the_old_notice(sign_in, cast, scene):
    _cast, old, _after = scene
    client = sign_in("chen")
    body = page(client, "alert-update", old.pk)
    assert "Red rainstorm warning" in body
    key = uuid4()
    data = {
        "headline_en": "Rain over",
        "alert_id": key,
        "urgency": "expected",
        "places": [cast.place("360103001").code],
    }
    post(client, "alert-update", old.pk, **data)
    body = page(client, "alert-preview", key)
    assert "takes the place of a running notice" in body
    assert "no text in the language" in body
    post(client, "alert-issue", key)
    assert Alert.objects.get(pk=old.pk).state == "updated"
    body = page(client, "alert", old.pk)
    assert reverse("alert", args=[key]) in body
    assert "every " not in body, "nothing of an ended notice is asked for again and again"
    assert client.get(reverse("alert-update", args=[old.pk])).status_code == 409


@pytest.mark.usefixtures("english")
def test_cancelling_wants_a_reason(sign_in, scene):
    _cast, alert, _after = scene
    client = sign_in("chen")
    page(client, "alert-cancel", alert.pk)
    response = post(client, "alert-cancel", alert.pk, reason=" ")
    assert response.status_code == 422
    assert "Say why it is cancelled." in response.content.decode()
    assert post(client, "alert-cancel", alert.pk, reason="False alarm").status_code == 302
    assert "False alarm" in page(client, "alert", alert.pk)
    assert client.get(reverse("alert-cancel", args=[alert.pk])).status_code == 409


def test_a_draft_is_its_writers_own_and_can_be_thrown_away(sign_in, cast, notice):
    draft = actions.draft_alert(actor=cast.actor("wang"), alert_id=uuid4(), notice=notice("001"))
    for username in ("chen", "li", "sun"):
        assert sign_in(username).get(reverse("alert-preview", args=[draft.pk])).status_code == 404
    client = sign_in("wang")
    page(client, "alert-edit", draft.pk)
    page(client, "alert", draft.pk)
    assert post(client, "alert-cancel", draft.pk, reason="gone")["Location"] == reverse("alert-list")
    assert str(draft.pk) not in page(client, "alert-list")


# Watching ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_the_picture_goes_down_to_the_doors(sign_in, scene):
    cast, alert, _after = scene
    client = sign_in("chen")
    body = page(client, "alert", alert.pk)
    assert '<p class="headline-value">13</p>' in body
    assert body.index("二郎庙社区居委会") < body.index(
        'href="' + reverse("alert-place", args=[alert.pk, cast.place("002").code])
    )
    body = page(client, "alert-place", alert.pk, cast.place("001-2").code)
    assert "Vacant" in body
    assert "赵敏 holds its part" in body
    body = page(client, "alert-place", alert.pk, cast.place("001-1-2").code)
    assert "Refused" in body
    assert "2栋 1单元 1**" in body
    assert "101" not in body.replace("360103001", "").split("Doors still missing")[1].split("</section>")[0]
    assert "吴桂芳 answers for these doors" in body


def test_everyone_sees_their_own_part_only(sign_in, scene):
    cast, alert, _after = scene
    client = sign_in("zhou")
    body = page(client, "alert", alert.pk)
    assert '<p class="headline-value">1</p>' in body
    for code in ("001", "001-1", "001-1-2", "002-1-1"):
        assert client.get(reverse("alert-place", args=[alert.pk, cast.place(code).code])).status_code == 404
        assert (
            client.get(reverse("alert-figures", args=[alert.pk]), {"place": cast.place(code).code}).status_code == 404
        )
        assert (
            client.get(reverse("alert-not-reached", args=[alert.pk]), {"place": cast.place(code).code}).status_code
            == 404
        )
        assert (
            client.get(reverse("alert-certificate", args=[alert.pk]), {"place": cast.place(code).code}).status_code
            == 404
        )
        assert post(client, "alert-copy-link", alert.pk, cast.place(code).code).status_code == 404
    assert '<p class="headline-value">3</p>' in page(sign_in("sun"), "alert", alert.pk)


def test_a_notice_of_another_community_is_not_there(sign_in, cast, issued):
    alert = issued("wang", "001")
    client = sign_in("sun")
    for route in ("alert", "alert-figures", "alert-evidence", "alert-bar", "alert-timeline", "alert-not-reached"):
        assert client.get(reverse(route, args=[alert.pk])).status_code == 404
    for route in ("alert-certificate", "alert-copy", "alert-update", "alert-cancel"):
        assert client.get(reverse(route, args=[alert.pk])).status_code == 404
    for route in ("alert-issue", "alert-acknowledge", "alert-cancel"):
        assert post(client, route, alert.pk, reason="x").status_code == 404
    assert str(alert.pk) not in page(client, "alert-list")
    assert sign_in("li").get(reverse("alert-update", args=[alert.pk])).status_code == 404


def test_the_live_part_is_sent_only_when_something_changed(sign_in, scene):
    cast, alert, _after = scene
    client = sign_in("chen")
    for route in ("alert-figures", "alert-evidence"):
        body = page(client, route, alert.pk)
        seen = body.split('name="seen" value="')[1].split('"')[0]
        assert page(client, route, alert.pk, status=204, seen=seen) == ""
        confirm(alert, cast.households_in("002-1-1")[len(route) % 2])
        assert page(client, route, alert.pk, seen=seen)
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="over")
    page(client, "alert-figures", alert.pk, status=286)


def test_it_is_said_aloud_only_when_another_tenth_is_reached(sign_in, scene):
    cast, alert, _after = scene
    client = sign_in("chen")
    body = page(client, "alert-figures", alert.pk)
    assert "hx-swap-oob" not in body
    seen = body.split('name="seen" value="')[1].split('"')[0]
    for household in cast.households_in("002-1-1"):
        confirm(alert, household)
    assert "hx-swap-oob" in page(client, "alert-figures", alert.pk, seen=seen)


@pytest.mark.usefixtures("english")
def test_reading_it_counts_for_all_of_ones_posts(sign_in, cast, issued):
    alert = issued()
    client = sign_in("zhao")
    assert "for 2 posts" in page(client, "alert", alert.pk)
    assert "Your receipt is missing" in page(client, "alert-list")
    post(client, "alert-acknowledge", alert.pk)
    body = page(client, "alert", alert.pk)
    assert "It counts for 2 posts." in body
    assert "I have read it" not in body
    assert "I have read it" not in page(sign_in("chen"), "alert", alert.pk)


@pytest.mark.usefixtures("english")
def test_the_timeline_tells_the_story(sign_in, scene):
    _cast, alert, after = scene
    after(50)
    body = page(sign_in("chen"), "alert-timeline", alert.pk)
    for words in (
        "The notice went out",
        "posts were vacant",
        "reminded",
        "to the level above",
        "visits",
        "climbed",
        "over",
    ):
        assert words in body


# The account ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_each_household_not_reached_has_reason_and_person(sign_in, scene):
    cast, alert, _after = scene
    client = sign_in("chen")
    body = page(client, "alert-not-reached", alert.pk)
    assert "13 households" in body
    assert body.count('class="missing-row"') == 13
    assert "unaccounted" not in body
    body = page(client, "alert-not-reached", alert.pk, reason="refused")
    assert body.count('class="missing-row"') == 1
    assert "吴桂芳" in body
    body = page(client, "alert-not-reached", alert.pk, place=cast.place("001-1").code)
    assert body.count('class="missing-row"') == 4


@pytest.mark.usefixtures("english")
def test_the_certificate_says_who_is_unaccounted(sign_in, scene):
    cast, alert, _after = scene
    client = sign_in("chen")
    body = page(client, "alert-certificate", alert.pk)
    assert '<span class="cert-n">0</span>' in body
    assert "The whole notice" in body
    assert "Spoken to at the door" in body
    appointment = cast.accounts["wu"].appointments.get()
    appointment.until_at = appointment.from_at
    appointment.save()
    body = page(client, "alert-certificate", alert.pk)
    assert '<span class="cert-n">3</span>' in body
    assert body.count('<strong class="cert-lack">') == 3
    body = page(sign_in("zhou"), "alert-certificate", alert.pk)
    assert "As far as these places" in body


# Texts to copy -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("english")
def test_a_text_with_its_link_is_shown_once(sign_in, scene, settings):
    cast, alert, _after = scene
    client = sign_in("li")
    body = page(client, "alert-copy", alert.pk)
    assert body.count('class="chat-text"') == 3  # the grid and its two cells
    response = post(client, "alert-copy-link", alert.pk, cast.place("001-1-1").code)
    body = response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "http://testserver/s/" in body
    assert "<img src=" in body
    assert "Red rainstorm warning" in body
    assert "暴雨红色预警" in body
    link = body.split("http://testserver")[1].split("<")[0].strip()
    assert client.get(link).status_code in (302, 303)
    body = page(client, "alert-copy", alert.pk)
    assert "1 link is out" in body
    assert link not in body
    post(client, "alert-copy-end", alert.pk, cast.place("001-1-1").code)
    assert client.get(link).status_code == 404
    assert post(client, "alert-copy-link", alert.pk, cast.place("001").code).status_code == 404


def test_an_ended_notice_makes_no_links(sign_in, scene):
    cast, alert, _after = scene
    actions.cancel_alert(actor=cast.actor("chen"), alert=alert, reason="over")
    assert post(sign_in("li"), "alert-copy-link", alert.pk, cast.place("001-1-1").code).status_code == 409


# What a page costs ---------------------------------------------------------------------------------------------------

PAGES = [
    "alert",
    "alert-figures",
    "alert-evidence",
    "alert-bar",
    "alert-timeline",
    "alert-not-reached",
    "alert-certificate",
    "alert-copy",
    "alert-update",
    "alert-list",
    "alert-new",
    "alert-places",
]


@pytest.mark.parametrize("route", PAGES)
def test_a_page_costs_the_same_however_large_the_street(route, sign_in, scene, larger, count_queries):
    _cast, alert, after = scene
    client = sign_in("chen")
    args = [] if route in ("alert-list", "alert-new", "alert-places") else [alert.pk]
    client.get(reverse(route, args=args))
    small = count_queries(lambda: client.get(reverse(route, args=args)))
    larger()
    after(40)
    assert count_queries(lambda: client.get(reverse(route, args=args))) == small
    assert small < 60


@pytest.mark.parametrize("code", ["001", "001-1", "001-1-2"])
def test_every_level_costs_about_the_same(code, sign_in, scene, count_queries):
    cast, alert, _after = scene
    client = sign_in("chen")
    assert count_queries(lambda: client.get(reverse("alert-place", args=[alert.pk, cast.place(code).code]))) < 60


def test_the_list_costs_the_same_with_many_notices(sign_in, issued, count_queries):
    client = sign_in("chen")
    issued()
    client.get(reverse("alert-list"))
    few = count_queries(lambda: client.get(reverse("alert-list")))
    for _more in range(5):
        issued()
    assert count_queries(lambda: client.get(reverse("alert-list"))) == few


def test_the_preview_costs_the_same_however_large_the_street(sign_in, cast, notice, larger, count_queries):
    draft = actions.draft_alert(actor=cast.actor("chen"), alert_id=uuid4(), notice=notice())
    client = sign_in("chen")
    address = reverse("alert-preview", args=[draft.pk])
    client.get(address)
    few = count_queries(lambda: client.get(address))
    larger()
    assert count_queries(lambda: client.get(address)) == few


def test_several_starting_places_are_summed(sign_in, cast, issued):
    alert = issued("chen", "001", "002")
    sight = queries.see(actor=cast.actor("chen"), alert=alert)
    assert (sight.place, sight.households.members, len(sight.below)) == (None, 15, 2)
    assert '<p class="headline-value">15</p>' in page(sign_in("chen"), "alert", alert.pk)


def test_the_curve_holds_every_receipt_however_many(cast, scene, monkeypatch):
    _cast, alert, _after = scene
    actor, paths = cast.actor("chen"), [cast.place("360103001").path]
    fine = queries.curve(actor=actor, alert=alert, paths=paths)
    monkeypatch.setattr("linli.rounds.queries.MOST_MOMENTS", 1)
    coarse = queries.curve(actor=actor, alert=alert, paths=paths)
    assert fine[-1][1] == coarse[-1][1] == 2
    assert fine[0] == coarse[0] == (alert.issued_at, 0)


@pytest.mark.usefixtures("english")
def test_who_may_knock_is_led_to_the_doors(sign_in, scene):
    cast, alert, _after = scene
    address = reverse("alert-doors", args=[alert.pk, cast.place("001-1-2").code])
    assert address in page(sign_in("wu"), "alert", alert.pk)
    assert address in page(sign_in("chen"), "alert-place", alert.pk, cast.place("001-1-2").code)


@pytest.mark.usefixtures("english")
def test_a_notice_is_sent_by_a_post_not_by_a_person(sign_in, cast, notice):
    draft = actions.draft_alert(actor=cast.actor("wang"), alert_id=uuid4(), notice=notice("001-1"))
    body = page(sign_in("wang"), "alert-preview", draft.pk)
    assert "二郎庙社区居委会 · Community secretary" in body
