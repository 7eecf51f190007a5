"""Django's settings, built from `env`. A deployment sets the environment, never this file."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from linli.config.env import database, env, home, in_test
from linli.core.keys import django_secret, older_signing_keys
from linli.core.profile import load_profile

PACKAGE = Path(__file__).resolve().parent.parent
ENV = env()
HOME = home()
DEMO = ENV.demo
DEBUG = False
PROFILE = load_profile(ENV.profile)
KEY_FILE = ENV.key_file or HOME / "keys.toml"
ERASURE_LIST = ENV.erasure_list or HOME / "erasures.jsonl"
DATA_SECRET = ENV.secret_key or (
    "only-for-tests-" * 4 if in_test() else ""
)  # core.crypto derives the data keys from it
SECRET_KEY = "test-" * 10 if in_test() else django_secret(ENV.secret_key, KEY_FILE)
SECRET_KEY_FALLBACKS = [] if in_test() else older_signing_keys(ENV.secret_key, KEY_FILE)
ALLOWED_HOSTS = [name.strip() for name in ENV.hosts.split(",") if name.strip()]
CAP_SENDER = ENV.cap_sender.strip()
CAP_KEY = ENV.cap_key
INNER_HOSTS = [name.strip() for name in ENV.inner_hosts.split(",") if name.strip()]
TILES = ENV.tiles.expanduser().resolve() if ENV.tiles else None
TILES_ATTRIBUTION = ENV.tiles_attribution
PUBLIC_URL = ENV.public_url.rstrip("/")
METRICS_TOKEN = ENV.metrics_token
KEEP_AUDIT_DAYS = ENV.keep_audit_days

ROOMS = [
    "core",
    "grid",
    "residents",
    "messages",
    "duties",
    "surveys",
    "rounds",
    "alerts",
    "boundaries",
    "exchange",
    "desk",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "ninja",
    *[f"linli.{room}" for room in ROOMS],
    *(["linli.demo"] if DEMO or in_test() else []),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "linli.core.packing.PackedFiles",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "linli.core.middleware.RequestLog",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "linli.core.middleware.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "linli.core.middleware.Csrf",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "linli.grid.middleware.CurrentActor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "linli.core.middleware.Problems",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "linli.config.urls"
WSGI_APPLICATION = "linli.config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "linli.config.context.page",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "linli.core.templatetags.linli",
                "linli.grid.templatetags.grid",
            ],
        },
    }
]

TEST_URL = os.environ.get("LINLI_TEST_DATABASE_URL", "")
DATABASES = {"default": database(TEST_URL if in_test() else ENV.database_url, HOME)}
if in_test() and not TEST_URL:
    # A file, not memory: the live server, workers and the command line share it.
    folder = os.environ.setdefault("LINLI_TEST_HOME", f"/tmp/linli-test-{os.getpid()}")  # noqa: S108
    Path(folder).mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": f"{folder}/test.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
if in_test():
    folder = os.environ.setdefault("LINLI_TEST_HOME", f"/tmp/linli-test-{os.getpid()}")  # noqa: S108
    ERASURE_LIST = Path(folder) / f"erasures-{os.getpid()}.jsonl"
if in_test() and TEST_URL:
    DATABASES["default"]["TEST"] = {"NAME": os.environ.get("LINLI_TEST_DB_NAME", "test_linli")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "grid.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "linli.core.lockout.locked_out"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_SENSITIVE_PARAMETERS = ["username", "password"]
PASSWORD_RESET_TIMEOUT = 24 * 3600  # one-time links to set a password
OIDC_ISSUER = ENV.oidc_issuer.rstrip("/")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = ENV.oidc_client_id, ENV.oidc_client_secret
OIDC_NAME, OIDC_USERNAME_CLAIM, OIDC_SECOND_FACTOR = ENV.oidc_name, ENV.oidc_username_claim, ENV.oidc_second_factor
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "my-day"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "linli"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.https
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "linli.core.pages.csrf_failed"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.https else None  # the proxy in front ends TLS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024  # uploads with personal data never touch the disk in the clear

LANGUAGE_CODE = PROFILE.language
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "linli_language"
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = PROFILE.time_zone

STATIC_URL = "static/"
STATICFILES_DIRS = [("vendor", PACKAGE / "vendor")]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
LOGGING_CONFIG = None  # core.logs sets it, so that one filter redacts every line
TEST_RUNNER = "django.test.runner.DiscoverRunner"
