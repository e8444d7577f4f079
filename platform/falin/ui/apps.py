"""Place of the Django app of the design system."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Templates, tags and the style page."""

    name = "falin.ui"
    label = "ui"
    verbose_name = "界面"
