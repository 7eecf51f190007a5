"""Every write on alerts."""

from linli.alerts.actions.answers import (
    acknowledge_alert,
    confirm_household,
    confirm_households,
    record_knock,
    undo_knock,
)
from linli.alerts.actions.approvals import approve_alert, find_rule, lapse_approvals, refuse_alert, take_back_alert
from linli.alerts.actions.certificates import draw_up_certificate, note_certificate_file, note_log_export
from linli.alerts.actions.doors import record_knocks, undo_knocks
from linli.alerts.actions.drills import Plan, call_off_drill, hold_drills, plan_drill, score_drill
from linli.alerts.actions.field import decide_late_record, forget_late_notes, forget_old_late_notes, store_records
from linli.alerts.actions.gateway import confirm_posts
from linli.alerts.actions.line import advance_alert
from linli.alerts.actions.links import (
    end_shared_links,
    make_household_link,
    make_household_links,
    make_shared_link,
    reopen_shared_links,
)
from linli.alerts.actions.notices import cancel_alert, draft_alert, expire_alert, issue_alert, update_alert
from linli.alerts.actions.paper import print_sheet, reveal_sheet, type_sheet
from linli.alerts.actions.redrawing import follow_redrawing, restore_places
from linli.alerts.actions.sending import BODY_MOST, HEADLINE_MOST, Notice
from linli.alerts.actions.spreading import spread_on

__all__ = [
    "BODY_MOST",
    "HEADLINE_MOST",
    "Notice",
    "Plan",
    "acknowledge_alert",
    "advance_alert",
    "approve_alert",
    "call_off_drill",
    "cancel_alert",
    "confirm_household",
    "confirm_households",
    "confirm_posts",
    "decide_late_record",
    "draft_alert",
    "draw_up_certificate",
    "end_shared_links",
    "expire_alert",
    "find_rule",
    "follow_redrawing",
    "forget_late_notes",
    "forget_old_late_notes",
    "hold_drills",
    "issue_alert",
    "lapse_approvals",
    "make_household_link",
    "make_household_links",
    "make_shared_link",
    "note_certificate_file",
    "note_log_export",
    "plan_drill",
    "print_sheet",
    "record_knock",
    "record_knocks",
    "refuse_alert",
    "reopen_shared_links",
    "restore_places",
    "reveal_sheet",
    "score_drill",
    "spread_on",
    "store_records",
    "take_back_alert",
    "type_sheet",
    "undo_knock",
    "undo_knocks",
    "update_alert",
]
