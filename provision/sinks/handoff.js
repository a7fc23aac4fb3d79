// The hand-off page: copies, shows the secret for a minute, and clears it from the page and from the clipboard.
// What it shows once it keeps in `secret` alone, and no longer than it is shown or may be in the clipboard.
"use strict";
const MINUTE = 60_000;
const WARN = 20_000;
const at = (id) => document.getElementById(id);
const say = (text) => { at("said").textContent = text; };
const post = async (what) => {
  try { return await fetch(what, { method: "POST", keepalive: true }); } catch { return null; }
};
let secret = "";
let shownUntil = 0; // by the clock of this page; 0: it is not shown
let heldUntil = 0; // 0: nothing of ours is in the clipboard
let warned = false; // that it is about to be hidden
let over = false; // the hand-over

const forget = () => { if (!shownUntil && !heldUntil) secret = ""; };

const copied = (one) => {
  heldUntil = one === "secret" ? Date.now() + MINUTE : 0;
  at("late")?.setAttribute("hidden", "");
  forget();
};

for (const one of document.querySelectorAll("[data-copy]")) one.onclick = async () => {
  const from = at(one.dataset.copy);
  try {
    await navigator.clipboard.writeText(from.textContent);
    copied(one.dataset.copy);
    say(one.dataset.copy === "secret"
      ? `Copied ${one.dataset.label}. It is cleared from the clipboard in one minute.`
      : `Copied ${one.dataset.label}.`);
  } catch {
    getSelection().selectAllChildren(from);
    say(`Selected ${one.dataset.label}: copy it with the keyboard.`);
  }
};
document.oncopy = () => { if (secret) copied(getSelection().toString().trim() === secret ? "secret" : "else"); };

// True or false where the clipboard may be read without asking the person, else null.
const stillThere = async () => {
  try {
    const { state } = await navigator.permissions.query({ name: "clipboard-read" });
    return state === "granted" ? await navigator.clipboard.readText() === secret : null;
  } catch { return null; }
};

const clear = async () => {
  if (!heldUntil) return;
  const since = heldUntil;
  try {
    const there = document.hasFocus() ? await stillThere() : null;
    if (there !== false) await navigator.clipboard.writeText("");
    if (heldUntil !== since) return; // copied anew meanwhile
    heldUntil = 0;
    at("late")?.setAttribute("hidden", "");
    forget();
    if (!over) say(there === false ? "The clipboard holds something else by now, and was left as it is."
      : "The secret was cleared from the clipboard.");
  } catch { // a browser lets a page do that only while it is looked at
    at("late")?.removeAttribute("hidden");
  }
};
const back = () => { if (heldUntil && Date.now() >= heldUntil) clear(); };
for (const event of ["focus", "pointerup", "keyup"]) addEventListener(event, back);

// Off the page, which also scripts of an extension could read.
const hide = () => {
  const active = document.activeElement;
  at("secret").textContent = "";
  at("shown").hidden = at("copy-secret").hidden = true;
  shownUntil = 0;
  forget();
  say("The secret is hidden again. For a new one press I could not, and run again.");
  if (active && active.closest("[hidden]")) at("said").focus();
};

const keep = () => {
  shownUntil = Date.now() + MINUTE;
  warned = false;
  tick();
};

const show = at("reveal");
if (show) {
  show.onclick = async () => {
    show.disabled = true;
    const answer = await post("reveal");
    secret = answer?.ok ? await answer.text() : "";
    if (!secret) {
      say(answer ? "It has been shown already. For a new one press I could not, and run again."
        : "It did not come. Press I could not, and run again for a new one.");
      return at("said").focus();
    }
    at("secret").textContent = secret;
    at("shown").hidden = at("copy-secret").hidden = false;
    keep();
    at("copy-secret").focus();
    say("The secret is shown for one minute.");
  };
  at("keep").onclick = () => { keep(); say("The secret is shown for one minute more."); };
}

const end = (heading, text) => {
  over = true;
  if (shownUntil) hide();
  const title = document.createElement("h1");
  title.textContent = heading;
  title.tabIndex = -1;
  const body = document.createElement("p");
  body.textContent = text;
  const late = at("late") ?? document.createElement("p");
  late.hidden = !heldUntil;
  document.querySelector("main").replaceChildren(title, body, late);
  document.title = heading;
  title.focus();
};

for (const what of ["done", "failed"]) at(what).onclick = async () => {
  at("done").disabled = at("failed").disabled = true;
  const [answer] = await Promise.all([post(what), clear()]);
  if (!answer?.ok) end("Nobody heard it", "The run has ended meanwhile. See what it said last, and run it again.");
  else if (what === "done") end("Thank you", "The values count as delivered. You can close this page.");
  else end("Not delivered", "The old secret works on. You can close this page, and run again.");
};

const closes = Date.now() + 1000 * document.querySelector("main").dataset.left;
const tick = () => {
  const now = Date.now();
  if (over) return;
  if (heldUntil && now >= heldUntil && at("late").hidden) clear(); // once it is late, back() does it
  if (now >= closes) return clear(), end("Too late", "Nobody waits for an answer any more. Nothing counts as delivered: run again.");
  if (!shownUntil) return;
  if (now >= shownUntil) return hide();
  at("seconds").textContent = Math.ceil((shownUntil - now) / 1000);
  if (!warned && shownUntil - now <= WARN) {
    warned = true;
    say("The secret is hidden in 20 seconds, unless you press Keep it a minute more.");
  }
};
setInterval(tick, 1000);
addEventListener("pagehide", () => {
  if (heldUntil) clear();
  if (shownUntil) hide();
});
