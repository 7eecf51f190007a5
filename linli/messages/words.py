"""The codes of this room in the user's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from linli.messages import rules

SENDERS: dict[str, Any] = {
    rules.WECOM: _("WeCom group robot"),
    rules.DINGTALK: _("DingTalk group robot"),
    rules.FEISHU: _("Feishu group robot"),
    rules.APPRISE: _("Another group or service (apprise)"),
    rules.SMTP: _("E-mail through one's mail server"),
    rules.SMS_ALIYUN: _("SMS through Aliyun"),
    rules.SMS_TENCENT: _("SMS through Tencent Cloud"),
    rules.SMS_HTTP: _("SMS through another gateway"),
    rules.WEB_PUSH: _("Notifications in the browser"),
}
CHANNELS: dict[str, Any] = {
    rules.INBOX: _("inbox"),
    rules.EMAIL: _("e-mail"),
    rules.SMS: _("SMS"),
    rules.PUSH: _("notification"),
    rules.VOICE: _("call"),
    rules.ROBOT: _("group robot"),
    "": _("nothing"),
}
STATES: dict[str, tuple[str, Any]] = {  # code → kind of badge, words
    rules.QUEUED: ("open", _("queued")),
    rules.CLAIMED: ("open", _("queued")),
    rules.TO_CALL: ("part", _("to be called")),
    rules.SENT: ("part", _("sent")),
    rules.DELIVERED: ("part", _("delivered")),
    rules.READ: ("part", _("opened")),
    rules.CONFIRMED: ("done", _("confirmed")),
    rules.FAILED: ("stop", _("not sent")),
    rules.STOPPED: ("plain", _("called back")),
}
KINDS: dict[str, Any] = {
    rules.NOTICE: _("Notice"),
    rules.REMINDER: _("Reminder"),
    rules.UPDATE: _("Update"),
    rules.CANCEL: _("Cancellation"),
    rules.TASK: _("Task"),
    rules.QUESTION: _("Question"),
    rules.ANSWER: _("Answer"),
    rules.TEST: _("Test"),
    rules.CODE: _("One-time code"),
}
FAILURES: dict[str, tuple[Any, Any]] = {  # code → why, what to do
    rules.NO_MEANS: (_("No number or address on record"), _("Knock at the door, and write a number down.")),
    rules.NO_SENDER: (_("No sender for this channel"), _("Ask the operator to set one up, then try again.")),
    rules.BAD_ADDRESS: (
        _("The number or address does not exist"),
        _("A task to mend it was opened. Try again once it is mended."),
    ),
    rules.REFUSED: (_("The provider refused the message"), _("Look at the text and the template, or call.")),
    rules.BAD_SETUP: (_("The sender is set up wrongly"), _("The operator checks keys and address, then try again.")),
    rules.THROTTLED: (_("The provider takes no more for now"), _("It is tried again by itself.")),
    rules.TIMEOUT: (_("The provider did not answer in time"), _("Try again, or call.")),
    rules.UNREACHABLE: (_("The provider could not be reached"), _("Try again, or call.")),
    rules.PROVIDER_ERROR: (_("The provider had a fault"), _("Try again, or call.")),
    rules.INNER_ADDRESS: (
        _("The address lies inside the network"),
        _("The operator allows it by LINLI_INNER_HOSTS, or corrects it."),
    ),
    rules.NO_ANSWER: (_("Nobody answered the call"), _("Knock at the door, or call again later.")),
    rules.UNKNOWN: (
        _("It may have gone out twice already"),
        _("Ask whether it arrived before you try once more."),
    ),
    rules.OVER: (_("Its time was over before it could be sent"), _("Nothing: it is not true any more.")),
    rules.NOT_THERE: (_("The account is closed"), _("Look at who holds the post now.")),
}
TEST_RESULT = _("Sent: look whether it has arrived.")


def failure_words(code: str) -> Any:
    return FAILURES.get(code, (code, ""))[0]
