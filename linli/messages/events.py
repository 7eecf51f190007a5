"""Facts of messages for the rooms above."""

from dataclasses import dataclass

from linli.core.events import Fact


@dataclass(frozen=True)
class ReplyFiled(Fact):
    """Somebody wrote back. `filed_as`: confirmed, question, need or other; the source is what the message was about, both
    parts empty where the number had been sent nothing."""

    reply_id: int
    filed_as: str
    recipient_kind: str
    recipient_id: int
    source_room: str
    source_id: str
