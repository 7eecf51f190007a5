"""XML from strangers: what would do harm is refused and said so, and what was written is read the same."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from linli.exchange.rules import cap
from linli.exchange.rules.areas import codes_in, names_in, shorten, urgency_in
from linli.exchange.rules.cap import Area, Info, Message, Reference, Refused
from linli.exchange.rules.reading import MOST_BYTES, read_feed, read_message
from linli.exchange.rules.writing import clean, write_message

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("cap12.rng")))
SENT = datetime(2026, 3, 2, 8, tzinfo=UTC)
INFO = Info(
    event="Rain",
    urgency="Immediate",
    severity="Extreme",
    certainty="Likely",
    categories=("Met",),
    areas=(Area("Street"),),
)
PLAIN = Message("M-1", "weather@example.org", SENT, infos=(INFO,))
XML = write_message(PLAIN).decode()

# A document is read as it was written ----------------------------------------------------------------------------------

texts = (
    st.text(st.characters(codec="utf-8"), max_size=40)
    .map(clean)
    .map(str.strip)
    .map(lambda text: text.replace("\r", ""))
)
words = texts.filter(bool)
ids = st.text("abcXYZ019-_.@:中", min_size=1, max_size=20)
moments = st.integers(0, 7 * 10**9).map(lambda second: datetime.fromtimestamp(second, UTC))
areas = st.builds(
    Area,
    desc=words,
    geocodes=st.lists(st.tuples(words, words), max_size=3).map(tuple),
    polygons=st.lists(words, max_size=1).map(tuple),
)
infos = st.builds(
    Info,
    event=words,
    urgency=st.sampled_from(cap.URGENCIES),
    severity=st.sampled_from(cap.SEVERITIES),
    certainty=st.sampled_from(cap.CERTAINTIES),
    categories=st.lists(st.sampled_from(cap.CATEGORIES), min_size=1, max_size=3).map(tuple),
    language=st.sampled_from(["zh-CN", "en-US", "tl"]),
    headline=texts,
    description=texts,
    instruction=texts,
    sender_name=texts,
    contact=texts,
    effective=st.none() | moments,
    onset=st.none() | moments,
    expires=st.none() | moments,
    responses=st.lists(st.sampled_from(cap.RESPONSES), max_size=2).map(tuple),
    areas=st.lists(areas, max_size=3).map(tuple),
)
references = st.lists(st.builds(Reference, sender=ids, identifier=ids, sent=moments), min_size=1, max_size=3).map(tuple)
messages = st.builds(
    Message,
    identifier=ids,
    sender=ids,
    sent=moments,
    status=st.sampled_from(cap.STATUSES),
    msg_type=st.sampled_from(cap.MSG_TYPES),
    references=references,
    note=texts,
    source=texts,
    infos=st.lists(infos, min_size=1, max_size=3).map(tuple),
)


@given(messages)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_the_same_and_fits_the_schema(message):
    data = write_message(message)
    assert read_message(data) == message
    SCHEMA.assertValid(etree.fromstring(data))


def test_the_schema_of_these_tests_finds_faults():
    wrong = XML.replace("<urgency>Immediate</urgency>", "").encode()
    assert not SCHEMA.validate(etree.fromstring(wrong))
    swapped = re.sub(r"(<status>.*</status>)(\s*)(<msgType>.*</msgType>)", r"\3\2\1", XML)
    assert swapped != XML
    assert not SCHEMA.validate(etree.fromstring(swapped.encode()))


# Hostile and broken ----------------------------------------------------------------------------------------------------


def refusal(data):
    with pytest.raises(Refused) as found:
        read_message(data if isinstance(data, bytes) else data.encode())
    return found.value.code


BODY = XML.partition("?>")[2].strip()
EXTERNAL = '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + BODY.replace("Rain", "&x;")
LAUGHS = (
    '<!DOCTYPE alert [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    + BODY.replace("Rain", "&c;")
)


@pytest.mark.parametrize(
    "data",
    [
        EXTERNAL,
        LAUGHS,
        '<!DOCTYPE alert SYSTEM "http://127.0.0.1/x.dtd">' + BODY,
        '<!doctype alert PUBLIC "a" "b">' + BODY,
        BODY.replace("Rain", "<!ENTITY x 'y'>"),
        EXTERNAL.encode("utf-16"),
        b'<?xml version="1.0" encoding="gbk"?>' + EXTERNAL.encode("gbk"),
    ],
)
def test_document_types_and_entities_are_never_read(data):
    assert refusal(data) == "document_type"


@pytest.mark.parametrize("name", ["utf-7", "utf-32", "cp037", "ebcdic-cp-us", "nonsense", "utf_16_le"])
def test_an_encoding_in_which_things_could_hide_is_refused(name):
    assert refusal(f'<?xml version="1.0" encoding="{name}"?>' + BODY) == "encoding"


def test_text_that_breaks_its_own_encoding_is_refused():
    assert refusal(BODY.replace("Rain", "暴雨").encode("gbk")) == "encoding"
    assert refusal(BODY.encode("utf-8")[:-30] + b"\xff\xfe") in ("encoding", "not_xml")


@pytest.mark.parametrize("encoding", ["gbk", "gb2312", "gb18030", "utf-8", "utf-16"])
def test_the_encodings_of_chinese_senders_are_read(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + BODY.replace("Rain", "暴雨")
    assert read_message(text.encode(encoding)).infos[0].event == "暴雨"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        ("<!DOCTYPE html><html><body>Not found</body></html>", "web_page"),
        ("<html><head/></html>", "web_page"),
        (BODY[:-20], "not_xml"),
        ("not xml at all", "not_xml"),
        ("{}", "not_xml"),
        (BODY.replace("Rain", "a\0b"), "not_xml"),
        (b"x" * (MOST_BYTES + 1), "too_large"),
        (BODY.replace("Rain", "x" * 70_000), "too_long"),
        (BODY.replace("<info>", f"<info x='{'y' * 70_000}'>"), "too_long"),
        (BODY.replace("</alert>", "<a>" * 60 + "</a>" * 60 + "</alert>"), "too_deep"),
        (BODY.replace("</alert>", "<a>" * 400 + "</a>" * 400 + "</alert>"), "not_xml"),  # the parser's own limit
        (BODY.replace("</alert>", "<a/>" * 25_000 + "</alert>"), "too_many"),
        (BODY.replace("</alert>", f"{BODY[BODY.index('<info>') : -8]}" * 60 + "</alert>"), "too_many_of"),
        ("<rss/>", "not_cap"),
        (BODY.replace("cap:1.2", "cap:1.1"), "other_version"),
        (BODY.replace("<sender>weather@example.org</sender>", ""), "lacks"),
        (BODY.replace("<identifier>M-1", "<identifier>M 1"), "bad_value"),
        (BODY.replace("<identifier>M-1</identifier>", "<identifier>M-1</identifier>" * 2), "twice"),
        (BODY.replace("Actual", "Maybe"), "bad_value"),
        (BODY.replace("Extreme", "extreme"), "bad_value"),
        (BODY.replace("<msgType>Alert", "<msgType>Update"), "no_references"),
        (BODY.replace("<scope>Public", "<scope>Private"), "lacks"),
        (BODY.replace("<category>Met</category>", ""), "lacks"),
    ],
)
def test_each_fault_has_its_name(data, code):
    assert refusal(data) == code


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-02", "2026-03-02T08:00:00", "2026-03-02 08:00:00+08:00", "2026-02-30T08:00:00+08:00", "yesterday",
        "2026-03-02T25:00:00+08:00", "2026-03-02T08:00:00+25:00", "2026-03-02T08:00:00 CST", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
    ],
)  # fmt: skip
def test_a_time_without_zone_or_that_there_is_not_is_refused(time):
    assert refusal(BODY.replace("2026-03-02T08:00:00-00:00", time)) == "bad_time"


@pytest.mark.parametrize("time", ["2026-03-02T16:00:00+08:00", "2026-03-02T08:00:00Z", "2026-03-02T08:00:00.123+00:00"])
def test_the_same_moment_in_another_zone(time):
    assert read_message(BODY.replace("2026-03-02T08:00:00-00:00", time).encode()).sent == SENT


def test_comments_and_instructions_change_nothing():
    noisy = BODY.replace("<info>", "<!-- a --><?do something?><info>")
    assert read_message(noisy.encode()) == PLAIN


@given(st.binary(max_size=300))
@settings(max_examples=80, deadline=None)
def test_whatever_comes_is_a_message_or_refused(data):
    with suppress(Refused):
        read_message(data)


# Feeds -----------------------------------------------------------------------------------------------------------------


def test_rss_is_a_list_too_and_a_message_inside_an_entry_is_read():
    rss = "<rss><channel><item><guid>g</guid><link>https://a.example/1</link><pubDate>now</pubDate></item></channel></rss>"
    assert [one.address for one in read_feed(rss.encode())] == ["https://a.example/1"]
    atom = f'<feed xmlns="{cap.ATOM}"><entry><id>e</id><content>{BODY}</content></entry><entry><id>none</id></entry></feed>'
    (one,) = read_feed(atom.encode())
    assert read_message(one.inline) == PLAIN
    with pytest.raises(Refused) as found:
        read_feed(BODY.encode())
    assert found.value.code == "not_a_feed"


# Places and urgencies ----------------------------------------------------------------------------------------------------


@given(st.sampled_from([2, 4, 6, 9, 12]), st.integers(1, 10**12 - 1))
def test_zeros_behind_a_division_code_mean_all_of_it(length, number):
    code = str(number).rjust(12, "1")[:length].replace("0", "1")
    assert shorten(code.ljust(12, "0")) == code


def test_codes_and_names_of_areas():
    area = Area("南浦街道、丁公路街道; 西湖区", geocodes=(("a", "360103000000"), ("SAME", "006109"), ("b", "３６０１")))
    assert codes_in([area]) == ["360103", "006109", "3601"]
    assert names_in([area]) == ["南浦街道", "丁公路街道", "西湖区"]


def test_an_urgency_from_outside_is_never_taken_for_slower_than_it_is():
    choices = {
        "immediate": ("Immediate", "Extreme"),
        "expected": ("Expected", "Severe"),
        "future": ("Future", "Moderate"),
    }
    for code, pair in choices.items():
        assert urgency_in(*pair, choices) == code
    assert urgency_in("Expected", "Extreme", choices) == "expected"
    assert urgency_in("Unknown", "Extreme", choices) == "immediate"
    assert urgency_in("Past", "Minor", choices) == "future"
    assert urgency_in("Unknown", "Unknown", {"only": ()}) == "only"


def test_control_characters_never_make_a_document_unreadable():
    odd = replace(PLAIN, infos=(replace(INFO, headline="a\x00\x08b\ufffe"),))
    assert read_message(write_message(odd)).infos[0].headline == "ab"
