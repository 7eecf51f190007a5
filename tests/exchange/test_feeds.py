"""Feeds are read from a real server, each message once; what goes wrong is said and tried again later and later."""

from datetime import timedelta

import pytest
from django.urls import reverse

from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Invalid, Missing
from linli.exchange import actions, jobs
from linli.exchange.models import Feed, FeedEntry, Incoming
from linli.exchange.rules.cap import Reference
from linli.exchange.rules.writing import write_message
from tests.exchange.conftest import make_message


def read_again(feed):
    Feed.objects.filter(pk=feed.pk).update(next_at=clock.now() - timedelta(seconds=1))
    jobs.read_feeds()
    feed.refresh_from_db()


def test_new_messages_come_in_once(add_feed, peer):
    feed = add_feed()
    peer.put_feed(make_message("a"), make_message("b"), etag='"1"')
    jobs.read_feeds()
    assert Incoming.objects.count() == 2
    feed.refresh_from_db()
    assert (feed.error, feed.failures, feed.etag) == ("", 0, '"1"')
    read_again(feed)
    path, headers = peer.asked[-1]
    assert (path, headers["If-None-Match"]) == ("/feed.xml", '"1"')
    peer.put_feed(make_message("c"), make_message("a"), make_message("b"), etag='"2"')
    peer.asked.clear()
    read_again(feed)
    assert "/cap/c.xml" in peer.paths()
    assert Incoming.objects.count() == 3


def test_it_waits_for_its_time_and_one_worker_reads_it(add_feed, peer):
    feed = add_feed()
    peer.put_feed(make_message())
    stale = Feed.objects.get(pk=feed.pk)
    jobs.read_feeds()
    asked = len(peer.asked)
    jobs.read_feeds()
    assert len(peer.asked) == asked
    assert not actions.claim_feed(actor=SYSTEM, feed=stale)  # who looked at the same moment comes too late
    Feed.objects.update(is_on=False, next_at=clock.now() - timedelta(minutes=1))
    jobs.read_feeds()
    assert len(peer.asked) == asked


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, b"", "status_500"),
        (404, b"", "status_404"),
        (200, b"<!doctype html><html><body>maintenance</body></html>", "web_page"),
        (200, b"", "empty"),
        (200, b"<feed", "not_xml"),
        (200, b"<!DOCTYPE x [<!ENTITY a 'b'>]><feed/>", "document_type"),
        (200, b"x" * 1_100_000, "too_large"),
    ],
)
def test_a_fault_is_said_and_tried_again_later(add_feed, peer, status, body, error):
    feed = add_feed()
    peer.put("/feed.xml", body, status=status)
    jobs.read_feeds()
    feed.refresh_from_db()
    assert (feed.error, feed.failures) == (error, 1)
    first = feed.next_at - clock.now()
    read_again(feed)
    assert feed.next_at - clock.now() > first * 1.5
    for _more in range(12):
        read_again(feed)
    assert feed.next_at - clock.now() <= timedelta(hours=6)
    peer.put_feed(make_message())
    read_again(feed)
    assert (feed.error, feed.failures) == ("", 0)
    assert Incoming.objects.count() == 1


def test_one_bad_message_keeps_no_other_out_and_stands_on_the_page(add_feed, peer, sign_in):
    feed = add_feed()
    peer.put_feed(make_message("bad"), make_message("good"), make_message("moved"))
    peer.put("/cap/bad.xml", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>")
    peer.put("/cap/moved.xml", b"", status=302, Location="http://127.0.0.1:1/inside")
    jobs.read_feeds()
    assert [one.identifier for one in Incoming.objects.all()] == ["good"]
    assert FeedEntry.objects.get(error="document_type").address.endswith("/cap/bad.xml")
    feed.refresh_from_db()
    assert feed.etag == ""  # what could not be fetched is asked for again
    page = sign_in("operator").get(reverse("feed", args=[feed.pk]), headers={"Accept-Language": "en"}).content.decode()
    assert "document type or entities" in page


def test_the_feed_of_another_program_may_not_lead_inside(add_feed, peer, settings):
    feed = add_feed()
    settings.INNER_HOSTS = []
    jobs.read_feeds()
    feed.refresh_from_db()
    assert feed.error == "inner_address"
    assert peer.asked == []


def test_an_update_is_known_as_one_though_both_come_at_once(add_feed, peer):
    first = make_message("a")
    second = make_message("b", msg_type="Update", references=(Reference(first.sender, "a", first.sent),))
    add_feed()
    peer.put_feed(second, first)  # a feed lists the newest first
    jobs.read_feeds()
    assert Incoming.objects.get(identifier="b").about.identifier == "a"
    assert Incoming.objects.get(identifier="a").state == "superseded"


def test_a_single_alert_that_changes(add_feed, peer):
    feed = add_feed("/now.xml", kind="cap")
    for identifier in ("a", "a", "b"):
        peer.put("/now.xml", write_message(make_message(identifier)))
        read_again(feed)
    assert set(Incoming.objects.values_list("identifier", flat=True)) == {"a", "b"}


def test_an_operator_keeps_feeds_and_nobody_else(cast, add_feed, sign_in, peer):
    feed = add_feed()
    with pytest.raises(Missing):
        actions.read_feed_now(actor=cast.actor("chen"), feed=feed)
    data = {
        "name": "Two",
        "address": peer.address + "/feed.xml",
        "kind": "atom",
        "place": "nowhere",
        "period_minutes": 5,
    }
    client = sign_in("operator")
    answer = client.post(reverse("feed-new"), data, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "no place with this code" in answer.content.decode()
    answer = client.post(reverse("feed-new"), {**data, "place": "360103001"}, headers={"Accept-Language": "en"})
    assert "read already" in answer.content.decode()


@pytest.mark.parametrize(
    "address", ["", "ftp://a.example/x", "file:///etc/passwd", "https://u:p@a.example/", "javascript:1"]
)
def test_an_address_that_is_none_is_refused(add_feed, address):
    with pytest.raises(Invalid) as found:
        add_feed(name="x", address=address)
    assert "address" in found.value.fields
