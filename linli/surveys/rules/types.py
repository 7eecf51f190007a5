"""Types of questions, as an author writes them."""

import re
from dataclasses import dataclass

CONTROLS = {"group": "group", "lgroup": "repeat", "repeat": "repeat", "looped group": "repeat", "loop": "loop"}
ONE = ("select_one", "select one", "select1", "select one from", "add select one prompt using", "select one using")
MANY = ("select_multiple", "select all that apply", "select all that apply from", "add select multiple prompt using")
FILES = {
    "select_one_from_file": "select_one",
    "select one from file": "select_one",
    "select_multiple_from_file": "select_multiple",
    "select multiple from file": "select_multiple",
}
SELECTS = {
    **dict.fromkeys(ONE, "select_one"),
    **dict.fromkeys(MANY, "select_multiple"),
    "select_one_external": "select_one",
    "rank": "rank",
    **FILES,
}
# Filled by the machine: nobody reads a label.
SILENT = frozenset(
    {
        "start", "end", "today", "deviceid", "phonenumber", "username", "email", "simserial", "subscriberid", "audit",
        "calculate", "hidden", "start-geopoint", "background-audio", "background-geopoint", "xml-external",
        "csv-external", "start time", "end time", "get today",
    }
)  # fmt: skip
ORDINARY = frozenset(
    {
        "text", "string", "integer", "int", "decimal", "date", "time", "dateTime", "datetime", "note", "geopoint", "gps",
        "location", "geotrace", "geoshape", "photo", "image", "audio", "video", "file", "barcode", "acknowledge", "trigger",
        "range", "osm", "percentage", "phone number",
    }
)  # fmt: skip

_CONTROL = re.compile(rf"(begin|end)[\s_]({'|'.join(sorted(CONTROLS, key=len, reverse=True))})(?:\s(?:over\s)?(\S+))?")
_SELECT = re.compile(
    rf"({'|'.join(map(re.escape, sorted(SELECTS, key=len, reverse=True)))})(?:\s+(\S+))?"
    r"(\s+or[\s_]specify[\s_]other|\s+or_other)?"
)


@dataclass(frozen=True)
class Type:
    """`kind`: begin, end, select, ordinary, silent, or '' for a type that nobody knows."""

    kind: str
    name: str
    list_name: str = ""
    from_file: bool = False
    other: bool = False


def read_type(written: str) -> Type:
    text = " ".join(written.split())
    if found := _CONTROL.fullmatch(text):
        return Type(found[1], CONTROLS[found[2]], found[3] or "")
    if found := _SELECT.fullmatch(text):
        return Type("select", SELECTS[found[1]], found[2] or "", found[1] in FILES, bool(found[3]))
    if text in SILENT or text.startswith("uri:"):
        return Type("silent", text)
    if text in ORDINARY or text.startswith("osm "):
        return Type("ordinary", text)
    return Type("", text)
