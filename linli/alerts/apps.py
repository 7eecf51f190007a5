from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "linli.alerts"
    label = "alerts"

    def ready(self) -> None:
        from linli.alerts.profile import approval_rules, urgencies

        urgencies(), approval_rules()  # a profile that makes no sense stops the start, not a notice
