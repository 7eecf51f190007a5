"""What messages are: kinds, states, channels, what a reply means, how long to wait. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

# Personal links -------------------------------------------------------------------------------------------------------

HOUSEHOLD = "household"  # one household sees its notices and confirms them
SHARED = "shared"  # the chat group of a place: a household names its door and proves itself by four digits
PURPOSES = (HOUSEHOLD, SHARED)

ITSELF = "itself"
RELATIVE = "relative"

# Dispatches -----------------------------------------------------------------------------------------------------------

NOTICE, REMINDER, UPDATE, CANCEL, TASK, QUESTION, ANSWER, TEST, CODE = (
    "notice",
    "reminder",
    "update",
    "cancel",
    "task",
    "question",
    "answer",
    "test",
    "code",
)
KINDS = (NOTICE, REMINDER, UPDATE, CANCEL, TASK, QUESTION, ANSWER, TEST, CODE)
ASKED_FOR = frozenset({TEST, CODE})  # somebody waits for it with the phone in hand: no quiet hours

ACCOUNT, GROUP = "account", "group"  # HOUSEHOLD stands above; a group is a robot in a place's chat group, by its sender
PERSON = "person"  # one resident by their own phone: only for a code, everything else is a household's
RECIPIENTS = (ACCOUNT, HOUSEHOLD, GROUP, PERSON)


@dataclass(frozen=True)
class Sending:
    """What is to be said. `texts`: language → headline, body. `source`: (room, id) of what it is about; `url`: where an
    account reads on, from '/'. A message whose end has passed is not sent any more."""

    source: tuple[str, str]
    kind: str
    texts: Mapping[str, Mapping[str, str]]
    urgency: str = ""
    expires_at: datetime | None = None
    path: str = ""
    drill: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to tell: an account, a household or a group, and the path of the place that it is about."""

    kind: str
    id: int
    path: str = ""


# States of one delivery -----------------------------------------------------------------------------------------------

QUEUED = "queued"
CLAIMED = "claimed"  # a worker has it in hand
TO_CALL = "to_call"  # on the list of a person who telephones
SENT = "sent"  # a provider took it
DELIVERED = "delivered"
READ = "read"  # its link was opened
CONFIRMED = "confirmed"
FAILED = "failed"
STOPPED = "stopped"  # called back before it was sent

# State → the states it may go to.
STATES: dict[str, tuple[str, ...]] = {
    QUEUED: (CLAIMED, STOPPED, CONFIRMED, READ, FAILED),
    CLAIMED: (QUEUED, TO_CALL, SENT, FAILED, STOPPED, CONFIRMED, READ),
    TO_CALL: (QUEUED, DELIVERED, FAILED, STOPPED, CONFIRMED, READ),
    SENT: (DELIVERED, READ, CONFIRMED, FAILED, QUEUED),
    DELIVERED: (READ, CONFIRMED),
    READ: (CONFIRMED,),
    FAILED: (QUEUED, CONFIRMED, READ),
    STOPPED: (CONFIRMED,),
    CONFIRMED: (),
}
UNREAD = (QUEUED, SENT, DELIVERED, FAILED)  # opened meanwhile: whatever a provider says, it has arrived
WAITING = (QUEUED, CLAIMED, TO_CALL)

# Why a delivery failed: a closed list.
NO_MEANS = "no_means"  # nothing but a knock reaches them
NO_SENDER = "no_sender"  # no sender of this channel for their place
BAD_ADDRESS = "bad_address"  # the number or address does not exist
REFUSED = "refused"  # the provider refused the text or the account
BAD_SETUP = "bad_setup"  # wrong key, signature or address of the sender
THROTTLED = "throttled"
TIMEOUT = "timeout"
UNREACHABLE = "unreachable"
PROVIDER_ERROR = "provider_error"
INNER_ADDRESS = "inner_address"
NO_ANSWER = "no_answer"  # of a call
UNKNOWN = "unknown"  # the worker ended twice while it was in hand
OVER = "expired"
NOT_THERE = "not_there"  # the account is closed, the household has left
FAILURES = (
    NO_MEANS,
    NO_SENDER,
    BAD_ADDRESS,
    REFUSED,
    BAD_SETUP,
    THROTTLED,
    TIMEOUT,
    UNREACHABLE,
    PROVIDER_ERROR,
    INNER_ADDRESS,
    NO_ANSWER,
    UNKNOWN,
    OVER,
    NOT_THERE,
)
PASSING = frozenset({THROTTLED, TIMEOUT, UNREACHABLE, PROVIDER_ERROR})  # worth another try by the same means
SENDERS_FAULT = frozenset({BAD_SETUP, TIMEOUT, UNREACHABLE, PROVIDER_ERROR, INNER_ADDRESS})  # these open the breaker

# Channels and the senders that serve them -----------------------------------------------------------------------------

INBOX, EMAIL, SMS, PUSH, VOICE, ROBOT = "inbox", "email", "sms", "push", "voice", "robot"
CHANNELS = (INBOX, EMAIL, SMS, PUSH, VOICE, ROBOT)
OWN_MEANS = (PUSH, SMS, EMAIL, VOICE)  # of an account, in the order in which they are tried where nothing was chosen

