"""When advisers can be met, for programs: the same list and the same commands as the pages'."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from services.duty import commands, queries
from services.duty.rest.serializers import PostedHoursIn, PostedHoursOut, PostOut, PostsAsked


class Posts(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"GET": "duty.post"}

    @extend_schema(parameters=[PostsAsked], responses=PostOut(many=True), operation_id="duty_hours_posted")
    def get(self, request: Request, scope: Scope) -> Response:
        """The communities of the scope, with what is posted for each; the unposted first."""
        asked = PostsAsked(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Response(PostOut(queries.list_posts(scope=scope, **asked.validated_data), many=True).data)


class Post(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"PUT": "duty.post", "DELETE": "duty.post"}

    @extend_schema(request=PostedHoursIn, responses=PostedHoursOut, operation_id="duty_hours_post")
    def put(self, request: Request, scope: Scope, node_id: int) -> Response:
        """Post when and where a community's adviser can be met; what was posted before is replaced."""
        given = PostedHoursIn(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(
            PostedHoursOut(commands.post_hours(scope=scope, node_id=node_id, now=now(), **given.validated_data)).data
        )

    @extend_schema(responses={204: None}, operation_id="duty_hours_withdraw")
    def delete(self, request: Request, scope: Scope, node_id: int) -> Response:
        """Take what is posted for a community off the board."""
        commands.withdraw_hours(scope=scope, node_id=node_id, now=now())
        return Response(status=204)


class PostRestored(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "duty.post"}

    @extend_schema(request=None, responses=PostedHoursOut, operation_id="duty_hours_restore")
    def post(self, request: Request, scope: Scope, node_id: int) -> Response:
        """Take the withdrawing back, within ten minutes."""
        return Response(PostedHoursOut(commands.restore_hours(scope=scope, node_id=node_id, now=now())).data)
