from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "linli.messages"
    label = "linli_messages"  # "messages" is Django's own
