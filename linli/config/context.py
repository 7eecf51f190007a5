"""What every page's frame needs: who is here, where one may go, what the product is called."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    actor = getattr(request, "actor", None)
    return {"actor": actor, "demo": settings.DEMO, "languages": settings.LANGUAGES}
