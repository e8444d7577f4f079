"""Place of the built files' addresses: hashed and compressed, and never a reason for a page to fail."""

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedAssets(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Hashed names where the files were collected; the plain name where they were not."""

    manifest_strict = False

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: FBT001, FBT002 - Django's own signature
        try:
            return str(super().url(name, force))
        except ValueError:
            return StaticFilesStorage.url(self, name)
