"""CAP and Atom from outside, read with suspicion: no document type, no entities, nothing external, bounded in size, depth
and number. Every fault is a Refused that names the element and the line.

The text is decoded here and not by the XML parser: a parser that follows an unknown encoding is one that a document type
can be hidden from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from linli.exchange.rules.cap import ATOM, LISTS, NAMESPACE, Area, Info, Message, Reference, Refused, check, same_moment

MOST_BYTES = 1_000_000
MOST_ELEMENTS, MOST_DEPTH, MOST_TEXT = 20_000, 24, 60_000
MOST_INFOS, MOST_AREAS, MOST_ENTRIES = 50, 1_000, 500
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
}
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,400}\?>")
_DTD = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?([+-]\d\d:\d\d|Z)$")
_NO_XML = re.compile(r"<(!doctype\s+html|html)[\s>]", re.IGNORECASE)


def parse(data: bytes) -> Any:
    """The root of a document that is safe to walk through. Raises Refused."""
    if len(data) > MOST_BYTES:
        raise Refused("too_large", most=MOST_BYTES // 1_000)
    text = _decoded(data)
    if _NO_XML.search(text[:2_000]):
        raise Refused("web_page")
    if _DTD.search(text):
        raise Refused("document_type")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise Refused("not_xml", line=error.lineno or 1) from None
    _check_shape(root)
    return root


def _decoded(data: bytes) -> str:
    """As text without its declaration. Raises Refused for an encoding that is not known or not kept to."""
    if not data.strip():
        raise Refused("empty")
    declared = _DECLARED.match(data[:400])
    name = declared.group(1).decode().lower() if declared else "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif name in ENCODINGS:
        encoding = ENCODINGS[name]
    else:
        raise Refused("encoding", name=name)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise Refused("encoding", name=name) from None
    return _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)


def _check_shape(root: Any) -> None:
    level = deepest = 0
    for count, (event, one) in enumerate(etree.iterwalk(root, events=("start", "end"))):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
        if count > 2 * MOST_ELEMENTS:
            raise Refused("too_many", most=MOST_ELEMENTS)
        if len(one.text or "") > MOST_TEXT or any(len(value) > MOST_TEXT for value in one.attrib.values()):
            raise Refused("too_long", element=_local(one))
    if deepest > MOST_DEPTH:
        raise Refused("too_deep", most=MOST_DEPTH)


def _local(one: Any) -> str:
    return etree.QName(one).localname if isinstance(one.tag, str) else ""


# A message -----------------------------------------------------------------------------------------------------------


def read_message(data: bytes) -> Message:
    """Raises Refused."""
    return message_of(parse(data))


def message_of(root: Any) -> Message:
    name = etree.QName(root)
    if name.localname != "alert" or not (name.namespace or "").startswith("urn:oasis:names:tc:emergency:cap:"):
        raise Refused("not_cap", element=name.localname[:40])
    if name.namespace != NAMESPACE:
        raise Refused("other_version", version=str(name.namespace).rpartition(":")[2][:10])
    found = Message(
        identifier=_need(root, "identifier"),
        sender=_need(root, "sender"),
        sent=_need_time(root, "sent"),
        status=_need_listed(root, "status"),
        msg_type=_need_listed(root, "msgType"),
        scope=_need_listed(root, "scope"),
        source=_text(root, "source"),
        restriction=_text(root, "restriction"),
        addresses=_text(root, "addresses"),
        codes=tuple(_texts(root, "code")),
        note=_text(root, "note"),
        references=tuple(_references(_text(root, "references"))),
        incidents=_text(root, "incidents"),
        infos=tuple(_info(one) for one in _few(root, "info", MOST_INFOS)),
    )
    check(found)
    return found


def _children(one: Any, name: str) -> Iterator[Any]:
    return one.iterchildren(f"{{{NAMESPACE}}}{name}")


def _few(one: Any, name: str, most: int) -> list[Any]:
    found = list(_children(one, name))
    if len(found) > most:
        raise Refused("too_many_of", element=name, most=most)
    return found


def _texts(one: Any, name: str) -> list[str]:
    return [(child.text or "").strip() for child in _children(one, name)]


def _text(one: Any, name: str) -> str:
    found = _texts(one, name)
    if len(found) > 1:
        raise Refused("twice", element=name)
    return found[0] if found else ""


def _need(one: Any, name: str) -> str:
    found = _text(one, name)
    if not found:
        raise Refused("lacks", element=name)
    return found


def _listed(name: str, value: str) -> str:
    if value not in LISTS[name]:
        raise Refused("bad_value", element=name, value=value[:40])
    return value


def _need_listed(one: Any, name: str) -> str:
    return _listed(name, _need(one, name))


def read_time(text: str, element: str) -> datetime:
    """A moment with its time zone. Raises Refused for one without, or for a day that there is not."""
    found = _TIME.match(text)
    if not found:
        raise Refused("bad_time", element=element, value=text[:40])
    zone = "+00:00" if found.group(2) == "Z" else found.group(2)
    try:
        return same_moment(datetime.fromisoformat(found.group(1) + zone))
    except (ValueError, OverflowError):
        raise Refused("bad_time", element=element, value=text[:40]) from None


def _need_time(one: Any, name: str) -> datetime:
    return read_time(_need(one, name), name)


def _time(one: Any, name: str) -> datetime | None:
    found = _text(one, name)
    return read_time(found, name) if found else None


def _references(text: str) -> Iterator[Reference]:
    for part in text.split():
        words = part.split(",")
        if len(words) != 3 or not all(words):
            raise Refused("bad_value", element="references", value=part[:40])
        yield Reference(words[0], words[1], read_time(words[2], "references"))


def _info(one: Any) -> Info:
    return Info(
        language=_text(one, "language") or "en-US",
        categories=tuple(_listed("category", value) for value in _texts(one, "category")) or _lacks("category"),
        event=_need(one, "event"),
        responses=tuple(_listed("responseType", value) for value in _texts(one, "responseType")),
        urgency=_need_listed(one, "urgency"),
        severity=_need_listed(one, "severity"),
        certainty=_need_listed(one, "certainty"),
        effective=_time(one, "effective"),
        onset=_time(one, "onset"),
        expires=_time(one, "expires"),
        sender_name=_text(one, "senderName"),
        headline=_text(one, "headline"),
        description=_text(one, "description"),
        instruction=_text(one, "instruction"),
        web=_text(one, "web"),
        contact=_text(one, "contact"),
        areas=tuple(_area(part) for part in _few(one, "area", MOST_AREAS)),
    )


def _lacks(element: str) -> Any:
    raise Refused("lacks", element=element)


def _area(one: Any) -> Area:
    codes = [(_need(part, "valueName"), _text(part, "value")) for part in _few(one, "geocode", MOST_AREAS)]
    return Area(
        desc=_need(one, "areaDesc"),
        geocodes=tuple(codes),
        polygons=tuple(_texts(one, "polygon")),
        circles=tuple(_texts(one, "circle")),
    )


# A feed --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A line of a feed: what it calls itself, when it was last changed, and where its message is (or the message itself)."""

    key: str
    updated: str
    address: str
    inline: bytes = b""


