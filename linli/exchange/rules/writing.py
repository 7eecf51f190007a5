"""CAP and Atom as XML. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from linli.exchange.rules.cap import ATOM, ATOM_TYPE, CAP_TYPE, NAMESPACE, Area, Info, Message, Reference

# What XML 1.0 can't hold, whatever a keyboard or a spreadsheet left in a text.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def show_time(at: datetime) -> str:
    """With the offset, never 'Z': the standard forbids letters for time zones and writes UTC as -00:00."""
    text = at.replace(microsecond=0).isoformat()
    return text[:-6] + "-00:00" if text.endswith("+00:00") else text


def show_reference(one: Reference) -> str:
    return f"{one.sender},{one.identifier},{show_time(one.sent)}"


def clean(text: str) -> str:
    """Without what XML can't hold, and with the ends of lines that it reads back: forms send the others."""
    return _NO_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def write_message(message: Message) -> bytes:
    """In the order of the schema; what is empty is left out."""
    return as_bytes(tree_of(message))


def tree_of(message: Message) -> Any:
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    _put(root, "identifier", message.identifier)
    _put(root, "sender", message.sender)
    _put(root, "sent", show_time(message.sent))
    _put(root, "status", message.status)
    _put(root, "msgType", message.msg_type)
    _put(root, "source", message.source)
    _put(root, "scope", message.scope)
    _put(root, "restriction", message.restriction)
    _put(root, "addresses", message.addresses)
    _put_all(root, "code", message.codes)
    _put(root, "note", message.note)
    _put(root, "references", " ".join(show_reference(one) for one in message.references))
    _put(root, "incidents", message.incidents)
    for info in message.infos:
        _put_info(root, info)
    etree.indent(root)  # people read it too
    return root


def as_bytes(root: Any) -> bytes:
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return made


def _put(parent: Any, name: str, text: str) -> None:
    if text:
        etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = clean(text)


def _put_all(parent: Any, name: str, texts: Iterable[str]) -> None:
    for text in texts:
        _put(parent, name, text)


def _put_time(parent: Any, name: str, at: datetime | None) -> None:
    if at is not None:
        _put(parent, name, show_time(at))


def _put_info(root: Any, info: Info) -> None:
    part = etree.SubElement(root, f"{{{NAMESPACE}}}info")
    _put(part, "language", info.language)
    _put_all(part, "category", info.categories)
    _put(part, "event", info.event)
    _put_all(part, "responseType", info.responses)
    _put(part, "urgency", info.urgency)
    _put(part, "severity", info.severity)
    _put(part, "certainty", info.certainty)
    _put_time(part, "effective", info.effective)
    _put_time(part, "onset", info.onset)
    _put_time(part, "expires", info.expires)
    _put(part, "senderName", info.sender_name)
    _put(part, "headline", info.headline)
    _put(part, "description", info.description)
    _put(part, "instruction", info.instruction)
    _put(part, "web", info.web)
    _put(part, "contact", info.contact)
    for area in info.areas:
        _put_area(part, area)


def _put_area(parent: Any, area: Area) -> None:
    part = etree.SubElement(parent, f"{{{NAMESPACE}}}area")
    _put(part, "areaDesc", area.desc)
    _put_all(part, "polygon", area.polygons)
    _put_all(part, "circle", area.circles)
    for name, value in area.geocodes:
        if not value:
            continue
        code = etree.SubElement(part, f"{{{NAMESPACE}}}geocode")
        _put(code, "valueName", name)
        _put(code, "value", value)


@dataclass(frozen=True)
class FeedEntry:
    """A message in the list: its id, title and summary in the language of the feed, and its address."""

    key: str
    title: str
    summary: str
    address: str
    published: datetime
    updated: datetime


def write_feed(
    *, key: str, title: str, author: str, address: str, language: str, updated: datetime, entries: Sequence[FeedEntry]
) -> bytes:
    """An Atom feed of CAP messages."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", language)
    _atom(root, "id", key)
    _atom(root, "title", title)
    _atom(root, "updated", updated.replace(microsecond=0).isoformat())
    _link(root, "self", ATOM_TYPE, address)
    _atom(etree.SubElement(root, f"{{{ATOM}}}author"), "name", author)
    for one in entries:
        part = etree.SubElement(root, f"{{{ATOM}}}entry")
        _atom(part, "id", one.key)
        _atom(part, "title", one.title)
        _atom(part, "updated", one.updated.replace(microsecond=0).isoformat())
        _atom(part, "published", one.published.replace(microsecond=0).isoformat())
        _link(part, "alternate", CAP_TYPE, one.address)
        _atom(part, "summary", one.summary)
    return as_bytes(root)


def _atom(parent: Any, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = clean(text)


def _link(parent: Any, rel: str, kind: str, address: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, type=kind, href=address)
