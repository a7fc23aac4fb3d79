"""The hand-off page over real HTTP on loopback, and the sink that counts "done" alone as delivered."""

import asyncio
import re
from datetime import UTC, datetime

import httpx
import pytest

from provision.errors import PageChangedError, PersonNeededError
from provision.ports import Parcel
from provision.secret import Secret
from provision.sinks import handoff, terminal
from provision.sinks.handoff import hand_over
from provision.sinks.handoff_page import HandedField, page
from provision.sinks.person import PersonSink
from provision.sinks.profile_reading import load

CANARY = "cAnAry~<&>-42"
FIELDS = (
    HandedField("Host Name", "smtp.office365.com", read_only=True),
    HandedField("Client ID", "the <id>"),
    HandedField("Client Secret", secret=lambda: CANARY),
    HandedField("Reply to"),
)


def talk(script, *, patience_s=10):
    """Runs hand_over; `script(client, base)` is the person. Returns (done, what was announced)."""
    said = []

    async def main():
        task = asyncio.create_task(
            hand_over("Form", FIELDS, ("Press Authorize.",), patience_s=patience_s, announce=said.append)
        )
        while not said:
            await asyncio.sleep(0)
        base = re.search(r"http://\S+/", said[0])[0]
        async with httpx.AsyncClient(trust_env=False) as client:
            await script(client, base)
        return await task

    return asyncio.run(main()), said


def test_page_values_in_order_without_the_secret():
    async def script(client, base):
        page = await client.get(base)
        assert page.status_code == 200
        places = [page.text.index(f">{label}<") for label in ("Host Name", "Client ID", "Client Secret", "Reply to")]
        assert places == sorted(places)
        assert "the &lt;id&gt;" in page.text
        assert "Press Authorize." in page.text
        assert CANARY not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        nonce = re.search(r"script-src 'nonce-([^']+)'", page.headers["content-security-policy"])[1]
        assert f'<script nonce="{nonce}">' in page.text
        assert nonce not in (await client.get(base)).headers["content-security-policy"]
        await client.post(base + "done")

    done, _ = talk(script)
    assert done is True


def test_the_secret_is_shown_once():
    async def script(client, base):
        first, second = await asyncio.gather(client.post(base + "reveal"), client.post(base + "reveal"))
        assert sorted([first.status_code, second.status_code]) == [200, 410]
        assert {first.text, second.text} == {CANARY, "Shown already."}
        assert (await client.get(base + "reveal")).status_code == 404
        assert "Shown already" in (await client.get(base)).text
        await client.post(base + "failed")

    done, _ = talk(script)
    assert done is False


def test_only_the_address_and_its_own_page_are_answered():
    async def script(client, base):
        root = base.split("/", 3)
        port = root[2].rsplit(":", 1)[1]
        wrong = [
            await client.get(f"http://{root[2]}/"),
            await client.get(f"http://{root[2]}/{'x' * 43}/"),
            await client.get(base, headers={"Host": f"evil.example:{port}"}),
            await client.post(base + "reveal", headers={"Origin": "https://evil.example"}),
            await client.post(base + "done", headers={"Origin": "null"}),
        ]
        assert {w.status_code for w in wrong} == {404}
        assert (await client.post(base + "reveal")).text == CANARY
        await client.post(base + "done")

    assert talk(script)[0] is True


def test_it_closes_by_itself():
    addresses = []

    async def script(client, base):
        addresses.append(base)

    done, said = talk(script, patience_s=0.2)
    assert done is False
    assert CANARY not in "".join(said)
    with pytest.raises(httpx.ConnectError):
        httpx.get(addresses[0], trust_env=False)


def test_done_is_done_also_where_the_page_was_closed_before_the_answer(monkeypatch):
    def closed(handler, *_):
        raise BrokenPipeError

    async def script(client, base):
        monkeypatch.setattr(handoff._Handler, "_answer", closed)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(base + "done")

    assert talk(script)[0] is True


def test_what_is_easily_mistaken_stands_beside_it_on_the_page_and_on_a_terminal():
    fields = []

    async def show(title, given, steps, **_):
        fields.extend(given)
        return True

    asyncio.run(sink(print, show=show).deliver(parcel()))
    text = page("x", fields, (), "n", shown=False, left_s=60)
    lines = terminal._lines("x", fields, ())
    for label, taken_for in (("Client ID", "Object ID"), ("Client Secret", "Secret ID")):
        assert f"not the {taken_for}." in text[text.index(f">{label}</th>") :].partition("</tr>")[0]
        assert next(line for line in lines if line.startswith(f"  {label} ")).endswith(f"(not {taken_for})")


def test_it_logs_nothing(capfd):
    async def script(client, base):
        await client.get(base)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(base.split(":")[2].split("/")[0]))
        writer.write(b"nonsense\r\n\r\n")
        await reader.read()
        writer.close()
        await client.post(base + "reveal")
        await client.post(base + "done")

    talk(script)
    assert capfd.readouterr() == ("", "")


def test_a_field_does_not_show_its_secret():
    assert CANARY not in repr(FIELDS)


# -- the sink


def parcel(redirect_uri="https://app.mspbots.ai/web/um/smtp/redirect"):
    return Parcel("client", "key-1", Secret(CANARY), "tenant", "https://a/authorize", "https://a/token", {redirect_uri},
                  datetime(2027, 1, 1, tzinfo=UTC))  # fmt: skip


def sink(said, **other):
    values = {"username": "reports@contoso.com", "reply_to": "", "signature": "Contoso"}
    return PersonSink("abc", "mspbots", load("mspbots"), values,
                      announce=said, **{"interactive": True, "patience_s": 10, **other})  # fmt: skip


@pytest.mark.parametrize("press", ["done", "failed"])
def test_only_done_is_delivered(press):
    async def main():
        loop, address = asyncio.get_running_loop(), asyncio.Event()
        said = []
        one = sink(lambda text: (said.append(text), loop.call_soon(address.set)))
        task = asyncio.create_task(one.deliver(parcel()))
        await address.wait()
        base = re.search(r"http://\S+/", said[0])[0]
        async with httpx.AsyncClient(trust_env=False) as client:
            page = (await client.get(base)).text
            assert "reports@contoso.com" in page
            assert "smtp.office365.com" in page
            assert CANARY not in page
            await client.post(base + press)
        await task

    if press == "done":
        asyncio.run(main())
    else:
        with pytest.raises(PersonNeededError):
            asyncio.run(main())


def test_without_a_person_it_is_not_ready():
    one = sink(print, interactive=False)
    readiness = asyncio.run(one.ready())
    assert (readiness.ok, readiness.person) == (False, True)
    assert readiness.reason
    with pytest.raises(PersonNeededError):
        asyncio.run(one.deliver(parcel()))


def test_an_app_with_another_redirect_uri_is_refused_before_anything_is_shown():
    said = []
    with pytest.raises(PageChangedError):
        asyncio.run(sink(said.append).deliver(parcel("https://other.example/")))
    assert said == []


def test_settings_know_every_value():
    one, given = sink(print), {"client_id": "c", "authorization_url": "a", "token_url": "t", "redirect_uri": "r"}
    assert one.settings(given) == one.settings(given | {"tenant_id": "not in the form"})
    assert one.settings(given) != one.settings(given | {"client_id": "d"})
    assert one.needs_person
