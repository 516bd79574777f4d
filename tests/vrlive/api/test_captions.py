"""Captions over HTTP: what viewers are told of what is said, how fast, and what is refused."""

import json
from typing import Any

import httpx
import pytest

from tests.vrlive.api.staged import PLACE, SECRET, TOKEN, WITH_IT, Stage, client_of
from vrlive import captions
from vrlive.api.show_models import CAPTION_CHARACTERS, Caption
from vrlive.captions import AT_ONCE, KEPT, MOST_LANGUAGES, Captions
from vrlive.clock import now_s, wall_offset_s
from vrlive.tokens import make_token

HOSTILE = "<b onclick=alert(1)>&amp; --> \u202e{{7*7}} \u0e4e\u0e4e"


def heard(stage: Stage) -> list[dict[str, Any]]:
    return [event for event in stage.events if event["type"] == "caption"]


async def say(client: httpx.AsyncClient, **said: object) -> httpx.Response:
    return await client.post(f"{PLACE}/captions", json=said, headers=WITH_IT)


async def test_viewers_hear_what_is_said_with_the_time_of_its_picture(client: httpx.AsyncClient, stage: Stage) -> None:
    before_ms = (now_s() + wall_offset_s()) * 1e3
    answer = await say(client, text=HOSTILE, lang="en-GB", duration_s=4)
    after_ms = (now_s() + wall_offset_s()) * 1e3
    [event] = heard(stage)
    [said] = event["captions"]
    assert (said["text"], said["lang"], said["duration_s"]) == (HOSTILE, "en-gb", 4)
    assert before_ms - 1 <= said["at_ms"] <= after_ms + 1
    assert (answer.status_code, answer.json()) == (200, {"revision": 1, "captions": [said]})


async def test_each_language_has_its_newest_and_nothing_ends_one_or_all(client: httpx.AsyncClient, stage: Stage) -> None:
    for said in (("Hello", "en"), ("你好", "zh"), ("Good evening", "en"), ("", "zh"), (" \n", "")):
        assert (await say(client, text=said[0], lang=said[1])).status_code == 200
    told = [[(each["lang"], each["text"]) for each in event["captions"]] for event in heard(stage)]
    assert told == [
        [("en", "Hello")],
        [("en", "Hello"), ("zh", "你好")],
        [("en", "Good evening"), ("zh", "你好")],
        [("en", "Good evening"), ("zh", "")],
        [("en", ""), ("zh", "")],
    ]


