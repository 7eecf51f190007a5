"""What everybody may read: which notices, how they follow each other, and how seldom they need to be fetched."""

import json
import math
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import etree
from typer.testing import CliRunner

from linli.alerts import actions as alert_actions
from linli.alerts.actions import Notice
from linli.alerts.models import Alert
from linli.config.cli import build
from linli.core import clock, console
from linli.core.actors import SYSTEM
from linli.core.errors import Forbidden
from linli.exchange import actions, queries
from linli.exchange.models import Incoming
from linli.exchange.rules.areas import MOST_CORNERS
from linli.exchange.rules.reading import read_feed, read_message
from linli.exchange.rules.writing import write_message
from linli.grid import actions as grid
from linli.grid.models import Outline
from linli.grid.queries import last_version
from tests.exchange.conftest import COMMUNITY, STREET, make_message

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("cap12.rng")))


def document(client, alert, route="cap-document"):
    answer = client.get(reverse(route, args=[alert.pk]))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/cap+xml")
    SCHEMA.assertValid(etree.fromstring(answer.content))
    return read_message(answer.content)


def listed(client, **query):
    answer = client.get(reverse("cap-feed"), query)
    assert answer.status_code == 200
    return [one.address.rpartition("/cap/")[2] for one in read_feed(answer.content)]


def update(cast, alert, **more):
    given = {
        "texts": {"en": {"headline": "Water is back", "body": ""}},
        "urgency": "expected",
        "places": [cast.place(STREET)],
    }
    notice = Notice(**(given | more))
    return alert_actions.update_alert(actor=cast.actor("chen"), alert=alert, alert_id=uuid4(), notice=notice)


def test_a_notice_as_cap(client, issued, settings):
    settings.PUBLIC_URL = "https://street.example"
    alert = issued()
    found = document(client, alert)
    assert (found.identifier, found.sender, found.msg_type) == (str(alert.pk), "linli@street.example", "Alert")
    assert (found.status, found.scope) == ("Actual", "Public")
    assert [info.language for info in found.infos] == ["zh-CN", "en-US"]
    first = found.infos[0]
    assert (first.urgency, first.severity, first.certainty, first.categories) == (
        "Expected",
        "Severe",
        "Likely",
        ("Health",),
    )
    assert (first.headline, first.description) == ("停水通知", "今晚停水。")
    assert first.areas[0].geocodes == (("division-code", STREET),)
    assert "南浦街道" in first.areas[0].desc
    assert "陈书琴" not in client.get(reverse("cap-document", args=[alert.pk])).content.decode()


def test_lines_typed_into_a_form_are_plain_lines_in_the_document(client, issued):
    alert = issued(texts={"en": {"headline": "No water", "body": "Fill a bucket.\r\n\r\nAsk next door."}})
    assert document(client, alert).infos[0].description == "Fill a bucket.\n\nAsk next door."
    assert b"&#13;" not in client.get(reverse("cap-document", args=[alert.pk])).content


def test_updates_and_cancellations_name_all_that_went_before(client, cast, issued):
    first = issued()
    second = update(cast, first)
    third = update(cast, second)
    found = document(client, third)
    assert found.msg_type == "Update"
    assert [one.identifier for one in found.references] == [str(second.pk), str(first.pk)]
    assert found.references[0].sent == document(client, second).sent
    alert_actions.cancel_alert(actor=cast.actor("chen"), alert=third, reason="False alarm")
    third.refresh_from_db()
    cancel = document(client, third, "cap-cancel")
    assert (cancel.msg_type, cancel.note) == ("Cancel", "False alarm")
    assert [one.identifier for one in cancel.references] == [str(one.pk) for one in (third, second, first)]
    assert listed(client) == [f"{third.pk}/cancel.xml"]
    assert client.get(reverse("cap-cancel", args=[first.pk])).status_code == 404


