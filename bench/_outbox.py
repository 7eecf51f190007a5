"""What `bench/outbox.py` measures, in a process of its own on a database of its own; the servers that take the messages run
in another one. The last line of the output is JSON."""

import json
import multiprocessing
import smtplib
import socket
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bench._rounds import prepare, timed

NULL, LIBRARY, TIMES = 4_000, 300, 3
TEXTS = {
    "zh-hans": {
        "headline": "明天八点至十二点停水",
        "body": "因管道抢修，本小区停水四小时，请提前储水。老人和病人家庭可以联系网格员送水。",
    }
}


# The servers that take messages -----------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def serve(http_port: int, smtp_port: int, ready: Any) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    class Take(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b'{"errcode": 0}'
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self.wfile.write(head % len(body) + body)

        def log_message(self, *_args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", http_port), Take)
    server.daemon_threads = True
    Controller(Sink(), hostname="127.0.0.1", port=smtp_port).start()
    ready.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Event().wait()


# What is measured -------------------------------------------------------------------------------------------------------


def make_households(count: int) -> list[int]:
    """Household ids, each with one member and a phone."""
    from linli.core import clock
    from linli.residents.models import Household, Membership, Person
    from linli.residents.numbers import phone_indexes

    now, day = clock.now(), clock.today()
    homes = Household.objects.bulk_create(Household(kind="family", name=str(n), made_at=now) for n in range(count))
    people = []
    for n in range(count):
        phone = f"+86138{n:08d}"
        whole, last4 = phone_indexes(phone)
        people.append(Person(name=str(n), phone=phone, phone_index=whole, phone_last4=last4, made_at=now))
    Person.objects.bulk_create(people)
    Membership.objects.bulk_create(
        Membership(household=home, person=person, from_on=day) for home, person in zip(homes, people, strict=True)
    )
    return [home.pk for home in homes]


def make_mailed(count: int) -> list[int]:
    from linli.core import clock
    from linli.grid.models import Account
    from linli.messages.models import Means

    accounts = Account.objects.bulk_create(Account(username=f"u{n}", name=str(n)) for n in range(count))
    Means.objects.bulk_create(
        Means(
            account=one, kind="email", address=f"u{n}@example.org", address_index=str(n), order=1, made_at=clock.now()
        )
        for n, one in enumerate(accounts)
    )
    return [one.pk for one in accounts]


def make_sender(kind: str, **config: Any) -> Any:
    from linli.core import clock
    from linli.messages.models import Sender

    Sender.objects.update(is_on=False)
    return Sender.objects.create(
        name=kind, kind=kind, config=json.dumps(config), per_minute=60_000_000, made_at=clock.now()
    )


def enqueue(kind: str, ids: list[int]) -> None:
    from linli.core.actors import SYSTEM
    from linli.messages import actions
    from linli.messages.actions import Recipient, Sending

    sending = Sending(("bench", str(uuid4())), "notice", TEXTS, urgency="immediate", url="/alerts/1")
    dispatch = actions.begin_dispatch(actor=SYSTEM, dispatch_id=uuid4(), sending=sending)
    actions.enqueue(actor=SYSTEM, dispatch=dispatch, recipients=[Recipient(kind, one, "36/") for one in ids])


def drain(expected: int) -> float:
    from linli.messages.jobs import Outbox
    from linli.messages.models import Delivery

    before = Delivery.objects.filter(state="sent").count()
    outbox = Outbox()

    def run() -> None:
        while outbox.round():
            pass

    took = timed(run)
    outbox.close()
    found = Delivery.objects.filter(state="sent").count() - before
    if found != expected:
        raise SystemExit(f"bench: {found} of {expected} messages were sent")
    return took


def compare(bare: Callable[[], None], fill: Callable[[], None], times: int = TIMES) -> dict[str, list[float]]:
    """Interleaved, so that what else the machine does falls on both alike."""
    found: dict[str, list[float]] = {"bare": [], "linli": []}
    bare()
    for _ in range(times):
        found["bare"].append(timed(bare))
        fill()
        found["linli"].append(drain(LIBRARY))
    return found


def main() -> None:
    http_port, smtp_port = free_port(), free_port()
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    servers = context.Process(target=serve, args=(http_port, smtp_port, ready), daemon=True)
    servers.start()
    ready.wait(30)
    prepare()
    from django.conf import settings

    settings.INNER_HOSTS = [f"127.0.0.1:{http_port}", f"127.0.0.1:{smtp_port}"]
    raw: dict[str, Any] = {"null_messages": NULL, "null_s": []}
    homes = make_households(NULL)
    make_sender("null")
    for _ in range(TIMES):
        enqueue("household", homes)
        raw["null_s"].append(drain(NULL))
    measure_libraries(raw, homes[:LIBRARY], http_port, smtp_port)
    servers.terminate()
    print(json.dumps(raw))


def measure_libraries(raw: dict[str, Any], homes: list[int], http_port: int, smtp_port: int) -> None:
    url = f"http://127.0.0.1:{http_port}/"
    gateway = make_sender("sms_http", url=url)
    raw |= {"http_messages": LIBRARY, "smtp_messages": LIBRARY, "apprise_messages": LIBRARY}
    keep(raw, "http", compare(lambda: bare_http(url), lambda: enqueue("household", homes)))
    del gateway
    mailed = make_mailed(LIBRARY)
    make_sender("smtp", host="127.0.0.1", port=smtp_port, security="none", from_address="linli@example.org")
    keep(raw, "smtp", compare(lambda: bare_smtp(smtp_port), lambda: enqueue("account", mailed)))
    robot = make_sender("apprise", url=f"json://127.0.0.1:{http_port}/")

    def fill() -> None:
        for _ in range(LIBRARY):
            enqueue("group", [robot.pk])

    keep(raw, "apprise", compare(lambda: bare_apprise(http_port), fill))


def keep(raw: dict[str, Any], name: str, found: dict[str, list[float]]) -> None:
    raw |= {f"{name}_{part}_s": seconds for part, seconds in found.items()}


def bare_http(url: str) -> None:
    import requests

    with requests.Session() as session:
        for n in range(LIBRARY):
            said = f"{TEXTS['zh-hans']['headline']} https://linli.example/l/{n:032d}\n{TEXTS['zh-hans']['body']}"
            session.post(url, json={"phone": f"+86138{n:08d}", "text": said, "ref": str(n)}, timeout=10).json()


def bare_smtp(port: int) -> None:
    from email.message import EmailMessage

    with smtplib.SMTP("127.0.0.1", port, timeout=10) as link:
        for n in range(LIBRARY):
            made = EmailMessage()
            made["Subject"], made["From"] = TEXTS["zh-hans"]["headline"], "linli@example.org"
            made["To"] = f"u{n}@example.org"
            made.set_content(TEXTS["zh-hans"]["body"])
            made.add_alternative(
                f"<h1>{TEXTS['zh-hans']['headline']}</h1><p>{TEXTS['zh-hans']['body']}</p>", subtype="html"
            )
            link.send_message(made)


def bare_apprise(port: int) -> None:
    import logging

    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    service = apprise.Apprise.instantiate(f"json://127.0.0.1:{port}/")
    for _ in range(LIBRARY):
        service.notify(body=TEXTS["zh-hans"]["body"], title=TEXTS["zh-hans"]["headline"])


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
