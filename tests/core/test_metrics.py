"""Figures for Prometheus: with the token only, and nothing in them that leads to a person."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from linli.config.wiring import wire
from linli.core import metrics

TOKEN = "a-token-of-thirty-letters-or-so"


@pytest.fixture
def scrape(client, settings, cast):
    wire()
    settings.METRICS_TOKEN = TOKEN

    def go(token=TOKEN):
        return client.get("/metrics", headers={"authorization": f"Bearer {token}"} if token else {})

    return go


def figures(response):
    return {
        (one.name, *(f"{key}={value}" for key, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(response.content.decode())
        for one in family.samples
    }


def test_without_the_token_there_is_nothing(scrape, client, settings, sign_in):
    assert scrape(None).status_code == 404
    assert scrape("wrong").status_code == 404
    assert scrape("").status_code == 404
    assert sign_in("operator").get("/metrics").status_code == 404
    settings.METRICS_TOKEN = ""
    assert scrape("").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer é\x00"}).status_code == 404


def test_it_counts_requests_by_route_and_reads_the_rest(scrape, sign_in):
    metrics._requests.cache_clear()
    client = sign_in("wang")
    for _one in range(3):
        client.get("/places/360103001001")
    client.get("/places/999")
    found = figures(scrape())
    assert found["linli_request_seconds_count", "method=GET", "route=places/<str:code>", "status=2xx"] == 3
    assert found["linli_request_seconds_count", "method=GET", "route=places/<str:code>", "status=4xx"] == 1
    assert found["linli_events_given_up",] == 0
    assert found["linli_database_bytes",] > 0
    assert ("linli_job_failing", "job=linli.core.jobs.seal_audit") in found


def test_no_person_place_or_number_is_in_it(scrape, sign_in, cast):
    sign_in("wang").get("/places/360103001001")
    text = scrape().content.decode()
    for words in ("王建国", "wang", "住户", "360103001", "二郎庙"):
        assert words not in text
    assert not re.search(r"1380013\d{4}", text)


def test_a_made_up_method_makes_no_new_series(scrape, client):
    metrics._requests.cache_clear()
    for number in range(5):
        client.generic(f"MADE{number}", "/places")
    assert sum("method=other" in key for one in figures(scrape()) for key in one[1:2]) >= 1
    assert not any("MADE" in part for one in figures(scrape()) for part in one)


def test_the_number_of_queries_is_constant(scrape, django_assert_max_num_queries):
    scrape()
    with django_assert_max_num_queries(16):
        assert scrape().status_code == 200
