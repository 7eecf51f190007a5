from django.apps import AppConfig


class ResidentsConfig(AppConfig):
    name = "linli.residents"
    label = "residents"
