"""The pages and the API under WSGI. Every process that writes must know who listens to what: `wire`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
application = get_wsgi_application()

from linli.config.env import env  # noqa: E402  (after Django is set up)
from linli.config.wiring import wire  # noqa: E402
from linli.core import logs  # noqa: E402

logs.configure(level=env().log_level, as_json=env().log_json)
wire()
