"""Django's settings, from the environment. One alias, one search path rule, nothing read elsewhere."""

from __future__ import annotations

import secrets
import tomllib
from pathlib import Path

from celery.schedules import crontab

from falin.config import environment

try:
    ENV = environment.read()
except environment.Misconfigured as wrong:
    environment.stop(str(wrong))
    raise

ROOT = Path(__file__).resolve().parents[3]
RELEASE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
HOME = ENV.home
DEMO = ENV.demo
DEBUG = False
SECRET_KEY = ENV.secret_key or environment.secret(HOME, "django", lambda: secrets.token_urlsafe(64))
ROOT_KEY_FILE = ENV.root_key_file or HOME / "secrets" / "root.key"
ROOT_KEY = ENV.root_key
KEY_SERVICE, KEY_SERVICE_ADDRESS = ENV.key_service, ENV.key_service_address
if not (ENV.root_key_file or ROOT_KEY or KEY_SERVICE):
    environment.secret(HOME, "root.key", lambda: secrets.token_hex(32))
AUDIT_KEY_FILE = ENV.audit_key_file or HOME / "secrets" / "audit.key"
if ENV.audit_key_file is None:
    environment.secret(HOME, "audit.key", lambda: secrets.token_hex(32))
ANCHOR_FILE = ENV.anchor_file or HOME / "anchors" / "audit.jsonl"
CIPHER = ENV.cipher
OIDC_ISSUER, OIDC_CLIENT, KEYCLOAK_CLIENT = ENV.oidc_issuer, ENV.oidc_client, ENV.keycloak_client
OIDC_SECRET, KEYCLOAK_SECRET = ENV.oidc_secret, ENV.keycloak_secret
KEYCLOAK_MAIL = ENV.keycloak_mail
if OIDC_ISSUER:
    OIDC_SECRET = OIDC_SECRET or environment.secret(HOME, "oidc", lambda: secrets.token_urlsafe(32))
    KEYCLOAK_SECRET = KEYCLOAK_SECRET or environment.secret(HOME, "keycloak", lambda: secrets.token_urlsafe(32))
VIRUS_SCAN = ENV.virus_scan
CELL = ENV.cell
BACKUP_CERTIFICATE, BACKUP_KEY = ENV.backup_certificate, ENV.backup_key
CELL_RECEIVERS = {
    code.strip(): command.strip()
    for code, _is, command in (part.partition("=") for part in ENV.cell_receivers.split(";") if part.strip())
}
MAP_APPROVAL = ENV.map_approval
HOSTS = tuple(host.strip() for host in ENV.hosts.split(",") if host.strip())
DOMAIN = ENV.domain
# Who may be asked for is the directory's to say (tenants.registry.hosts), before anything asks Django for the host.
ALLOWED_HOSTS = ["*"]

# ---- tenancy -------------------------------------------------------------------------------------------------------
SHARED_APPS = [
    "django_tenants",
    "falin.kernel",
    "tenants.divisions",
    "tenants.registry",
    "tenants.identity",
    "tenants.settings",
    "services.advisers",
    "services.stations",
    "services.duty",
    "services.indicators",
    "services.desk",
    "falin.ui",
    "falin.portal",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "falin.config",
]
TENANT_APPS = ["falin.kernel", "services.advisers", "services.duty", "services.indicators", "services.desk"]
INSTALLED_APPS = SHARED_APPS
TENANT_MODEL = "registry.Tenant"
TENANT_DOMAIN_MODEL = "registry.Domain"
TENANT_SYNC_ROUTER = "falin.kernel.database.routing.SchemaRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
DATABASE_OWNER_URL = ENV.database_owner_url
APP_ROLE = str(environment.database_of(ENV.database_url)["USER"])
DATABASES = {
    "default": {
        "ENGINE": "falin.kernel.database",
        **environment.database_of(ENV.database_url),
        # A connection lives ten minutes at most: one that touched every schema keeps 1.4 MB for each.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Each program of ours names itself by PGAPPNAME, so that pg_stat_activity shows who holds what.
        "OPTIONS": {"connect_timeout": 5, "fallback_application_name": "falin"},
        "DISABLE_SERVER_SIDE_CURSORS": True,  # a pooler in transaction mode cannot keep one open
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- the way in ----------------------------------------------------------------------------------------------------
ROOT_URLCONF = "falin.config.urls"
WSGI_APPLICATION = "falin.config.wsgi.application"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "falin.kernel.headers.CompressingMiddleware",
    "falin.kernel.headers.HeadersMiddleware",
    "tenants.identity.middleware.SessionMiddleware",
    "falin.ui.language.LanguageMiddleware",
    "tenants.registry.hosts.HostMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tenants.identity.middleware.FormKeyMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.identity.middleware.ScopeMiddleware",
    "falin.kernel.headers.TroubleMiddleware",
]
# Views of third parties that need no door of ours, each with its reason.
DOORLESS = {
    "allauth": "sign-in, sign-out and passwords: they act on the account of whoever holds the session, in public only",
    "django.views.i18n": "the catalogue of translations is public",
}
AUTH_USER_MODEL = "identity.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "tenants.identity.passwords.LongEnough"},
    {"NAME": "tenants.identity.passwords.NotCommon"},
    {"NAME": "tenants.identity.passwords.NotAboutOneself"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ACCOUNT_ADAPTER = "tenants.identity.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_USER_DISPLAY = "tenants.identity.names.shown"
# Wrong passwords and wrong digits are slowed down by tenants.identity.signing.slowing.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_ADAPTER = "tenants.identity.signing.factors.Factors"
ACCOUNT_FORMS = {
    "login": "tenants.identity.signing.forms.SignIn",
    "reauthenticate": "tenants.identity.signing.forms.PasswordAgain",
    "change_password": "tenants.identity.signing.forms.NewPassword",
}
MFA_FORMS = {
    "authenticate": "tenants.identity.signing.forms.SecondFactor",
    "reauthenticate": "tenants.identity.signing.forms.SecondFactorAgain",
    "activate_totp": "tenants.identity.signing.forms.App",
    "add_webauthn": "tenants.identity.signing.forms.AddPasskey",
    "login_webauthn": "tenants.identity.signing.forms.PasskeyAtSignIn",
    "authenticate_webauthn": "tenants.identity.signing.forms.PasskeyAsSecond",
    "reauthenticate_webauthn": "tenants.identity.signing.forms.PasskeyAgain",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey is two factors: the key, and its owner's PIN or finger
MFA_TOTP_PERIOD, MFA_TOTP_TOLERANCE = 30, 1  # telephones' clocks are up to half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = int(ENV.https) if ENV.proxies is None else ENV.proxies
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
# In the database: a code that was used, and how often one was tried, holds over processes. No page but those of sign-in
# asks it anything.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "falin_cache",
        "KEY_FUNCTION": "falin.kernel.caching.scoped_key",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
SMS, SMS_ADDRESS, SMS_SECRET = ENV.sms, ENV.sms_address, ENV.sms_secret
SESSION_ENGINE = "tenants.identity.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "falin.portal.web.sign_on.no_form_key"
# On the office network TLS ends in the web server itself: no proxy's header is believed, and no browser is told to come
# back by HTTPS for a year (HSTS) to an address that may be another machine's tomorrow.
LAN = ENV.lan
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.https or LAN is not None
if ENV.https:  # TLS ends at a proxy of ours, which sets this header and lets nobody else set it
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in HOSTS if host[0] not in "[*."]
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# ---- pages ---------------------------------------------------------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        # portal and ui come before allauth: our sign-in page, not theirs
                        ("django.template.loaders.app_directories.Loader", []),
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "falin.ui.context.preferences",
                "falin.portal.shell.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "falin.ui.templatetags.ui"],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a folder that is not there
STATICFILES_DIRS = [path for path in [ENV.assets] if path]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": ENV.files_bucket, "endpoint_url": ENV.files_endpoint or None},
    }
    if ENV.files_bucket
    else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "falin.ui.assets.HashedAssets"},
}
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [HOME / "locale"]  # compiled at set-up from platform/falin/ui/locale
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# ---- API -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # falin.kernel.rest.DoorView brings its own
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["falin.kernel.rest.parsing.TextParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "falin.kernel.rest.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Falin 法邻 API",
    "DESCRIPTION": "",  # by the hook of falin.kernel.rest.describing
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "falin.kernel.rest.describing.common_parts",
        "falin.portal.rest.examples.put_in",
    ],
}