def read_feed(data: bytes) -> list[Entry]:
    """The entries of an Atom or RSS feed in its order; those without a message are left out. Raises Refused."""
    root = parse(data)
    name = etree.QName(root)
    if name.localname == "feed" and name.namespace == ATOM:
        rows = [_atom_entry(one) for one in root.iterchildren(f"{{{ATOM}}}entry")]
    elif name.localname == "rss":
        rows = [_rss_item(one) for one in root.iter("item")]
    else:
        raise Refused("not_a_feed", element=name.localname[:40])
    if len(rows) > MOST_ENTRIES:
        raise Refused("too_many_of", element="entry", most=MOST_ENTRIES)
    return [one for one in rows if one.address or one.inline]


def _atom_entry(one: Any) -> Entry:
    key = (one.findtext(f"{{{ATOM}}}id") or "").strip()[:500]
    updated = (one.findtext(f"{{{ATOM}}}updated") or "").strip()[:40]
    inner = next(iter(one.iterfind(f"{{{ATOM}}}content/{{{NAMESPACE}}}alert")), None)
    links = [
        link for link in one.iterfind(f"{{{ATOM}}}link") if link.get("rel", "alternate") in ("alternate", "enclosure")
    ]
    best = sorted(links, key=lambda link: "cap" not in link.get("type", ""))
    address = best[0].get("href", "").strip() if best else ""
    return Entry(key or address, updated, address[:1_000], etree.tostring(inner) if inner is not None else b"")


def _rss_item(one: Any) -> Entry:
    address = (one.findtext("link") or "").strip()[:1_000]
    key = (one.findtext("guid") or "").strip()[:500]
    return Entry(key or address, (one.findtext("pubDate") or "").strip()[:60], address)
