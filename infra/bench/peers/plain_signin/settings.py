"""Those of the plain project, with the sign-in page Django brings; the password as MD5, as on the other side."""

from peers.plain_django.settings import *  # noqa: F403
from peers.plain_django.settings import INSTALLED_APPS as PLAIN

INSTALLED_APPS = [*(app for app in PLAIN if not app.startswith("peers")), "peers.plain_signin"]
ROOT_URLCONF = "peers.plain_signin.urls"
ALLOWED_HOSTS = ["testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_REDIRECT_URL = "/first/"
