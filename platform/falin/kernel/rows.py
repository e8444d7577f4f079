"""The place of rows that belong to a place: managers that will not answer without a scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

if TYPE_CHECKING:
    from falin.kernel.scope import Scope

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class Unscoped(Exception):
    """A scoped table was read without saying whose scope it is: a mistake in the code, in tests and in production."""


class ScopedQuerySet(models.QuerySet[M_co]):
    """Narrows to the scope's places; answers nothing before it was told whose they are."""

    _scope_said = False

    def in_scope(self, scope: Scope) -> ScopedQuerySet[M_co]:
        """Rows of the scope's places. The first lock; row security is the second."""
        narrowed = self.all() if scope.whole else self.filter(node_id__in=scope.nodes)
        narrowed._scope_said = True
        return narrowed

    def unscoped(self, *, reason: str) -> ScopedQuerySet[M_co]:
        """Rows of every place row security lets through; ``reason`` is for the reader, and counted by a test."""
        assert reason
        chained = self.all()
        chained._scope_said = True
        return chained

    def _clone(self) -> ScopedQuerySet[M_co]:
        clone = super()._clone()  # type: ignore[misc]
        clone._scope_said = self._scope_said
        return clone  # type: ignore[no-any-return]

    def _check(self) -> None:
        if not self._scope_said:
            raise Unscoped(f"{self.model._meta.label} was used without in_scope(scope)")

    def _fetch_all(self) -> None:
        self._check()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[M_co]:
        self._check()
        return super().iterator(chunk_size=chunk_size or 2000)

    def count(self) -> int:
        self._check()
        return super().count()

    def exists(self) -> bool:
        self._check()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._check()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._check()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._check()
        return super().delete()


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)
