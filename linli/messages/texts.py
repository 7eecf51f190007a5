"""A message in the length and shape of each channel. Pure: languages are given, links are made by the caller.

A drill says so before anything else. What a channel could take for markup or for a call to a whole group is made plain.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

DRILL = {"zh": "【演练】", "en": "[DRILL] "}
SMS_PART, SMS_JOINED = 70, 67  # characters of a single part, and of one of several
PLAIN_PART, PLAIN_JOINED = 160, 153  # where every character is of the phones' basic alphabet
MOST_PARTS = 3
PUSH_MOST = 300
ROBOT_MOST = 1_200
_BASIC = re.compile(r"[\w @£$¥!\"#%&'()*+,\-./:;<=>?¡¿§\n]*", re.ASCII)
_ENDS = "。！？!?.\n"


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one language; the headline of a drill begins with its mark."""

    language: str
    headline: str
    body: str
    drill: bool = False


def choose(texts: Mapping[str, Mapping[str, str]], wanted: str, fallback: str, *, drill: bool = False) -> Words:
    """In the language asked for, else the deployment's, else whichever there is."""
    for code in (wanted, fallback, *texts):
        found = texts.get(code, {})
        headline = one_line(found.get("headline", ""))
        if headline:
            return Words(code, mark_drill(headline, code) if drill else headline, found.get("body", "").strip(), drill)
    return Words(fallback, "", "", drill)


def mark_drill(headline: str, language: str) -> str:
    """A headline that says first that it is a drill; marked once."""
    mark = DRILL["zh" if language.startswith("zh") else "en"]
    return headline if headline.startswith(mark.strip()) else mark + headline


def unmark_drill(headline: str, language: str) -> str:
    """The headline without its mark, for who puts words before it: the mark comes first again when it is sent."""
    return headline.removeprefix(DRILL["zh" if language.startswith("zh") else "en"].strip()).lstrip()


def one_line(text: str) -> str:
    return " ".join(text.split())


def sms_parts(text: str) -> int:
    """How many parts a phone gets it in, and a provider bills."""
    single, joined = (PLAIN_PART, PLAIN_JOINED) if _BASIC.fullmatch(text) else (SMS_PART, SMS_JOINED)
    units = len(text.encode("utf-16-le")) // 2  # a rare character counts twice
    return 1 if units <= single else -(-units // joined)


def sms(words: Words, link: str) -> str:
    """The headline and the link first, so that the first part alone can be acted on; then as much of the body as three
    parts hold, cut where a sentence ends."""
    first = f"{words.headline} {link}".strip()
    if not words.body:
        return first
    whole = f"{first}\n{words.body}"
    if sms_parts(whole) <= MOST_PARTS:
        return whole
    most = SMS_JOINED * MOST_PARTS - len(first) - 1 if not _BASIC.fullmatch(whole) else PLAIN_JOINED * MOST_PARTS
    room = most if not _BASIC.fullmatch(whole) else most - len(first) - 1
    cut = cut_at_sentence(words.body, room - (len(words.body.encode("utf-16-le")) // 2 - len(words.body)))
    return f"{first}\n{cut}" if cut else first


def cut_at_sentence(text: str, most: int) -> str:
    """Not longer than `most`: at the end of a sentence in its second half, else with an ellipsis."""
    if len(text) <= most:
        return text
    if most < 8:
        return ""
    cut = text[:most]
    at = max(cut.rfind(end) for end in _ENDS)
    return cut[: at + 1].rstrip() if at >= most // 2 else cut[: most - 1].rstrip() + "…"


_HARMLESS = str.maketrans({"<": "＜", ">": "＞", "[": "［", "]": "］", "@": "＠", "`": "ˋ", "*": "＊", "#": "＃"})


def harmless(text: str) -> str:
    """For robots: nothing that is markup, or that calls everybody in the group."""
    return text.translate(_HARMLESS)


def markdown(words: Words, link: str, read_on: str) -> str:
    body = cut_at_sentence(words.body, ROBOT_MOST)
    parts = [f"**{harmless(words.headline)}**", harmless(body), f"[{harmless(read_on)}]({link})" if link else ""]
    return "\n\n".join(part for part in parts if part)


def group_text(words: Words) -> str:
    """The body without markup, for robots that show headline and link by themselves."""
    return cut_at_sentence(words.body, ROBOT_MOST)


def mail_text(words: Words, link: str, read_on: str, closing: str) -> str:
    parts = (words.headline, words.body, f"{read_on}: {link}" if link else "", closing)
    return "\n\n".join(part for part in parts if part) + "\n"


def mail_html(words: Words, link: str, read_on: str, closing: str) -> str:
    """Escaped throughout; no image, no style sheet, nothing that is fetched."""
    lines = [f"<h1>{html.escape(words.headline)}</h1>"]
    lines += [f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in words.body.split("\n\n") if part]
    if link:
        lines.append(f'<p><a href="{html.escape(link)}">{html.escape(read_on)}</a></p>')
    if closing:
        lines.append(f"<p><small>{html.escape(closing)}</small></p>")
    return f'<!doctype html><html lang="{html.escape(words.language)}"><body>{"".join(lines)}</body></html>'


def push_text(words: Words) -> str:
    return cut_at_sentence(words.body, PUSH_MOST)