async def test_lines_are_kept_and_what_is_around_them_is_not(client: httpx.AsyncClient, stage: Stage) -> None:
    await say(client, text="\n  A dress, \r\n\r\n\tcut on the bias \x0b")
    assert heard(stage)[0]["captions"][0] == heard(stage)[0]["captions"][0] | {
        "text": "A dress,\ncut on the bias",
        "lang": "",
        "duration_s": 6,
    }


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "text: Field required"),
        ({"text": 3}, "text: "),
        ({"text": "x" * (CAPTION_CHARACTERS + 1)}, f"text: String should have at most {CAPTION_CHARACTERS} characters"),
        ({"text": "a\nb\nc\nd"}, "text: a caption has 3 lines at most, not 4"),
        ({"text": "bell \x07"}, "text: must not hold the control character U+0007"),
        ({"text": "\x1b[31mred"}, "text: must not hold the control character U+001B"),
        ({"text": "nul \0"}, "text: "),
        ({"text": "a", "lang": "english please"}, "lang: "),
        ({"text": "a", "lang": "en\n"}, "lang: "),
        ({"text": "a", "lang": "en" + "-abc" * 20}, "lang: "),
        ({"text": "a", "duration_s": 0.1}, "duration_s: "),
        ({"text": "a", "duration_s": 61}, "duration_s: "),
        ({"text": "a", "duration_s": 1e999}, "duration_s: "),
        ({"text": "a", "colour": "red"}, "colour: Extra inputs are not permitted; known are text, lang, duration_s"),
        (["a"], "an object with any of text, lang, duration_s"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_shown_to_nobody(
    client: httpx.AsyncClient, stage: Stage, said: object, problem: str
) -> None:
    answer = await client.post(f"{PLACE}/captions", content=json.dumps(said), headers=WITH_IT)
    assert answer.status_code == 422
    assert problem in answer.json()["error"]
    assert heard(stage) == []


async def test_half_a_character_and_a_long_body_are_refused(client: httpx.AsyncClient, stage: Stage) -> None:
    for body, status in ((b'{"text": "\\ud800"}', 422), (b'{"text": "\xff"}', 422), (b'{"text": "' + b"x" * 5000 + b'"}', 413)):
        assert (await client.post(f"{PLACE}/captions", content=body, headers=WITH_IT)).status_code == status
    assert heard(stage) == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_without_the_control_token_nobody_is_heard(client: httpx.AsyncClient, stage: Stage, headers: dict[str, str]) -> None:
    answer = await client.post(f"{PLACE}/captions", json={"text": "I am not the host"}, headers=headers)
    assert (answer.status_code, heard(stage)) == (401, [])
    unknown = await client.post("/api/v1/channels/stadge/captions", json={"text": "a"}, headers=WITH_IT)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "there is no channel “stadge”; there is stage")
    other = await client.put(f"{PLACE}/captions", json={"text": "a"}, headers=WITH_IT)
    assert (other.status_code, other.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_more_than_anybody_reads_is_refused(client: httpx.AsyncClient, stage: Stage) -> None:
    then_s = now_s() + 1000
    for n in range(int(AT_ONCE)):
        stage.show.captions.show(Caption(text=str(n)), then_s)
    answer = await say(client, text="and more")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "too fast: 5 a second" in answer.json()["error"]
    assert len(heard(stage)) == AT_ONCE
    stage.show.captions.show(Caption(text="later"), then_s + 1)
    assert heard(stage)[-1]["captions"][0]["text"] == "later"


async def test_who_looks_back_gets_what_was_said(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{PLACE}/captions")).json() == {"revision": 0, "captions": []}
    await say(client, text="One", lang="en")
    await say(client, text="Two", lang="en")
    answer = await client.get(f"{PLACE}/captions")
    assert answer.headers["cache-control"] == "no-cache"
    assert ([each["text"] for each in answer.json()["captions"]], answer.json()["revision"]) == (["One", "Two"], 2)


async def test_what_is_said_is_for_those_who_may_watch(stage: Stage) -> None:
    async with client_of(stage, watch="token") as client:
        assert (await client.get(f"{PLACE}/captions")).status_code == 401
        answer = await client.get(f"{PLACE}/captions?access_token={make_token(SECRET, 'stage', 'watch', 4e9)}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")


def test_a_show_of_many_hours_in_many_languages_takes_no_more_room() -> None:
    events: list[dict[str, Any]] = []
    spoken = Captions(events.append)
    begin_s = now_s()
    for n in range(2 * KEPT):
        spoken.show(Caption(text="x", lang=f"a{chr(97 + n % 26)}"), begin_s + n)
    assert (len(spoken.said), len(spoken.newest), spoken.revision) == (KEPT, MOST_LANGUAGES, 2 * KEPT)
    assert [each["lang"] for each in events[-1]["captions"]][-1] == f"a{chr(97 + (2 * KEPT - 1) % 26)}"
    assert len(events[-1]["captions"]) == MOST_LANGUAGES
    assert events[-1]["type"] == captions.EVENT


async def test_openapi_describes_it(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]["/api/v1/channels/{channel}/captions"]
    body = paths["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (set(body["properties"]), body["required"]) == ({"text", "lang", "duration_s"}, ["text"])
    assert {"401", "404", "429"} <= set(paths["post"]["responses"])
    assert paths["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/CaptionList")
