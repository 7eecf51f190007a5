"""The grid's vocabulary in the words of the page. A test holds these tables to those of `rules`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

PERMISSION_WORDS: dict[str, Any] = {
    "places.see": _("see places and what stands on them"),
    "places.edit": _("add and change grids, cells, buildings, entrances and dwellings"),
    "posts.see": _("see who holds which post, vacancies and double bookings"),
    "posts.appoint": _("appoint holders and end appointments"),
    "register.see": _("see households and people, masked"),
    "register.edit": _("add and change households and people"),
    "register.import": _("import a roster"),
    "register.reveal": _("show a number in full, for a stated purpose"),
    "register.approve": _("approve another person's bulk reveal or export"),
    "register.protected": _("see the address of a protected person"),
    "alerts.see": _("see alerts and their coverage"),
    "alerts.issue": _("issue, update and cancel alerts"),
    "alerts.answer": _("confirm for a post, record knocks and receipts"),
    "tasks.see": _("see tasks"),
    "tasks.work": _("work on tasks and hand them over"),
    "audit.see": _("read the audit trail of one's places"),
}

BREACH_WORDS: dict[str, Any] = {
    "seats": _("More holders than the post has seats"),
    "places": _("The same post at more places than one person may hold"),
    "combination": _("Two posts that do not go together in one person"),
}

# How the audit trail's acts are called. An act without words here is shown by its own name.
ACT_WORDS: dict[str, Any] = {
    "add_organisation": _("added an organisation"),
    "appoint": _("appointed a holder"),
    "appoint_many": _("appointed holders from a list"),
    "end_appointment": _("ended an appointment"),
    "make_account": _("opened an account"),
    "make_accounts": _("opened accounts from a list"),
    "change_own_language": _("changed their language"),
    "set_password": _("set a password"),
    "make_password_link": _("made a link to set a password"),
    "set_password_by_link": _("set a password with a link"),
    "deactivate_account": _("closed an account"),
    "reactivate_account": _("opened a closed account again"),
    "set_operator": _("changed who is an operator"),
    "make_token": _("made a token"),
    "revoke_token": _("revoked a token"),
    "import_places": _("brought the official tables of places in"),
    "add_places": _("added places"),
    "rename_place": _("renamed a place"),
    "add_premises": _("added buildings, entrances or dwellings"),
    "add_dwellings": _("added dwellings"),
    "place_entrances": _("said which place holds entrances"),
    "record_vacancy_check": _("checked whether a dwelling is vacant"),
}


def act_words(act: str) -> str:
    return str(ACT_WORDS.get(act) or act.replace("_", " "))
