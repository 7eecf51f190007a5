from django.urls import path

from linli.residents.views import changes, register, reveals, rosters

HOUSEHOLD = "register/households/<int:household_id>"
PERSON = "register/people/<int:person_id>"
ROSTER = "register/import/<uuid:upload_id>"

urlpatterns = [
    path("register/", register.household_list, name="household-list"),
    path("register/groups", register.group_overview, name="group-overview"),
    path("register/departed", register.departed, name="departed"),
    path("register/households/new", changes.add_household, name="household-add"),
    path(HOUSEHOLD, register.household, name="household"),
    path(f"{HOUSEHOLD}/change", changes.change_household, name="household-change"),
    path(f"{HOUSEHOLD}/move", changes.move_household, name="household-move"),
    path(f"{HOUSEHOLD}/depart", changes.depart_household, name="household-depart"),
    path(f"{HOUSEHOLD}/people/new", changes.add_person, name="person-add"),
    path(f"{HOUSEHOLD}/answerers/new", changes.name_answerer, name="answerer-name"),
    path(f"{HOUSEHOLD}/answerers/end", changes.end_answerer, name="answerer-end"),
    path(f"{HOUSEHOLD}/answerers/<int:answerer_id>/show", reveals.reveal_answerer, name="answerer-reveal"),
    path(PERSON, register.person, name="person"),
    path(f"{PERSON}/change", changes.change_person, name="person-change"),
    path(f"{PERSON}/move", changes.move_person, name="person-move"),
    path(f"{PERSON}/depart", changes.depart_person, name="person-depart"),
    path(f"{PERSON}/mark", changes.mark_group, name="person-mark"),
    path(f"{PERSON}/unmark", changes.unmark_group, name="person-unmark"),
    path(f"{PERSON}/phone", changes.record_phone, name="person-phone"),
    path(f"{PERSON}/show", reveals.reveal_person, name="person-reveal"),
    path("register/grants", reveals.grants, name="grant-list"),
    path("register/grants/ask", reveals.ask_grant, name="grant-ask"),
    path("register/grants/<int:grant_id>/decide", reveals.decide_grant, name="grant-decide"),
    path("register/export", reveals.export, name="register-export"),
    path("register/import", rosters.upload, name="roster-upload"),
    path("register/import/template", rosters.template, name="roster-template"),
    path(ROSTER, rosters.roster, name="roster"),
    path(f"{ROSTER}/state", rosters.roster_part, name="roster-state"),
    path(f"{ROSTER}/start", rosters.start, name="roster-start"),
    path(f"{ROSTER}/drop", rosters.drop, name="roster-drop"),
    path(f"{ROSTER}/errors", rosters.errors, name="roster-errors"),
]
