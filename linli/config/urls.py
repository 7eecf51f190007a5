from django.conf import settings
from django.urls import include, path

from linli.config.api import api
from linli.core import metrics, pages

handler404 = "linli.core.pages.not_found"
handler500 = "linli.core.pages.server_error"

urlpatterns = [
    path("healthz", pages.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
    path("language", pages.choose_language, name="choose-language"),
    path("", include("linli.grid.urls")),
    path("", include("linli.alerts.urls")),
    path("", include("linli.messages.urls")),
    path("", include("linli.boundaries.urls")),
    path("api/v1/", api.urls),
    path("", include("linli.residents.urls")),
    path("", include("linli.duties.urls")),
    path("", include("linli.exchange.urls")),
    path("", include("linli.surveys.urls")),
    path("", include("linli.desk.urls")),
]
if settings.DEMO:  # one-click sign-in: never in use
    urlpatterns.append(path("demo/", include("linli.demo.urls")))
