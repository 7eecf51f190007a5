"""Kinds of task, causes of moves, outcomes."""

HOUSEHOLD_SILENCE = "household_silence"  # households of a cell that no receipt came from
POST_SILENCE = "post_silence"  # posts below that have not confirmed
VACANCY = "vacancy"  # posts below that nobody holds
DEAD_CONTACT = "dead_contact"  # a phone that answers no more
TRANSFER = "transfer"  # another community hands a household over: to be accepted or refused
CORRECTION = "correction"  # somebody says that a record is wrong: to be decided
ERASURE = "erasure"  # records whose time is over
SCREENING = "screening"  # an alert from outside that somebody must look at
QUESTION = "question"  # of a household
NEED = "need"  # what a household needs
MEANS = "means"  # contact data of somebody on the line, which failed in a drill
ASKED = (QUESTION, NEED)
TASK_KINDS = (
    HOUSEHOLD_SILENCE,
    POST_SILENCE,
    VACANCY,
    DEAD_CONTACT,
    TRANSFER,
    CORRECTION,
    ERASURE,
    SCREENING,
    MEANS,
    *ASKED,
)
LONGEST_TEXT = 500

OPENED = "opened"
HANDED_OVER = "handed_over"
CLIMBED = "climbed"
APPOINTMENT_ENDED = "appointment_ended"
RETURNED = "returned"
AWAY = "away"  # its holder is away: to who stands in, or to the level above
BACK = "back"  # who stood in does so no more
CAUSES = (OPENED, HANDED_OVER, CLIMBED, APPOINTMENT_ENDED, RETURNED, AWAY, BACK)

DONE = "done"
SUPERSEDED = "superseded"
CANCELLED = "cancelled"
OUTCOMES = (DONE, SUPERSEDED, CANCELLED)
