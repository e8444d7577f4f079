"""
A client of Falin's API for programs, the standard library only.

    client = Falin("https://falin.example.gov.cn", token)
    for page in client.all(client.firms_list(q="律师")):
        print([firm["name"] for firm in page["rows"]])
    seen = client.advisers_get(adviser_id=number)
    client.advisers_correct(adviser_id=number, body={"licence": "13301201010000001"}, match=seen.etag)

What is read comes as ``Seen``: its body, its mark, and where its next page is. Methods and shapes are made from the API's
description (``falin.client.api``). Every write goes under a key of its own, so that what is sent again after silence is done
once.
"""

from falin.client.api import Falin
from falin.client.line import Answer, Problem, Seen, Unreached

__all__ = ["Answer", "Falin", "Problem", "Seen", "Unreached"]
