"""The place of the API's doors themselves: who may, in which transaction, once, unless it changed meanwhile."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, ClassVar, cast

from django.db import OperationalError, transaction
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from psycopg.errors import SerializationFailure
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from falin.kernel import elsewhere, idempotency, stepup
from falin.kernel.clock import now
from falin.kernel.doors import book_passing, same_hat
from falin.kernel.refusals import Elsewhere, Forbidden, Refused
from falin.kernel.rest import limits, shapes
from falin.kernel.rest.describing import DoorSchema
from falin.kernel.rest.problems import AnsweredBefore, refusal
from falin.kernel.rest.ways_in import ByToken, SignedIn, come_in_by_token
from falin.kernel.scope import PUBLIC_SCHEMA, Scope, own_scope
from falin.kernel.transactions import inside


class Changed(Refused):
    """The thing is not what ``If-Match`` says any more; or somebody changes it this very moment."""

    status = 412

    def __init__(self) -> None:
        super().__init__("kernel.changed", _("您取走之后已经有人改过它，所以没有办。请重新取一次再办。"))


class NoMark(Refused):
    """``If-Match`` where there is nothing to compare it with."""

    status = 412

    def __init__(self) -> None:
        super().__init__("kernel.no_mark", _("这里没有可以比对的版本，请不要带 If-Match。"))


_ROOT = "/api/v1/".count("/")


class DoorView(APIView):
    """
    An API address with a door.

    ``door_grants`` maps each method to the grant it asks for; a method in ``door_writes`` writes. The handler is called
    as ``handler(request, scope, **parts_of_the_address)``, inside one transaction.
    """

    authentication_classes = (SignedIn, ByToken)
    permission_classes = ()
    schema = DoorSchema()
    door_grants: ClassVar[dict[str, str]] = {}
    door_writes: ClassVar[frozenset[str]] = frozenset({"POST", "PUT", "PATCH", "DELETE"})
    door_keeps: ClassVar[bool] = True  # answers are kept for their ``Idempotency-Key``; not where one holds a password
    door_shared: ClassVar[bool] = False  # the transaction is one of the shared schema
    door_own: ClassVar[bool] = False  # about the person's own account: in the shared schema
    door_step_up: ClassVar[dict[str, int]] = {}  # method → the level of proof it asks for (kernel.stepup)
    scope: Scope
    by_token = False
    not_let_in: Refused | None = None
    key_claimed: str = ""
    rates: tuple[limits.Rate, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.door_grant = " ".join(sorted(set(cls.door_grants.values())))  # type: ignore[attr-defined]
        cls.http_method_names = [*(method.lower() for method in cls.door_grants), "options"]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in self.door_grants:
            return super().dispatch(request, *args, **kwargs)  # 405, whoever asks
        try:
            self.by_token = request.by_token = come_in_by_token(request)
            scope: Scope | None = getattr(request, "scope", None)
            if scope is not None:
                self.rates = limits.spend(scope=scope, by_token=self.by_token, schema=scope.schema, now=now())
        except Refused as refused:
            return self._refuse(refused, request, *args, **kwargs)
        if scope is None:
            return super().dispatch(request, *args, **kwargs)  # initial() says 401 or 421
        if self.door_own:
            scope = own_scope(scope)
        elif self.door_shared:
            scope = replace(scope, schema=PUBLIC_SCHEMA)
        self.scope = scope
        if scope.emergency:
            book_passing(request, scope)
        writing, guarded = request.method in self.door_writes, "If-Match" in request.headers
        try:
            with inside(scope, read_only=not writing, steady=writing and guarded):
                response = super().dispatch(request, scope, *args, **kwargs)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
                elif self.key_claimed and isinstance(response, Response):
                    idempotency.remember(scope=scope, key=self.key_claimed, response=response.render())
        except OperationalError as error:
            if isinstance(error.__cause__, SerializationFailure):
                return self._refuse(Changed(), request, *args, **kwargs)
            raise
        away = elsewhere.find(kwargs, scope) if response.status_code == 404 else None
        return cast("HttpResponseBase", self.finalize_response(self.request, refusal(away))) if away else response

    def _refuse(self, refused: Refused, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.not_let_in = refused
        return super().dispatch(request, *args, **kwargs)  # initial() says it

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.not_let_in is not None:
            raise self.not_let_in
        super().initial(request, *args, **kwargs)
        method = str(request.method)
        if method not in self.door_grants:
            return
        scope = getattr(request, "scope", None)
        if scope is None or not request.user:  # without its user nobody has asked for the form token (CSRF)
            raise _seated_elsewhere(request) or exceptions.NotAuthenticated
        writing = method in self.door_writes
        if writing:
            same_hat(request._request, scope)
            scope.check_may_write()
        scope.require(self.door_grants[method])
        if self.by_token and method in self.door_step_up:
            raise Forbidden("kernel.not_by_token", _("这一步要本人登录后再办，不能用令牌。"))
        level = self.door_step_up.get(method, 0)
        if level and not stepup.reached(request._request, level):
            raise stepup.StepUp(level, stepup.where(request._request, level))
        if writing:
            self._once(request)
            self._unchanged(request)

    def _once(self, request: Request) -> None:
        """:raises AnsweredBefore: this very request was done under its key. :raises Refused: the answer is not kept."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return
        # Before anything asks for the data: the fingerprint is of the bytes, which are gone once they were parsed.
        seen = idempotency.fingerprint(request._request)
        earlier = idempotency.claim(scope=self.scope, key=key, fingerprint=seen, now=now())
        if earlier is not None and not self.door_keeps:
            raise Refused("kernel.done_before", _("这件事用同一个标识已经办过；里面有只显示一次的内容，不再给出。"))
        if earlier is not None:
            raise AnsweredBefore(earlier)
        self.key_claimed = key if self.door_keeps else ""

    def _unchanged(self, request: Request) -> None:
        """
        The thing is still what the sender saw. What is changed by others from here on, PostgreSQL notices: the transaction
        is a steady one.

        :raises Changed:
        """
        wanted = request.headers.get("If-Match", "")
        if not wanted:
            return
        found = self.thing(request.path_info)
        if found is None:
            raise NoMark
        owner, parts = found
        self.scope.require(owner.door_grants["GET"])
        if not shapes.matches(wanted, shapes.etag_of(owner.as_read(request, self.scope, parts))):
            raise Changed

    @classmethod
    def thing(cls, path: str) -> tuple[type[DoorView], dict[str, Any]] | None:
        """The address that shows what an address acts on, with its parts: itself, or the nearest above that names one."""
        while path.count("/") > _ROOT:
            try:
                match = resolve(path)
            except Resolver404:
                match = None
            owner = getattr(match.func, "cls", None) if match else None
            if match and match.kwargs and isinstance(owner, type) and issubclass(owner, DoorView):
                same_room = (owner.door_own, owner.door_shared) == (cls.door_own, cls.door_shared)
                if "GET" in owner.door_grants and same_room:
                    return owner, match.kwargs
            path = path.rstrip("/").rpartition("/")[0] + "/"
        return None

    @classmethod
    def as_read(cls, request: Request, scope: Scope, parts: dict[str, Any]) -> Any:
        """What a plain GET of this address answers, in the open transaction."""
        plain = copy.copy(request._request)
        plain.method, plain.GET = "GET", QueryDict("")
        view = cls()
        view.scope, view.args, view.kwargs = scope, (), parts
        view.request = view.initialize_request(plain)
        return view.get(view.request, scope, **parts).data  # type: ignore[attr-defined]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        http = request._request
        if isinstance(response, Response) and response.status_code == 200 and http.method == "GET":
            response = self._shaped(request, response)
        if isinstance(response, Response) and response.status_code == 202 and "job" in (response.data or ()):
            response.headers.setdefault("Location", reverse("api-job", args=[response.data["job"]]))
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        for name, value in limits.headers_of(self.rates).items() if self.rates else ():
            response.headers[name] = value
        return response

    def _shaped(self, request: Request, response: Response) -> Any:
        etag = shapes.etag_of(response.data)
        try:
            response.data, headers = shapes.shaped(request._request, response.data)
        except Refused as refused:
            return self.handle_exception(refused)
        for name, value in headers.items():
            response.headers[name] = value
        return shapes.unchanged(request._request, response, etag)


def _seated_elsewhere(request: Request) -> Elsewhere | None:
    """Of somebody who is signed in and has no role here: where the body is in which he has one."""
    return elsewhere.find({"person": request.user.pk}, None) if request.user and request.user.is_authenticated else None
