from django.urls import path

from linli.exchange.views import feeds, incoming, published

urlpatterns = [
    # Open to everybody.
    path("cap/feed.xml", published.feed, name="cap-feed"),
    path("cap/<uuid:alert_id>.xml", published.document, name="cap-document"),
    path("cap/<uuid:alert_id>/cancel.xml", published.cancel, name="cap-cancel"),
    # The office.
    path("alerts/<uuid:alert_id>/cap", published.publication, name="alert-cap"),
    path("exchange/incoming/", incoming.index, name="incoming-list"),
    path("exchange/incoming/upload", incoming.upload, name="incoming-upload"),
    path("exchange/incoming/<uuid:incoming_id>", incoming.show, name="incoming"),
    path("exchange/incoming/<uuid:incoming_id>/draft", incoming.draft, name="incoming-draft"),
    path("exchange/incoming/<uuid:incoming_id>/dismiss", incoming.dismiss, name="incoming-dismiss"),
    path("exchange/incoming/<uuid:incoming_id>/reopen", incoming.reopen, name="incoming-reopen"),
    path("exchange/incoming/<uuid:incoming_id>/call-back", incoming.call_back, name="incoming-call-back"),
    # The operator.
    path("exchange/feeds/", feeds.index, name="feed-list"),
    path("exchange/feeds/new", feeds.add, name="feed-new"),
    path("exchange/feeds/<int:feed_id>", feeds.change, name="feed"),
    path("exchange/feeds/<int:feed_id>/read", feeds.read, name="feed-read"),
]
