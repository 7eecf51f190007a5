"""The ways out, by kind of sender. A way takes letters and gives outcomes; it knows neither people nor tables."""

from linli.messages import rules
from linli.messages.senders.base import NOT_TRIED, Config, Letter, Outcome, Way
from linli.messages.senders.gateways import Aliyun, Http, Tencent
from linli.messages.senders.mail import Smtp
from linli.messages.senders.push import WebPush
from linli.messages.senders.robots import Apprise, DingTalk, Feishu, WeCom

__all__ = ["NOT_TRIED", "Config", "Letter", "Outcome", "Way", "open_way"]


class Null:
    """Takes everything and sends nothing, to measure all that stands around the sending."""

    def __init__(self, config: Config):
        self.config = config

    def send(self, letter: Letter) -> Outcome:
        return Outcome(provider_ref=letter.ref)

    def close(self) -> None:
        """Nothing is open."""


WAYS: dict[str, type[Way]] = {
    rules.WECOM: WeCom,
    rules.DINGTALK: DingTalk,
    rules.FEISHU: Feishu,
    rules.APPRISE: Apprise,
    rules.SMTP: Smtp,
    rules.SMS_HTTP: Http,
    rules.SMS_ALIYUN: Aliyun,
    rules.SMS_TENCENT: Tencent,
    rules.WEB_PUSH: WebPush,
    rules.NULL: Null,
}


def open_way(kind: str, config: Config) -> Way:
    """Nothing is connected before the first letter."""
    return WAYS[kind](config)  # type: ignore[call-arg]
