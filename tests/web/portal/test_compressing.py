"""Pages go over the line compressed and padded; files and the API's answers go as they are."""

from __future__ import annotations

import gzip
import re
from base64 import b64decode
from typing import Any

from django.http import FileResponse, HttpResponse
from django.test import RequestFactory

from falin.kernel.headers import CompressingMiddleware
from tests.world import World

PACKED = {"Accept-Encoding": "gzip"}
LONG = b"a,b,c\n" * 500


def test_every_page_is_compressed_and_its_length_says_nothing(world: World, sign_in: Any) -> None:
    for client, path in (
        (sign_in("county"), "/advisers/"),
        (sign_in("leader"), "/"),
        (sign_in("street"), "/public/330106/"),
    ):
        answers = [client.get(path, headers=PACKED) for _again in range(8)]
        plain = client.get(path)
        assert "Content-Encoding" not in plain.headers and "Accept-Encoding" in plain.headers["Vary"]
        assert {answer.headers["Content-Encoding"] for answer in answers} == {"gzip"}
        assert max(len(answer.content) for answer in answers) * 3 < len(plain.content) * 2
        assert len({len(answer.content) for answer in answers}) > 1  # padded by chance
        assert "法邻" in gzip.decompress(answers[0].content).decode()


def test_what_is_taken_home_and_what_streams_goes_as_it_is() -> None:
    file = HttpResponse(LONG, headers={"Content-Disposition": "attachment; filename=a.csv"})
    for made in (file, FileResponse(iter([LONG]))):
        request = RequestFactory().get("/files/1/", headers=PACKED)
        assert CompressingMiddleware(lambda _request, made=made: made)(request) is made
        assert "Content-Encoding" not in made.headers


def test_an_answer_of_the_api_keeps_its_strong_mark(world: World, sign_in: Any) -> None:
    answer = sign_in("county").get("/api/v1/advisers/vacancies/", headers=PACKED)
    assert len(answer.content) > 200 and "Content-Encoding" not in answer.headers
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])


def test_a_page_that_did_not_change_is_still_304_when_it_is_compressed(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    mark = client.get("/public/330106/", headers=PACKED).headers["ETag"]
    assert client.get("/public/330106/", headers={**PACKED, "If-None-Match": mark}).status_code == 304


def test_the_key_of_drafts_stands_under_another_mask_on_each_page(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    pages = [client.get("/advisers/new/").content.decode() for _again in range(3)]
    raw = [b64decode(re.findall(r'data-draft-key="([^"]+)"', page)[0]) for page in pages]
    assert len(set(raw)) == 3 and len({one[32:] for one in raw}) == 3
    keys = {bytes(mask ^ byte for mask, byte in zip(one[:32], one[32:], strict=True)) for one in raw}
    assert len(keys) == 1 and len(keys.pop()) == 32