def test_drafts_notices_to_groups_and_of_small_places_stay_inside(client, cast, issued):
    private = [
        issued(groups=["elderly_alone"]),
        issued("wang", "001-1"),
        alert_actions.draft_alert(
            actor=cast.actor("chen"),
            alert_id=uuid4(),
            notice=Notice(texts={"en": {"headline": "x", "body": ""}}, urgency="expected", places=[cast.place(STREET)]),
        ),
    ]
    public = issued()
    assert listed(client) == [f"{public.pk}.xml"]
    for alert in private:
        answers = [client.get(reverse("cap-document", args=[key])) for key in (alert.pk, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]


def test_a_drill_is_in_no_feed_and_says_what_it_is_where_somebody_shows_it(client, cast, issued):
    words = {
        "zh-hans": {"headline": "【演练】停水通知", "body": ""},
        "en": {"headline": "[DRILL] No water", "body": ""},
    }
    drill, street = issued(texts=words, drill="homes"), issued()
    assert listed(client) == [f"{street.pk}.xml"]
    assert client.get(reverse("cap-document", args=[drill.pk])).status_code == 404
    assert not queries.rule_says_public(alert=drill)
    actions.set_publication(actor=cast.actor("chen"), alert=drill, is_public=True)
    shown = document(client, drill)
    assert (shown.status, shown.note) == ("Exercise", f"Exercise {drill.pk}")
    assert [info.headline for info in shown.infos] == ["【演练】停水通知", "[DRILL] No water"]
    feed = client.get(reverse("cap-feed"), {"language": "en"}).content.decode()
    assert "<title>[DRILL] No water</title>" in feed
    alert_actions.cancel_alert(actor=cast.actor("chen"), alert=drill, reason="Done")
    cancel = document(client, drill, "cap-cancel")
    assert (cancel.status, cancel.note) == ("Exercise", f"Exercise {drill.pk} · Done")


def test_a_drill_of_the_line_alone_stays_inside(client, sign_in, issued):
    drill = issued(drill="line")
    assert listed(client) == []
    page = sign_in("chen").get(reverse("alert-cap", args=[drill.pk]), headers={"Accept-Language": "en"})
    assert "This is a drill" in page.content.decode()
    assert "&lt;status&gt;Exercise" in page.content.decode()


def save_outline(cast, code, polygons):
    """`polygons`: of each, its rings of points (longitude, latitude)."""
    place = cast.place(code)
    version = last_version(place=place)
    shape = {"type": "MultiPolygon", "coordinates": polygons}
    return grid.save_outline(actor=SYSTEM, place=place, geometry=shape, version=version, source="survey")


def square(west, south, size):
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def points_of(polygon):
    """(longitude, latitude) of each corner, as a receiver reads it."""
    return [tuple(float(one) for one in reversed(pair.split(","))) for pair in polygon.split(" ")]


def test_places_that_were_drawn_are_told_as_polygons(client, cast, issued):
    save_outline(cast, STREET, [[square(115, 28, 0.2), square(115.05, 28.05, 0.01)], [square(116, 28, 0.1)]])
    alert = issued("chen", COMMUNITY, "360103001002")  # nobody has drawn these
    assert [area.polygons for area in document(client, alert).infos[0].areas] == [(), ()]
    alert = issued()
    for info in document(client, alert).infos:
        (area,) = info.areas
        assert area.polygons[0] == "28.0,115.0 28.0,115.2 28.2,115.2 28.2,115.0 28.0,115.0"
        assert [points_of(one) for one in area.polygons][1] == [tuple(one) for one in square(116.0, 28.0, 0.1)]
        assert len(area.polygons) == 2  # what lies in the hole is warned too
        assert area.geocodes == (("division-code", STREET),)


def test_a_notice_tells_the_outline_of_its_day(client, cast, issued):
    save_outline(cast, STREET, [[square(115, 28, 0.2)]])
    Outline.objects.update(from_on=clock.today() - timedelta(days=40))
    alert = issued()
    Alert.objects.filter(pk=alert.pk).update(issued_at=clock.now() - timedelta(days=9))
    before = document(client, alert).areas
    save_outline(cast, STREET, [[square(117, 29, 0.2)]])
    assert document(client, alert).areas == before
    assert document(client, issued()).areas[0].polygons[0].startswith("29.0,117.0 ")


def test_an_outline_of_many_corners_becomes_a_coarser_one(client, cast, issued):
    around = [(index / 1_200 * 2 * math.pi, 0.1 + 0.002 * (index % 2)) for index in range(1_200)]
    ring = [[115 + far * math.cos(angle), 28 + far * math.sin(angle)] for angle, far in around]
    save_outline(cast, STREET, [[[*ring, ring[0]]]])
    (polygon,) = document(client, issued()).areas[0].polygons
    points = points_of(polygon)
    assert points[0] == points[-1]
    assert 12 <= len(points) <= MOST_CORNERS + 1
    assert all(0.08 < math.dist(one, (115, 28)) < 0.12 for one in points)


def test_the_document_costs_the_same_however_many_places_were_drawn(client, cast, issued):
    def count(alert):
        with CaptureQueriesContext(connection) as captured:
            document(client, alert)
        return len(captured)

    for number, code in enumerate((COMMUNITY, "360103001002")):
        save_outline(cast, code, [[square(115 + number, 28, 0.2)]])
    assert count(issued("chen", COMMUNITY, "360103001002")) == count(issued("chen", COMMUNITY))


def test_a_person_may_decide_otherwise(client, cast, issued):
    grid, street = issued("wang", "001-1"), issued()
    with pytest.raises(Forbidden):
        actions.set_publication(actor=cast.actor("li"), alert=grid, is_public=True)
    actions.set_publication(actor=cast.actor("wang"), alert=grid, is_public=True)
    actions.set_publication(actor=cast.actor("chen"), alert=street, is_public=False)
    assert listed(client) == [f"{grid.pk}.xml"]
    assert client.get(reverse("cap-document", args=[street.pk])).status_code == 404


def test_the_feed_of_one_place(client, issued):
    street, community = issued(), issued("wang", COMMUNITY)
    assert set(listed(client, place=COMMUNITY)) == {f"{street.pk}.xml", f"{community.pk}.xml"}
    assert listed(client, place="360103001002") == [f"{street.pk}.xml"]
    assert client.get(reverse("cap-feed"), {"place": "999"}).status_code == 404


def test_nothing_is_sent_twice_to_who_has_it(client, cast, issued):
    alert = issued()
    for address in (reverse("cap-feed"), reverse("cap-document", args=[alert.pk])):
        first = client.get(address)
        etag, changed = first.headers["ETag"], first.headers["Last-Modified"]
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
        assert client.get(address, headers={"If-Modified-Since": changed}).status_code == 304
        assert client.head(address).status_code == 200
    actions.set_publication(actor=cast.actor("chen"), alert=alert, is_public=False)
    assert client.get(reverse("cap-feed"), headers={"If-None-Match": etag}).status_code == 200


def test_the_feed_speaks_the_language_that_is_asked_for(client, issued):
    issued()
    for asked, words in (("en", "No water tonight"), ("zh-CN", "停水通知"), ("xx", "停水通知"), ("", "停水通知")):
        assert words in client.get(reverse("cap-feed"), {"language": asked}).content.decode()


def test_an_empty_feed_is_a_feed(client, cast):
    assert listed(client) == []


def test_the_feed_costs_the_same_however_long(client, issued):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("cap-feed")).status_code == 200
        return len(captured)

    issued()
    before = count()
    for _more in range(6):
        issued()
    assert count() == before


