from django.urls import path

from linli.messages.views import own, provider, senders, tending

urlpatterns = [
    path("channels/", senders.index, name="channel-list"),
    path("channels/new/<str:kind>", senders.new, name="channel-new"),
    path("channels/<int:sender_id>", senders.one, name="channel"),
    path("channels/<int:sender_id>/switch", senders.switch, name="channel-switch"),
    path("channels/<int:sender_id>/test", senders.test, name="channel-test"),
    path("messages/", own.inbox, name="inbox"),
    path("messages/<int:delivery_id>/open", own.inbox_open, name="inbox-open"),
    path("messages/unsent", tending.unsent, name="messages-unsent"),
    path("messages/unsent/retry", tending.retry, name="messages-retry"),
    path("messages/unsent/<int:delivery_id>/call", tending.to_calls, name="messages-to-call"),
    path("messages/calls", tending.calls, name="messages-calls"),
    path("messages/calls/<int:delivery_id>/take", tending.call_take, name="messages-call-take"),
    path("messages/calls/<int:delivery_id>", tending.call_record, name="messages-call"),
    path("account/means", own.means, name="account-means"),
    path("account/means/add", own.means_add, name="account-means-add"),
    path("account/means/push", own.means_push, name="account-means-push"),
    path("account/means/quiet", own.means_quiet, name="account-means-quiet"),
    path("account/means/test", own.means_test, name="account-means-test"),
    path("account/means/<int:means_id>/remove", own.means_remove, name="account-means-remove"),
    path("account/means/<int:means_id>/prefer", own.means_prefer, name="account-means-prefer"),
    # Without an account: what providers call.
    path("hooks/sms/<int:sender_id>/<str:key>/report", provider.report, name="sms-report"),
    path("hooks/sms/<int:sender_id>/<str:key>/reply", provider.reply, name="sms-reply"),
]
