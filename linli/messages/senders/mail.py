"""E-mail through one's own mail server, many letters over one connection."""

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, make_msgid

from linli.core import clock
from linli.core.outward import guarded
from linli.messages import rules
from linli.messages.senders.base import SEND_TIMEOUT_S, Config, Letter, Outcome

A_CONNECTION = 100  # letters; then a new one, as many servers want it


def compose(letter: Letter, sender: Address) -> EmailMessage:
    """Raises ValueError where the address of the recipient can't be one."""
    made = EmailMessage(policy=WIRE)
    made["Subject"] = letter.subject
    made["From"] = sender
    made["To"] = Address(addr_spec=letter.to)
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = make_msgid(idstring=letter.ref or None, domain=sender.domain)
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = letter.language or "en"
    made.set_content(letter.plain, cte="base64" if not letter.plain.isascii() else None)
    if letter.html:
        made.add_alternative(letter.html, subtype="html", cte="base64" if not letter.html.isascii() else None)
    return made


class Smtp:
    def __init__(self, config: Config):
        self.config = config
        self.sender = Address(config.get("from_name", ""), addr_spec=config["from_address"])
        self.link: smtplib.SMTP | None = None
        self.sent = 0

    def send(self, letter: Letter) -> Outcome:
        try:
            message = compose(letter, self.sender)
        except (ValueError, IndexError):  # what the e-mail package raises for addresses that can't be parsed
            return Outcome(rules.BAD_ADDRESS)
        with guarded() as watch:
            try:
                return self._deliver(message, letter)
            except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
                self.close()
                return Outcome(rules.INNER_ADDRESS if watch.refused else _failure(error))

    def _deliver(self, message: EmailMessage, letter: Letter) -> Outcome:
        if self.link is None or self.sent >= A_CONNECTION:
            self.close()
            self.link = self._connect()
        try:
            self.link.sendmail(self.sender.addr_spec, [letter.to], message.as_bytes())
        except smtplib.SMTPServerDisconnected:
            if self.sent == 0:
                raise
            self.link, self.sent = self._connect(), 0  # it had closed an idle connection: nothing was handed over
            self.link.sendmail(self.sender.addr_spec, [letter.to], message.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            return Outcome(rules.BAD_ADDRESS if code >= 500 else rules.PROVIDER_ERROR)
        self.sent += 1
        return Outcome(provider_ref=str(message["Message-ID"])[:80])

    def _connect(self) -> smtplib.SMTP:
        host, port = self.config["host"], int(self.config["port"])
        security = self.config.get("security", "starttls")
        made: smtplib.SMTP
        if security == "tls":
            context = ssl.create_default_context()
            made = smtplib.SMTP_SSL(host, port, timeout=SEND_TIMEOUT_S, context=context)
        else:
            made = smtplib.SMTP(host, port, timeout=SEND_TIMEOUT_S)
            if security == "starttls":
                made.starttls(context=ssl.create_default_context())
        if self.config.get("username"):
            made.login(self.config["username"], self.config.get("password", ""))
        self.sent = 0
        return made

    def close(self) -> None:
        if self.link is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.link.quit()
        self.link, self.sent = None, 0


def _failure(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return rules.TIMEOUT
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError | ssl.SSLError):
        return rules.BAD_SETUP
    if isinstance(error, smtplib.SMTPSenderRefused):
        return rules.BAD_SETUP if error.smtp_code >= 500 else rules.PROVIDER_ERROR
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code in {421, 450, 451, 452}:
            return rules.THROTTLED
        return rules.REFUSED if error.smtp_code >= 500 else rules.PROVIDER_ERROR
    return rules.UNREACHABLE
