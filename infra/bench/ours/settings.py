"""Falin's settings, whole; only the addresses and templates of the bench are added to those of the product."""

from stand.children import BENCH

from falin.config.settings import *  # noqa: F403
from falin.config.settings import TEMPLATES

ROOT_URLCONF = "ours.urls"
_places = [str(BENCH / "stand" / "templates"), str(BENCH / "ours" / "templates")]
TEMPLATES[0]["OPTIONS"]["loaders"][0][1].append(("django.template.loaders.filesystem.Loader", _places))
