"""Help Scout against shapes of its documentation; the server here is ours and keeps to what that documentation says."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from checks import CLIENT, failures, never_crashes, nobody, openssl
from pydantic import SecretStr
from wire import NOW, Answer, Call, a_case, a_delivery, headers, serving

from voz.errors import InputError
from voz.helpdesk.contract import Answered, Ignored, Several, Unverified, conversation_of, whole
from voz.helpdesk.help_scout import HelpScout, HelpScoutSettings
from voz.service.receive import Incoming
from voz.service.service import CannotTell, Undelivered

SECRET = "mZ9XbGHodX"
# developer.helpscout.com/mailbox-api/endpoints/conversations/threads/list and /webhooks/objects/conversation
CUSTOMER = {"id": 29418, "type": "customer", "first": "Ana", "last": "Ruiz", "email": "ana@example.com"}
EVA, VOZ = {"id": 9, "type": "user", "first": "Eva"}, {"id": 4, "type": "user", "first": "voz"}


def thread(number: int, kind: str, by: Any, body: str, second: int = 0, state: str = "published") -> dict[str, Any]:
    at = (NOW + dt.timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": number, "type": kind, "status": "active", "state": state, "body": body, "createdBy": by,
            "source": {"type": "email", "via": by["type"]}, "customer": CUSTOMER, "createdAt": at}  # fmt: skip


SAMPLE: dict[str, Any] = {
    "id": 501, "number": 12, "type": "email", "status": "active", "state": "published", "subject": "Cobro doble",
    "mailboxId": 123, "createdAt": "2026-03-02T09:00:00Z", "primaryCustomer": CUSTOMER,
    "_embedded": {"threads": [
        thread(11, "customer", CUSTOMER, "¿Y mi <b>dinero</b>?", 2), thread(10, "message", EVA, "Ya", 1),
    ]},
}  # fmt: skip


def desk(url: str, mode: str = "draft", clock: Any = lambda: NOW) -> HelpScout:
    base: dict[str, Any] = {"url": url, "app_id": "app", "app_secret": SecretStr("shh"), "user_id": 4}
    return HelpScout(HelpScoutSettings(**base, secret=SecretStr(SECRET), mode=mode), CLIENT, clock)


def parsed(url: str = "http://x.example", event: str = "convo.customer.reply.created", **changed: Any) -> Any:
    return whole(unread(url, event, **changed))


def unread(url: str, event: str = "convo.customer.reply.created", **changed: Any) -> Any:
    return desk(url).parse(headers(x_helpscout_event=event), json.dumps({**SAMPLE, **changed}).encode())


class Fake:
    """A Help Scout with conversation 501: tokens that end, threads newest first, two a page, and empty 201s."""

    def __init__(self) -> None:
        self.threads: list[dict[str, Any]] = []
        self.fail: Answer | None = None
        self.lost, self.lists_drafts, self.tokens = False, False, 0

    def writes(self) -> int:
        return len(self.threads)

    def __call__(self, call: Call) -> Answer:
        if call.path == "/v2/oauth2/token":
            assert call.json["grant_type"] == "client_credentials"
            if call.json["client_secret"] != "shh":
                return Answer(401, {"error": "invalid_client"})
            self.tokens += 1
            return Answer(200, {"token_type": "bearer", "access_token": f"t{self.tokens}", "expires_in": 172800})
        if call.headers.get("authorization") != f"Bearer t{self.tokens}":
            return Answer(401, {"error": "invalid_token"})
        if (call.method, call.path) == ("GET", "/v2/conversations/501"):
            return Answer(200, {name: value for name, value in SAMPLE.items() if name != "_embedded"})
        if (call.method, call.path) == ("GET", "/v2/conversations/501/threads"):
            shown = [one for one in self.threads if self.lists_drafts or one["state"] != "draft"]
            number, pages = int(call.query.get("page", 1)), (len(shown) + 1) // 2
            page = {"size": 2, "totalElements": len(shown), "totalPages": pages, "number": number}
            listed = shown[2 * number - 2 : 2 * number]
            return Answer(200, {"_embedded": {"threads": listed}, "page": page} if listed else {"page": page})
        if call.method != "POST" or call.path.rsplit("/", 1)[0] != "/v2/conversations/501":
            return Answer(404, {})
        if self.fail:
            return self.fail
        note, body = call.path.endswith("/notes"), call.json
        assert note or body["customer"] == {"id": 29418}
        assert body["user"] == 4
        state = "draft" if body.get("draft") else "published"
        number = 100 + len(self.threads)
        made = thread(number, "note" if note else "message", VOZ, body["text"], len(self.threads), state)
        self.threads.insert(0, made)
        return Answer(201, None, (("Resource-ID", str(number)),), lost=self.lost)


@pytest.fixture
def fake() -> Iterator[tuple[Fake, str]]:
    served = Fake()
    with serving(served) as url:
        yield served, url


def test_signature() -> None:
    body = json.dumps(SAMPLE).encode()
    good = base64.b64encode(openssl("sha1", SECRET.encode(), body)).decode()
    scout = desk("http://x.example")
    scout.verify(headers(x_helpscout_signature=good), body, NOW)
    for sent, changed, said in (
        (headers(), body, "missing"),
        (headers(x_helpscout_signature=good), body + b"\n", "wrong"),
    ):
        with pytest.raises(Unverified, match=f"X-HelpScout-Signature is {said}") as refused:
            scout.verify(sent, changed, NOW)
        assert good not in str(refused.value)


def test_what_comes_in(fake: tuple[Fake, str]) -> None:
    both = parsed()
    assert isinstance(both, Several)
    answer, told = both.entries
    assert isinstance(answer, Answered)
    assert isinstance(told, Incoming)
    assert (told.source, told.external_id, told.thread) == ("help_scout", "11", "501")
    assert (told.message.text, told.message.author) == ("¿Y mi dinero?", "Ana Ruiz")
    assert isinstance(parsed(event="convo.agent.reply.created"), Answered)
    assert isinstance(parsed(event="convo.note.created"), Ignored)
    served, url = fake
    served.threads = [thread(21, "customer", CUSTOMER, "De nuevo", 5), *SAMPLE["_embedded"]["threads"]]
    listed = parsed(url, _embedded=None)  # a body without its threads
    assert [one.external_id for one in listed.entries] == ["10", "11", "21"]
    named = unread(nobody(), _embedded=None)  # asks nobody
    assert conversation_of(named) == "501"
    with pytest.raises(CannotTell, match="Help Scout cannot be read"):
        whole(named)
    with pytest.raises(InputError, match=r"_embedded\.threads\.0\.createdAt"):
        parsed(_embedded={"threads": [{**thread(1, "customer", CUSTOMER, "x"), "createdAt": None}]})


def test_hostile_bodies(fake: tuple[Fake, str]) -> None:
    scout = desk(fake[1])
    for event in ("convo.created", "convo.agent.reply.created"):
        never_crashes(lambda body, e=event: scout.parse(headers(x_helpscout_event=e), body), SAMPLE)


@pytest.mark.parametrize("mode", ["reply", "note"])
def test_posted_once_and_found_again(fake: tuple[Fake, str], mode: str) -> None:
    served, url = fake
    delivery, case, scout = a_delivery("Hola:\n<b> & {%customer.email%}"), a_case("501"), desk(url, mode)
    assert scout.find(delivery, case) is None
    receipt = scout.post(delivery, case)
    assert served.threads[0]["body"] == "Hola:<br>&lt;b&gt; &amp; &#123;%customer.email%}"
    for place in range(5):
        served.threads.insert(0, thread(200 + place, "customer", CUSTOMER, "x", 10 + place))
    assert scout.find(delivery, case) == receipt == {"id": "100", "conversation": "501", "mode": mode}  # three pages
    served.lost = True
    lost = a_delivery("Otra: https://t.es/?a=1&currency=EUR&section=2 &amp; &nbsp;", id="dl-2")
    with pytest.raises(httpx.HTTPError):
        scout.post(lost, case)
    assert (scout.find(lost, case) or {})["mode"] == mode


def test_a_draft_that_cannot_be_seen_is_asked_of_a_person(fake: tuple[Fake, str]) -> None:
    served, url = fake
    served.lost = True
    delivery, case, scout = a_delivery("Hola"), a_case("501"), desk(url)
    with pytest.raises(httpx.HTTPError):
        scout.post(delivery, case)
    assert served.threads[0]["state"] == "draft"
    with pytest.raises(CannotTell, match="shows no draft"):
        scout.find(delivery, case)
    served.lists_drafts = True
    assert scout.find(delivery, case) == {"id": "100", "conversation": "501", "mode": "draft"}
    assert scout.find(a_delivery("Otra"), case) is None


def test_tokens(fake: tuple[Fake, str]) -> None:
    served, url = fake
    now = [NOW]
    scout = desk(url, "note", lambda: now[0])
    scout.post(a_delivery("uno"), a_case("501"))
    scout.post(a_delivery("dos"), a_case("501"))
    assert served.tokens == 1
    served.tokens += 1  # the one in use is taken back
    scout.post(a_delivery("tres"), a_case("501"))
    assert served.tokens == 3
    now[0] += dt.timedelta(days=2)
    scout.post(a_delivery("cuatro"), a_case("501"))
    assert (served.tokens, served.writes()) == (4, 4)
    wrong = {"url": url, "app_id": "app", "app_secret": SecretStr("no"), "user_id": 4, "secret": SecretStr(SECRET)}
    stranger = HelpScout(HelpScoutSettings(**wrong), CLIENT)  # type: ignore[arg-type]
    with pytest.raises(Undelivered, match="401"):
        stranger.post(a_delivery("cinco"), a_case("501"))
    with pytest.raises(CannotTell):
        stranger.find(a_delivery("cinco"), a_case("501"))


def test_news(fake: tuple[Fake, str]) -> None:
    served, url = fake
    served.threads = [
        thread(3, "note", EVA, "x", 3),
        thread(2, "message", VOZ, "x", 2),
        thread(1, "customer", CUSTOMER, "a"),
    ]
    assert desk(url).news(a_case("501"), NOW) is None
    served.threads.insert(0, thread(4, "customer", CUSTOMER, "<p>¿Hola?</p>", 4))
    assert "The customer (Ana Ruiz) wrote" in (desk(url).news(a_case("501"), NOW) or "")
    served.threads.insert(0, thread(5, "message", EVA, "Le llamo", 5))
    assert "Somebody of the team (Eva)" in (desk(url).news(a_case("501"), NOW) or "")


@pytest.mark.parametrize("mode", ["draft", "note"])
def test_failures(fake: tuple[Fake, str], mode: str) -> None:
    served, url = fake
    failures(served, desk(url, mode), desk(nobody(), mode), a_delivery("Hola"), a_case("501"), {401, 403, 404, 422})