# ---- queues --------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = ENV.broker_url
CELERY_TASK_DEFAULT_QUEUE = "click"
CELERY_TASK_ROUTES = {"falin.config.tasks.do_short_job": {"queue": "short"},
                      "falin.config.tasks.do_job": {"queue": "bulk"}, "falin.config.tasks.roll_up": {"queue": "bulk"},
                      "falin.config.tasks.clean_up": {"queue": "bulk"},
                      "falin.config.tasks.tell_receiver": {"queue": "bulk"}}  # fmt: skip
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 10, "socket_connect_timeout": 5}
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_TASK_IGNORE_RESULT = True
# Beat's whole schedule, in this one place.
CELERY_BEAT_SCHEDULE = {
    "roll up every county at night": {"task": "falin.config.tasks.roll_up_all", "schedule": crontab(hour=1, minute=30)},
    "send jobs again that nobody works on": {"task": "falin.config.tasks.sweep_jobs", "schedule": 10.0},
    "seal what was booked": {"task": "falin.config.tasks.seal_audit", "schedule": 60.0},
    "tell receivers what is due": {"task": "falin.config.tasks.tell_receivers", "schedule": 5.0},
    "forget old keys and sessions": {"task": "falin.config.tasks.forget_old", "schedule": crontab(hour=3, minute=10)},
    "end roles nobody reviewed": {
        "task": "falin.config.tasks.end_unreviewed_roles",
        "schedule": crontab(hour=2, minute=20),
    },
    "remove files whose days are over": {
        "task": "falin.config.tasks.clean_up_all",
        "schedule": crontab(hour=2, minute=30),
    },
    "remove tenants whose waiting time is over": {
        "task": "falin.config.tasks.remove_due",
        "schedule": crontab(hour=4, minute=10),
    },
    "back up, and try to restore": {"task": "falin.config.tasks.back_up", "schedule": 300.0},
    "keep accounts at Keycloak": {"task": "falin.config.tasks.keep_accounts", "schedule": 10.0},
    "look at every account at Keycloak": {
        "task": "falin.config.tasks.keep_all_accounts",
        "schedule": crontab(hour=2, minute=40),
    },
    "look ahead": {"task": "falin.config.tasks.look_ahead", "schedule": crontab(hour=6, minute=30)},
    "send notices": {"task": "falin.config.tasks.send_notices", "schedule": 300.0},
    "keep spare schemas ready": {"task": "falin.config.tasks.keep_spares", "schedule": 600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "run" / "beat")

WEBHOOK_NETWORKS = tuple(part.strip() for part in ENV.webhook_networks.split(",") if part.strip())

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if ENV.mail_url else "django.core.mail.backends.console.EmailBackend"
)
if ENV.mail_url:
    globals().update(environment.mail_of(ENV.mail_url, ENV.domain))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"falin": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
