"""What every way out has in common: a letter goes in, an outcome comes out. Nothing here touches the database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from linli.core.outward import INNER, REDIRECTED, TIMEOUT, Answer, OutwardError, fetch
from linli.messages import rules

SEND_TIMEOUT_S = 10.0
MOST_ANSWER = 100_000
Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, ready: which of these texts a sender takes is its own business."""

    id: int
    to: str = ""  # e-mail address, phone in E.164, subscription of a browser; empty for a robot
    ref: str = ""  # ours, which some providers give back
    language: str = ""
    subject: str = ""
    plain: str = ""
    html: str = ""
    markdown: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a letter. Without a failure a provider took it."""

    failure: str = ""
    provider_ref: str = ""
    retry_after_s: float = 0.0
    handed_on: bool = True  # False: not even tried, for the sender had failed too often just before

    @property
    def ok(self) -> bool:
        return self.handed_on and not self.failure


NOT_TRIED = Outcome(handed_on=False)


class Way(Protocol):
    """An open way out: letters one after another, then close."""

    def send(self, letter: Letter) -> Outcome: ...

    def close(self) -> None: ...


class Refused(Exception):
    """Raised inside a sender; becomes its outcome."""

    def __init__(self, failure: str, retry_after_s: float = 0.0):
        super().__init__(failure)
        self.outcome = Outcome(failure, retry_after_s=retry_after_s)


_FAILURES = {TIMEOUT: rules.TIMEOUT, INNER: rules.INNER_ADDRESS, REDIRECTED: rules.BAD_SETUP}


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Raises Refused for what never got an answer, and for answers that say what is wrong by their status alone."""
    try:
        answer = fetch(url, method="POST", headers=headers, body=body, timeout_s=SEND_TIMEOUT_S, most_bytes=MOST_ANSWER)
    except OutwardError as error:
        raise Refused(_FAILURES.get(error.code, rules.UNREACHABLE)) from None
    check_status(answer)
    return answer


def check_status(answer: Answer) -> None:
    if answer.status == 429:
        raise Refused(rules.THROTTLED, retry_after(answer.headers))
    if answer.status == 503 and "retry-after" in answer.headers:
        raise Refused(rules.PROVIDER_ERROR, retry_after(answer.headers))
    if answer.status in {401, 403, 404, 405, 407} or 300 <= answer.status < 400:
        raise Refused(rules.BAD_SETUP)
    if answer.status >= 500 or answer.status == 408:
        raise Refused(rules.PROVIDER_ERROR)
    if answer.status >= 400:
        raise Refused(rules.REFUSED)


def retry_after(headers: Mapping[str, str]) -> float:
    text = headers.get("retry-after", "").strip()
    return float(text) if text.isdigit() else 0.0


def post_json(url: str, content: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The answer as an object; an answer that is none counts as a fault of the provider."""
    body = json.dumps(content, ensure_ascii=False).encode()
    answer = post(url, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})
    return read_object(answer)


def read_object(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body or b"{}")
    except ValueError:
        raise Refused(rules.PROVIDER_ERROR) from None
    if not isinstance(found, dict):
        raise Refused(rules.PROVIDER_ERROR)
    return found


class Simple:
    """A way without a connection of its own: the thread's session keeps those of the web."""

    def __init__(self, config: Config):
        self.config = config

    def send(self, letter: Letter) -> Outcome:
        try:
            return Outcome(provider_ref=self.hand_over(letter)[:80])
        except Refused as refused:
            return refused.outcome

    def hand_over(self, letter: Letter) -> str:
        """Send it; gives the provider's reference. Raises Refused."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is kept open."""
