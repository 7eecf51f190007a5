from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "linli.alerts"
    label = "alerts"
