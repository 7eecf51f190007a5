from django.urls import path

from linli.alerts.views import certificate, compose, copying, doors, log, maps, office, public

urlpatterns = [
    # Open to everybody.
    path("verify/", certificate.ask, name="verify-ask"),
    path("verify/<str:code>", certificate.verify, name="verify"),
    # The office.
    path("alerts/", office.index, name="alert-list"),
    path("alerts/new", compose.new, name="alert-new"),
    path("alerts/new/places", compose.places, name="alert-places"),
    path("alerts/<uuid:alert_id>", office.picture, name="alert"),
    path("alerts/<uuid:alert_id>/edit", compose.edit, name="alert-edit"),
    path("alerts/<uuid:alert_id>/preview", compose.preview, name="alert-preview"),
    path("alerts/<uuid:alert_id>/issue", compose.issue, name="alert-issue"),
    path("alerts/<uuid:alert_id>/update", compose.update, name="alert-update"),
    path("alerts/<uuid:alert_id>/cancel", compose.cancel, name="alert-cancel"),
    path("alerts/<uuid:alert_id>/acknowledge", compose.acknowledge, name="alert-acknowledge"),
    path("alerts/<uuid:alert_id>/places/<str:code>", office.picture, name="alert-place"),
    path("alerts/<uuid:alert_id>/map", maps.alert_map, name="alert-map"),
    path("alerts/<uuid:alert_id>/map/figures", maps.alert_map_figures, name="alert-map-figures"),
    path("alerts/<uuid:alert_id>/bar", office.bar, name="alert-bar"),
    path("alerts/<uuid:alert_id>/figures", office.figures, name="alert-figures"),
    path("alerts/<uuid:alert_id>/evidence", office.evidence, name="alert-evidence"),
    path("alerts/<uuid:alert_id>/timeline", office.timeline, name="alert-timeline"),
    path("alerts/<uuid:alert_id>/not-reached", office.not_reached, name="alert-not-reached"),
    path("alerts/<uuid:alert_id>/certificate", certificate.index, name="alert-certificate"),
    path("alerts/<uuid:alert_id>/certificates", certificate.draw_up, name="certificate-draw-up"),
    path("alerts/<uuid:alert_id>/certificates/<uuid:certificate_id>", certificate.show, name="certificate"),
    path("alerts/<uuid:alert_id>/certificates/<uuid:certificate_id>/pdf", certificate.pdf, name="certificate-pdf"),
    path("alerts/<uuid:alert_id>/log", log.export, name="alert-log"),
    path("alerts/<uuid:alert_id>/copy", copying.index, name="alert-copy"),
    path("alerts/<uuid:alert_id>/copy/<str:code>", copying.make_link, name="alert-copy-link"),
    path("alerts/<uuid:alert_id>/copy/<str:code>/end", copying.end_links, name="alert-copy-end"),
    # From door to door.
    path("alerts/<uuid:alert_id>/doors/<str:code>", doors.doors, name="alert-doors"),
    path("doors/<int:household>", doors.door, name="door"),
    path("doors/<int:household>/knock", doors.knock, name="knock"),
    path("doors/<int:household>/undo", doors.undo, name="knock-undo"),
    path("doors/<int:household>/link", doors.make_link, name="household-link"),
    # Without an account: a household's own link, and the link of a chat group.
    path("l/<str:token>", public.open_link, name="link-open"),
    path("n/", public.notices, name="notices"),
    path("n/confirm", public.confirm_notice, name="notice-confirm"),
    path("n/ask", public.ask_question, name="notice-ask"),
    path("n/forget", public.forget_me, name="notice-forget"),
    path("n/forgotten", public.forgotten, name="forgotten"),
    path("s/", public.shared, name="shared"),
    path("s/confirm", public.confirm_shared, name="shared-confirm"),
    path("s/done", public.shared_done, name="shared-done"),
    path("s/<str:token>", public.open_shared, name="shared-open"),
]
