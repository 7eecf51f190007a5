"""Robots of chat groups. WeCom, DingTalk and Feishu answer 200 with an error inside, which apprise takes for a success: so
these three are asked directly. The hundred others go through apprise, under the same guard."""

import base64
import hashlib
import hmac
import logging
from typing import Any
from urllib.parse import quote_plus, urlsplit, urlunsplit

from linli.core import clock
from linli.core.outward import guarded
from linli.messages import rules
from linli.messages.senders.base import Config, Letter, Outcome, Refused, Simple, post_json

WECOM_BYTES = 4_000
WECOM_SLOW, DINGTALK_SLOW, FEISHU_SLOW = {45009, 45033}, {130101, 410100}, {11232, 9499, 99991400}
DINGTALK_BUSY, WECOM_BUSY = {-1, 430102}, {-1}


def _judge(code: int, slow: set[int], busy: set[int]) -> None:
    if code == 0:
        return
    if code in slow:
        raise Refused(rules.THROTTLED, 60)
    raise Refused(rules.PROVIDER_ERROR if code in busy else rules.BAD_SETUP)


def _code(found: dict[str, Any], *names: str) -> int:
    for name in names:
        if name in found:
            try:
                return int(found[name])
            except (TypeError, ValueError):
                break
    raise Refused(rules.PROVIDER_ERROR)


def cut_bytes(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


class WeCom(Simple):
    def hand_over(self, letter: Letter) -> str:
        content = {"msgtype": "markdown", "markdown": {"content": cut_bytes(letter.markdown, WECOM_BYTES)}}
        _judge(_code(post_json(self.config["url"], content), "errcode"), WECOM_SLOW, WECOM_BUSY)
        return ""


class DingTalk(Simple):
    def hand_over(self, letter: Letter) -> str:
        content = {"msgtype": "markdown", "markdown": {"title": letter.subject, "text": letter.markdown}}
        found = post_json(sign_dingtalk(self.config["url"], self.config.get("secret", ""), _ms()), content)
        _judge(_code(found, "errcode"), DINGTALK_SLOW, DINGTALK_BUSY)
        return ""


def _ms() -> int:
    return int(clock.now().timestamp() * 1000)


def sign_dingtalk(url: str, secret: str, ms: int) -> str:
    """The robot's address with its signature: HMAC-SHA256 of time and secret, under the secret."""
    if not secret:
        return url
    digest = hmac.new(secret.encode(), f"{ms}\n{secret}".encode(), hashlib.sha256).digest()
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, f"timestamp={ms}", f"sign={_quoted(digest)}") if part)
    return urlunsplit(parts._replace(query=query))


def _quoted(digest: bytes) -> str:
    return quote_plus(base64.b64encode(digest).decode())


class Feishu(Simple):
    def hand_over(self, letter: Letter) -> str:
        line: list[list[dict[str, str]]] = [[{"tag": "text", "text": letter.plain}]]
        if letter.link:
            line.append([{"tag": "a", "text": letter.link, "href": letter.link}])
        language = "zh_cn" if letter.language.startswith("zh") else "en_us"
        content: dict[str, Any] = {
            "msg_type": "post",
            "content": {"post": {language: {"title": letter.subject, "content": line}}},
        }
        if self.config.get("secret"):
            seconds = _ms() // 1000
            content |= {"timestamp": str(seconds), "sign": sign_feishu(self.config["secret"], seconds)}
        _judge(_code(post_json(self.config["url"], content), "code", "StatusCode"), FEISHU_SLOW, set())
        return ""


def sign_feishu(secret: str, seconds: int) -> str:
    """HMAC-SHA256 of nothing, under time and secret."""
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


class Apprise:
    """One service of apprise, by its address there. It tells only whether it worked."""

    def __init__(self, config: Config):
        self.service = _service(config["url"])

    def send(self, letter: Letter) -> Outcome:
        if self.service is None:
            return Outcome(rules.BAD_SETUP)
        with guarded() as watch:
            text = "\n".join(part for part in (letter.plain, letter.link) if part)
            try:
                done = self.service.notify(body=text or letter.subject, title=letter.subject)
            except Exception:  # a hundred plug-ins raise what they like; the letter must not be lost for it
                done = False
        if done:
            return Outcome()
        return Outcome(rules.INNER_ADDRESS if watch.refused else rules.PROVIDER_ERROR)

    def close(self) -> None:
        self.service = None


def is_apprise_address(url: str) -> bool:
    return _service(url) is not None


def _service(url: str) -> Any:
    import apprise  # half a second: only where a sender of it is used

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses, and these hold keys
    return apprise.Apprise.instantiate(url, suppress_exceptions=True)
