"""Pages that send no referrer make browsers send `Origin: null` with their forms (tried in Chromium): the token decides."""

import pytest
from django.test import Client
from django.urls import reverse


def send(client, origin, token, *, secure):
    headers = {"origin": origin} if origin else {}
    data = {"language": "en", "csrfmiddlewaretoken": token}
    return client.post(reverse("choose-language"), data, headers=headers, secure=secure).status_code


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize(
    ("origin", "right", "status"),
    [("null", True, 302), ("null", False, 400), ("https://elsewhere.example", True, 400)],
)
def test_the_token_decides_where_the_origin_is_not_told(db, origin, right, status, secure):
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("sign-in"), secure=secure)
    token = client.cookies["csrftoken"].value
    assert send(client, origin, token if right else "x" * 64, secure=secure) == status
