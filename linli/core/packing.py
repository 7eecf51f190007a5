"""Scripts, styles and drawings go compressed to whoever takes them so. Pages don't: what a person sees, compressed together
with what another may choose, can be guessed from its length."""

import gzip
from collections import OrderedDict
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

KINDS = (".css", ".js", ".svg", ".geojson")
MOST_KEPT = 200


class PackedFiles:
    """Stands before the server of static files; a file is packed once for each of its versions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response
        self.kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, StreamingHttpResponse) or not self._wanted(request, response):
            return response
        key = (request.path, response.headers.get("Last-Modified", ""))
        if key not in self.kept:
            self.kept[key] = gzip.compress(b"".join(response), 9, mtime=0)
            while len(self.kept) > MOST_KEPT:
                self.kept.popitem(last=False)
        response.close()
        packed = HttpResponse(self.kept[key])
        for name in ("Content-Type", "Cache-Control", "Last-Modified", "Access-Control-Allow-Origin"):
            if name in response.headers:
                packed.headers[name] = response.headers[name]
        packed.headers["Content-Encoding"] = "gzip"
        packed.headers["Vary"] = "Accept-Encoding"
        return packed

    def _wanted(self, request: HttpRequest, response: HttpResponseBase) -> bool:
        return (
            request.method == "GET"
            and request.path.startswith(settings.STATIC_URL)
            and request.path.endswith(KINDS)
            and response.status_code == 200
            and "Content-Encoding" not in response.headers
            and "gzip" in request.headers.get("Accept-Encoding", "")
        )
