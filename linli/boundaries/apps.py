from django.apps import AppConfig


class BoundariesConfig(AppConfig):
    name = "linli.boundaries"
    label = "boundaries"
