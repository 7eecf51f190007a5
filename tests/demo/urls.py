"""The addresses of a demonstration."""

from django.urls import include, path

from linli.config.urls import handler404, handler500
from linli.config.urls import urlpatterns as of_every_deployment

__all__ = ["handler404", "handler500", "urlpatterns"]
urlpatterns = [*of_every_deployment, path("demo/", include("linli.demo.urls"))]
