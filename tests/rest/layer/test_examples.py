"""The examples of the API's description are true: sent again, each is answered as it says."""

from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from falin.kernel.rest.describing import description
from falin.portal.rest.examples import examples
from tests.world import World

_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+-]+Z?")
_MARK = re.compile(r'^"[0-9a-f]{32}"$')


def alike(answer: Any) -> Any:
    """An answer without what differs from run to run."""
    if isinstance(answer, dict):
        return {
            name: "id" if name.endswith("id") and isinstance(one, int) else alike(one) for name, one in answer.items()
        }
    if isinstance(answer, list):
        return [alike(one) for one in answer]
    if isinstance(answer, str):
        return _MARK.sub("mark", _MOMENT.sub("moment", _UUID.sub("uuid", answer)))
    return answer


def filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], name[0]), text)


def sent(sign_in: Any, example: dict[str, Any], known: dict[str, str]) -> Any:
    path = filled(example["path"], known)
    body = "" if example["body"] is None else filled(json.dumps(example["body"]), known)
    headers = {"X-CSRFToken": "d" * 32}
    client = sign_in(example["who"])
    client.cookies["csrftoken"] = "d" * 32
    return client.generic(example["method"], path, body, "application/json", headers=headers)


def test_every_example_is_answered_as_it_says(world: World, sign_in: Any) -> None:
    known: dict[str, str] = {}
    for example in examples():
        answer = sent(sign_in, example, known)
        assert answer.status_code == example["status"], (example["act"], answer.content)
        assert alike(answer.json()) == alike(example["answer"]), example["act"]
        for name, field in example.get("keeps", {}).items():
            known[name] = str(answer.json()[field])


def test_every_example_fits_the_description() -> None:
    document = description()
    shown = {
        operation["operationId"]: (operation, f"{method.upper()} {path}")
        for path, methods in document["paths"].items() for method, operation in methods.items()
    }  # fmt: skip
    for example in examples():
        operation, _where = shown[example["act"]]
        media = operation["responses"][str(example["status"])]["content"]["application/json"]
        Draft202012Validator({**media["schema"], "components": document["components"]}).validate(example["answer"])
        assert media["example"] == example["answer"]