WECOM, DINGTALK, FEISHU, APPRISE = "wecom", "dingtalk", "feishu", "apprise"
SMTP, WEB_PUSH, NULL = "smtp", "web_push", "null"
SMS_HTTP, SMS_ALIYUN, SMS_TENCENT = "sms_http", "sms_aliyun", "sms_tencent"
SENDER_CHANNEL: dict[str, str] = {
    WECOM: ROBOT,
    DINGTALK: ROBOT,
    FEISHU: ROBOT,
    APPRISE: ROBOT,
    SMTP: EMAIL,
    SMS_HTTP: SMS,
    SMS_ALIYUN: SMS,
    SMS_TENCENT: SMS,
    WEB_PUSH: PUSH,
}
ROBOTS = tuple(kind for kind, channel in SENDER_CHANNEL.items() if channel == ROBOT)
# Messages a minute where nothing else is known: what each provider takes, with a little room.
PER_MINUTE = {WECOM: 18, DINGTALK: 18, FEISHU: 90, APPRISE: 30, SMTP: 300, WEB_PUSH: 3000}
PER_MINUTE_ELSE = 1_200

# Time -----------------------------------------------------------------------------------------------------------------

MOST_TRIES = 4  # by one means, for what passes
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=15)
SLACK = timedelta(
    seconds=30
)  # how far a moment written down may lie ahead before the clock is taken to have stepped back
BREAKS_AFTER = 5  # failures in a row
BREAK = timedelta(minutes=2)
LONGEST_BREAK = timedelta(minutes=30)
LINK_LASTS = {HOUSEHOLD: timedelta(days=180), SHARED: timedelta(days=7)}
REPLY_TO = timedelta(days=7)  # a reply answers what was sent within so long


CODE_LASTS = timedelta(minutes=10)
CODE_MARK = "[code]"  # stands in a text for the code, which is written in when it is sent, and stored nowhere


def wait_before(tries: int, chance: float, retry_after_s: float = 0) -> timedelta:
    """Before the next try by the same means: doubling, spread by `chance` (0 to 1) so that a thousand that failed
    together don't come back together; never sooner than the provider asked for, within a day."""
    doubled = min(FIRST_WAIT * 2 ** max(0, tries - 1), LONGEST_WAIT)
    return max(doubled * (0.5 + chance / 2), timedelta(seconds=min(max(retry_after_s, 0), 86_400)))


def quiet_end(local: datetime, begins: time, ends: time) -> datetime | None:
    """When the quiet hours that hold at this local moment end, or None outside them. They may pass midnight."""
    if begins == ends:
        return None
    at = local.time()
    inside = begins <= at < ends if begins < ends else (at >= begins or at < ends)
    if not inside:
        return None
    end = local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return end if at < ends else end + timedelta(days=1)


def break_for(failures: int) -> timedelta | None:
    """How long a sender rests after so many failures in a row; None: it goes on."""
    if failures < BREAKS_AFTER:
        return None
    return min(BREAK * 2 ** (failures - BREAKS_AFTER), LONGEST_BREAK)


def is_resting(until: datetime | None, now: datetime) -> bool:
    """Is a breaker open? One that would rest longer than any does was set by a clock that has stepped back since."""
    return until is not None and now < until <= now + LONGEST_BREAK + SLACK


def refill(tokens: float, elapsed_s: float, per_minute: int) -> float:
    """A bucket that fills evenly and holds what may go out in ten seconds, one at the least. A clock that stepped back
    gives nothing and takes nothing."""
    most = max(1.0, per_minute / 6)
    return min(most, tokens + max(0.0, elapsed_s) * per_minute / 60)


# Replies --------------------------------------------------------------------------------------------------------------

AS_CONFIRMED, AS_QUESTION, AS_NEED, AS_OTHER = "confirmed", "question", "need", "other"
FILED = (AS_CONFIRMED, AS_QUESTION, AS_NEED, AS_OTHER)
_YES = re.compile(
    r"(1|ok|okay|yes|y|收到|已收到|已收到了|收到了|知道了|已知|已阅|好|好的|确认|已确认|received|confirmed|oo|opo|"
    r"natanggap)([,，、]?(谢谢|感谢|thanks|thank you|salamat|po))?"
)
_ASKS = re.compile(
    r"(吗|么|呢|什么|为什么|怎么|怎样|如何|多久|多少|几点|哪里|哪儿|哪个|谁|是否|能不能|可不可以|可以不|"
    r"\b(when|where|who|what|why|how|which|is it|can i|may i|do i|kailan|saan|sino|ano|bakit|paano)\b)"
)
_NEEDS = re.compile(
    r"(需要|急需|缺|没有(米|菜|药|水|吃|奶)|没药|断药|没吃|买药|买菜|帮忙|帮助|救|求助|生病|发烧|发热|不舒服|受伤|摔|"
    r"\b(need|help|sick|ill|fever|medicine|food|milk|ambulance|kailangan|tulong|gamot|lagnat)\b)"
)
_NOT_NEEDED = re.compile(r"(不需要|无需|不用帮|没有需要|no need|don't need|do not need)")


def file_reply(text: str) -> str:
    """What a reply is. A need comes before a question ('where can I get medicine?' needs somebody), a plain yes before
    both; whatever is unclear is for a person to read."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    bare = plain.strip(" .。!！~,，[]【】「」\"'")
    if _YES.fullmatch(bare):
        return AS_CONFIRMED
    if _NEEDS.search(plain) and not _NOT_NEEDED.search(plain):
        return AS_NEED
    if plain.rstrip(" .。!！").endswith("?") or _ASKS.search(plain):
        return AS_QUESTION
    return AS_OTHER
