"""What a notice says: in whose language, and as a text to paste into a chat group. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """A notice in one language, which may be another than the one asked for."""

    language: str
    headline: str
    body: str


def pick(texts: Mapping[str, Mapping[str, str]], language: str, fallback: str) -> Text:
    """In `language`; else in the deployment's; else in whichever there is."""
    for code in (language, fallback, *texts):
        found = texts.get(code, {})
        if found.get("headline", "").strip():
            return Text(code, found["headline"].strip(), found.get("body", "").strip())
    return Text(fallback, "", "")


def in_all(texts: Mapping[str, Mapping[str, str]], languages: Sequence[str]) -> list[Text]:
    """In every language in which it was written, those of the deployment first and in their order."""
    order = [*languages, *(code for code in texts if code not in languages)]
    return [pick({code: texts[code]}, code, code) for code in order if texts.get(code, {}).get("headline", "").strip()]


def to_paste(*, texts: Sequence[Text], asks: Mapping[str, str], place: str, link: str) -> str:
    """The text for a chat group: every language in turn, then what is asked of each household and the link, once.
    `asks` maps a language to its sentence; the first text's language speaks where one is lacking."""
    parts = []
    for one in texts:
        ask = asks.get(one.language, "")
        parts.append("\n".join(line for line in (f"【{one.headline}】", one.body, ask) if line))
    return "\n\n".join([*parts, f"{place}\n{link}" if place else link])