def test_out_and_in_again_means_the_same(cast, client, issued):
    """What one deployment puts out, another takes in: the same words, urgency and places."""
    alert = issued(urgency="immediate")
    data = client.get(reverse("cap-document", args=[alert.pk])).content
    one = actions.take_in(actor=SYSTEM, document=data, place=cast.place(STREET))[0]
    draft = actions.begin_notice(actor=cast.actor("chen"), incoming=one)
    assert draft.texts == alert.texts
    assert draft.urgency == alert.urgency
    assert [one.path for one in draft.places.all()] == [one.path for one in alert.places.all()]


# The command line ------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr("linli.config.operate.before_command", lambda *_args: None)

    def go(*words):
        console.use_json(on=True)
        try:
            found = CliRunner().invoke(build(), list(words))
        finally:
            console.use_json(on=False)
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return json.loads(found.stdout)

    return go


def test_shown_and_brought_in_by_commands(cast, issued, run, tmp_path):
    alert = issued()
    shown = run("cap", "show", str(alert.pk))
    assert shown["public"] is True
    assert read_message(shown["xml"].encode()).identifier == str(alert.pk)
    file = tmp_path / "alert.xml"
    file.write_bytes(write_message(make_message()))
    for _twice in range(2):
        told = run("cap", "import", str(file))
        assert [one["place"] for one in told["incoming"]] == [STREET]
    assert told["incoming"][0]["state"] == "new"
    assert Incoming.objects.count() == 1
