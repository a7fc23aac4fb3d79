"""A person at the desk, for a demo that nobody attends: types the password and presses Accept, as a person would.

It is a script in the page, so every step runs through the same forms as a real one. Pages carry it only while
`world.data["person"]["present"]` is true (the control port sets that): it holds the emulated person's password.

    world.data["person"] = {"present": true, "accept": true, "username": "…", "password": "…"}
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any, Protocol


class HasData(Protocol):
    """What this module needs of the world."""

    @property
    def data(self) -> MutableMapping[str, Any]: ...


# A page that shows an alert has refused something: the person stops there, and so does not loop on a wrong password.
_SCRIPT = """<script>
// Sandbox only: this script is the emulated person at the desk. Absent while nobody is there.
(() => {
  const person = %s;
  const seen = (element) => element && element.type !== "hidden" && element.offsetParent !== null && !element.readOnly;
  const button = (form, pattern) => [...form.querySelectorAll("button, input[type=submit]")]
    .find((one) => pattern.test((one.textContent || one.value || "").trim()));
  const named = (form) => [...form.querySelectorAll("button")]
    .find((one) => one.textContent.trim() === person.username);
  const act = () => {
    if (document.querySelector("[role=alert]")) return;
    for (const form of document.querySelectorAll("form")) {
      const name = [...form.querySelectorAll(
        "input[name=username], input[name=login], input[name=loginfmt], input[type=email]")].find(seen);
      const password = [...form.querySelectorAll("input[type=password]")].find(seen);
      const code = [...form.querySelectorAll("input[autocomplete=one-time-code]")].find(seen);
      if (name && !name.value) name.value = person.username;
      if (password) password.value = person.password;
      if (code) code.value = person.code;
      if (name || password || code) return form.requestSubmit(button(form, /^(sign in|next|log in|verify)$/i));
    }
    const answer = person.accept ? /^(accept|approve)$/i : /^(cancel|deny)$/i;
    for (const form of document.querySelectorAll("form")) {
      const choice = button(form, answer) || named(form);
      if (choice) return choice.click();
    }
  };
  setTimeout(act, 300);
})();
</script>"""


def present(world: HasData) -> bool:
    return bool((world.data.get("person") or {}).get("present"))


def desk_script(
    world: HasData, *, username: str | None = None, password: str | None = None, code: str | None = None
) -> str:
    """The inline script of a sign-in or consent page, or "" while nobody is there.

    username and password: for a page where the person has another account than in `world.data["person"]`.
    code: what the person's authenticator app shows, for a page that asks for it.
    """
    if not present(world):
        return ""
    person = world.data["person"]
    facts = {
        "username": username or person.get("username", ""),
        "password": password or person.get("password", ""),
        "code": code or "",
        "accept": bool(person.get("accept", True)),
    }
    text = json.dumps(facts)  # ASCII only, so what is left to escape is what would end the script element
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return _SCRIPT.replace("%s", text, 1)
