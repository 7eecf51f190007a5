from django.urls import path

from linli.core import pages

handler404 = "linli.core.pages.not_found"
handler500 = "linli.core.pages.server_error"

urlpatterns = [
    path("healthz", pages.health, name="health"),
    path("language", pages.choose_language, name="choose-language"),
]
