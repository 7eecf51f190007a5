"""Forms of senders and of one's own means. They parse; the actions decide."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.messages import rules, words
from linli.messages.models import Sender
from linli.messages.queries.outbox import read_config

SECURITY = [
    ("starttls", _("STARTTLS (usual, port 587)")),
    ("tls", _("TLS from the start (port 465)")),
    ("none", _("none: only inside one's own network")),
]
AUDIENCE = [
    ("workers", _("people who hold posts: the link opens the notice for those who sign in")),
    ("residents", _("residents: the link is the one of the chat group")),
]


def _secret(label: Any, *, required: bool = True) -> forms.CharField:
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, max_length=500, required=required, strip=True, widget=widget)


def _text(label: Any, *, required: bool = True, initial: str = "", help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=500, required=required, initial=initial, help_text=help_text)


def _shape(label: Any, initial: str, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=2_000,
        initial=initial,
        required=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )


def _template_fields() -> dict[str, forms.Field]:
    return {
        "key_id": _text(_("Access key id")),
        "key_secret": _secret(_("Access key secret")),
        "sign_name": _text(_("Signature of the messages, as approved")),
        "template_code": _text(_("Code of the template, as approved")),
        "template_values": _shape(
            _("Values of the template, in its order"),
            '{"headline": "{headline}", "link": "{link}"}',
            _("Names of the template on the left; {headline}, {text} and {link} are filled in."),
        ),
        "endpoint": _text(_("Another address of the service"), required=False),
    }


def config_fields(kind: str) -> dict[str, forms.Field]:
    """What a kind of sender needs to know."""
    audience = forms.ChoiceField(
        label=_("Who is in the group?"), choices=AUDIENCE, widget=forms.RadioSelect, initial="workers"
    )
    robot: dict[str, forms.Field] = {"url": _secret(_("Address of the robot (webhook)"))}
    signed = {**robot, "secret": _secret(_("Secret of the signature"), required=False), "audience": audience}
    found: dict[str, dict[str, forms.Field]] = {
        rules.WECOM: {**robot, "audience": audience},
        rules.DINGTALK: signed,
        rules.FEISHU: signed,
        rules.APPRISE: {"url": _secret(_("Address for apprise, such as tgram://…")), "audience": audience},
        rules.SMTP: {
            "host": _text(_("Mail server")),
            "port": forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=587),
            "security": forms.ChoiceField(label=_("Encryption"), choices=SECURITY, initial="starttls"),
            "username": _text(_("Name for the mail server"), required=False),
            "password": _secret(_("Password for the mail server"), required=False),
            "from_address": forms.EmailField(label=_("Sender's address")),
            "from_name": _text(_("Sender's name"), required=False),
        },
        rules.SMS_ALIYUN: _template_fields(),
        rules.SMS_TENCENT: {
            "app_id": _text(_("SDK app id")),
            **_template_fields(),
            "region": _text(_("Data centre of the service"), initial="ap-guangzhou"),
        },
        rules.SMS_HTTP: {
            "url": _secret(_("Address that takes messages (POST, JSON)")),
            "body": _shape(
                _("Shape of what is posted"),
                '{"phone": "{phone}", "text": "{text}", "ref": "{ref}"}',
                _("{phone}, {text}, {headline}, {link} and {ref} are filled in."),
            ),
            "token": _secret(_("Token (sent as Bearer)"), required=False),
            "secret": _secret(_("Secret with which both sides sign"), required=False),
            "ok_field": _text(
                _("Field of the answer that tells success"),
                required=False,
                help_text=_("Such as code or data.0.status. Empty: every answer with status 200 counts."),
            ),
            "ok_value": _text(_("Its value on success"), required=False, initial="0"),
            "ref_field": _text(_("Field of the answer with the provider's reference"), required=False, initial="ref"),
        },
        rules.WEB_PUSH: {
            "contact": _text(
                _("Whom a browser's maker may write to"), help_text=_("mailto: and an address of the operator.")
            )
        },
    }
    return found[kind]


class SenderForm(forms.Form):
    """Made for one kind of sender. Secrets on record are never shown: left empty they stay."""

    name = forms.CharField(label=_("Name in this list"), max_length=80)
    place = forms.CharField(
        label=_("For which place"),
        max_length=100,
        help_text=_("Its name or its code. A robot writes into the group of this place only."),
    )
    per_minute = forms.IntegerField(label=_("Messages a minute at most"), min_value=1, max_value=600_000)

    def __init__(self, data: Any = None, *, kind: str, sender: Sender | None = None):
        known = read_config(sender) if sender else {}
        shown = {key: value for key, value in known.items() if key in config_fields(kind)}
        usual = rules.PER_MINUTE.get(kind, rules.PER_MINUTE_ELSE)
        start = {"per_minute": usual, "name": words.SENDERS[kind], **shown}
        if sender is not None:
            start |= {"name": sender.name, "per_minute": sender.per_minute}
        super().__init__(data, initial=start)
        self.kind = kind
        for name, made in config_fields(kind).items():
            is_secret = isinstance(made.widget, forms.PasswordInput)
            if is_secret and known.get(name):
                made.required = False
                made.help_text = _("On record, and not shown. Leave it empty to keep it.")
            self.fields[name] = made
        if sender is not None:
            del self.fields["place"]
        elif kind not in rules.ROBOTS:
            self.fields["place"].required = False
            self.fields["place"].help_text = _("Its name or its code. Empty: everybody in this deployment.")
        self.order_fields([*(name for name in self.fields if name != "per_minute"), "per_minute"])

    def config(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in config_fields(self.kind) if name in self.cleaned_data}

    def clean_body(self) -> str:
        return self._json("body")

    def clean_template_values(self) -> str:
        return self._json("template_values")

    def _json(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            raise forms.ValidationError(_("This is no JSON: quote names and values with double quotes.")) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write an object: {…}."))
        return text


class TestForm(forms.Form):
    to = forms.CharField(label=_("Send a test to"), max_length=200, required=False)


class MeansForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("How"),
        choices=[
            (rules.EMAIL, _("e-mail")),
            (rules.SMS, _("SMS")),
            (rules.VOICE, _("a call")),
        ],
    )
    address = forms.CharField(label=_("Address or number"), max_length=200)


class QuietForm(forms.Form):
    begins = forms.TimeField(label=_("From"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    ends = forms.TimeField(label=_("Until"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
