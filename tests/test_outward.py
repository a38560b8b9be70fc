"""Nothing is posted to this machine or its own network, however the address is written or its name resolved."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from receiver import receiver

from voz.errors import InputError
from voz.service import outward
from voz.service.outward import Forbidden, Unreached, checked, is_public, post

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
    "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:a9fe:a9fe::", "no address",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook", "https://localhost:8000/", "https://2130706433/", "https://0x7f000001/",
        "https://0177.0.0.1/", "https://127.1/", "https://[::1]/", "https://[::ffff:7f00:1]/", "https://localhost./",
        "https://169.254.169.254/latest/meta-data/", "https://0/", "https://[fe80::1]/", "https://10.0.0.7:9200/_all",
    ],
)  # fmt: skip
def test_an_inner_address_is_refused_when_it_is_added_and_when_it_is_used(url: str) -> None:
    with pytest.raises(InputError):
        checked(url)
    with pytest.raises((Forbidden, Unreached)) as caught:
        post(url, b"{}", {})
    assert isinstance(caught.value, Forbidden)


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://example.org/", "file:///etc/passwd", "https://", "https://user:pw@example.org/", "//example.org",
        "https://example.org/#x", "https://example.org:99999/", "https://example.org:0/", "https://ex ample.org/",
        "https://example.org/\r\nHost: x", "https://exámple.org/", "https://example.org\\@127.0.0.1/", "gopher://x/",
        "https://" + "a" * 3_000, "https://[::1", "http://example.org/", "https://0.AAA*/", "https://a_b.$HOST/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        checked(url)


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Names resolve to these from now on, the last one for ever; the names that were asked for."""
    asked: list[str] = []
    left = list(addresses)
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        answer = left.pop(0) if len(left) > 1 else left[0]
        return [found for one in answer.split(",") for found in real(one, port, *rest, **more)]

    monkeypatch.setattr(outward.socket, "getaddrinfo", resolve)
    return asked


def test_a_name_that_has_an_inner_address_too_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "8.8.8.8,127.0.0.1")
    with pytest.raises(InputError):
        checked("https://mixed.example/")
    with pytest.raises(Forbidden):
        post("https://mixed.example/", b"{}", {})


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer would be this machine: it is never asked for, and the connection goes to the first."""
    connected: list[Any] = []
    with receiver() as here:
        port = int(here.url.rsplit(":", 1)[1].split("/")[0])
        asked = resolves_to(monkeypatch, "192.88.99.1", "127.0.0.1")
        monkeypatch.setattr(outward, "is_public", lambda address: address == "192.88.99.1")

        class Watched(socket.socket):
            def connect(self, place: Any) -> None:
                connected.append(place)
                raise OSError("unreachable here")

        monkeypatch.setattr(outward.socket, "socket", Watched)
        with pytest.raises(Unreached):
            post(f"https://rebinding.example:{port}/hook", b"{}", {})
        assert connected == [("192.88.99.1", port)]
        assert asked == ["rebinding.example"]
        assert here.got == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as proxy, receiver() as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert post(there.url, b"{}", {"x-one": "1"}, private=True).status == 200
        assert proxy.got == []
        assert there.got[0].headers["x-one"] == "1"


def test_a_receiver_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "WHOLE_SECONDS", 0.5)
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        taken, _ = listener.accept()
        try:
            for _ in range(100):
                taken.sendall(b"H")
                time.sleep(0.05)
        except OSError:
            pass
        finally:
            taken.close()

    threading.Thread(target=drip, daemon=True).start()
    began = time.monotonic()
    with pytest.raises(Unreached):
        post(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"{}", {}, private=True)
    listener.close()
    assert time.monotonic() - began < 4


def test_nobody_there_and_no_such_name_are_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(Unreached):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, private=True)
    with pytest.raises(Unreached, match="cannot be resolved"):
        post("https://no-such-name.invalid/", b"{}", {})
    assert checked("https://no-such-name.invalid/hook") == "https://no-such-name.invalid/hook"


def test_an_unknown_certificate_is_not_taken() -> None:
    with receiver() as plain, pytest.raises(Unreached):
        post(plain.url.replace("http://", "https://"), b"{}", {}, private=True)
    assert plain.got == []


def test_the_next_address_is_tried_where_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as there:
        port = there.url.rsplit(":", 1)[1].split("/")[0]
        resolves_to(monkeypatch, "127.0.0.2,127.0.0.1")  # nobody listens on the first
        assert post(f"http://two.example:{port}/", b"{}", {}, private=True).status == 200
        assert there.got[0].headers["host"] == f"two.example:{port}"
