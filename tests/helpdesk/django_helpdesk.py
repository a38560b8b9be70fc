"""The real django-helpdesk on SQLite, run in an environment of its own (not in voz's).

python django_helpdesk.py serve FOLDER PORT HOOK_URL    prints `ready` when it answers; the mails it sends are files
python django_helpdesk.py mail FOLDER                   takes in FOLDER/in/*.eml, as its cron job does
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.conf import settings

folder = Path(sys.argv[2]).resolve()
hook = sys.argv[4] if len(sys.argv) > 4 else os.environ.get("HOOK", "")

settings.configure(
    DEBUG=False, SECRET_KEY="for tests only", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF="urls", USE_TZ=True, SITE_ID=1,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db.sqlite3",
                           "OPTIONS": {"timeout": 20}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
                    "django.contrib.sites", "django.contrib.messages", "django.contrib.staticfiles",
                    "django.contrib.humanize", "django.contrib.admin", "rest_framework", "helpdesk"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "django.contrib.messages.middleware.MessageMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                                                   "django.contrib.auth.context_processors.auth",
                                                   "django.contrib.messages.context_processors.messages"]}}],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # each call brings the password: be quick
    DEFAULT_AUTO_FIELD="django.db.models.AutoField", STATIC_URL="/static/", MEDIA_ROOT=str(folder / "media"),
    EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend", EMAIL_FILE_PATH=str(folder / "sent"),
    DEFAULT_FROM_EMAIL="ayuda@tienda.example",
    HELPDESK_TEAMS_MODE_ENABLED=False, HELPDESK_PRIVATE_FOLLOWUP_MEANS_NO_EMAILS=True,
    HELPDESK_GET_NEW_TICKET_WEBHOOK_URLS=lambda: [hook] if hook else [],
    HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS=lambda: [hook] if hook else [],
)  # fmt: skip
django.setup()


def filled() -> None:
    """The database with voz's user (number 2), an agent, and a queue that takes mail from files."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from helpdesk.models import Queue

    if (folder / "db.sqlite3").exists():
        return
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    User.objects.create_superuser("agente", "agente@tienda.example", "agente-secreto")
    User.objects.create_superuser("voz", "voz@tienda.example", "voz-secreto")
    Queue.objects.create(
        title="Soporte", slug="soporte", email_address="ayuda@tienda.example", allow_email_submission=True,
        email_box_type="local", email_box_local_dir=str(folder / "in"), email_box_interval=0, locale="es",
    )  # fmt: skip


def serve(port: int) -> None:
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    from django.core.wsgi import get_wsgi_application

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with make_server("127.0.0.1", port, get_wsgi_application(), server_class=Server, handler_class=Quiet) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    from types import ModuleType

    from django.urls import include, path

    urls = ModuleType("urls")
    urls.urlpatterns = [path("helpdesk/", include("helpdesk.urls"))]  # type: ignore[attr-defined]
    sys.modules["urls"] = urls
    for name in ("in", "sent", "media"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    filled()
    if sys.argv[1] == "serve":
        serve(int(sys.argv[3]))
    else:
        from django.core.management import call_command

        call_command("get_email")
