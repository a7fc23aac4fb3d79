// A page that the browser makes, in the way of Vue 2 and Element UI: what floats hangs on the body, a label stands
// beside its input and is bound to it by nothing else, and a value is what an `input` event has brought into `model`.
let model = {}, editing = "", state = { entries: [], values: {}, tenant: "" }, place = "", serial = 1000;

const h = (tag, given = {}, ...within) => {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(given)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...within);
  return made;
};
const button = (text, act, kind = "default") =>
  h("button", { type: "button", class: `el-button el-button--${kind}`, onclick: act }, h("span", {}, text));
const float = (made) => { made.style.zIndex = serial++; document.body.append(made); return made; };

// -- the page

const PLACES = { "/": "Home", "/sandbox/settings": "Settings", "/sandbox/settings/system": "System", [page.list]: "Outgoing Mail" };
const go = async (path) => {
  if (path === page.list && !(await alive("list"))) return;
  history.pushState({}, "", path);
  show();
};
const show = async () => {
  place = location.pathname;
  const told = await asked("/sandbox/state");
  if (!told.ok) return leave(told.next);
  state = told;
  document.querySelector("#app").replaceChildren(header(), h("p", { class: "el-loading-text" }, "Loading"));
  late(() => document.querySelector("#app").replaceChildren(header(), body()));
};
const header = () => h("header", { class: "navbar" },
  h("strong", {}, "MSPbots"), h("span", { class: "tenant" }, state.tenant),
  h("ul", { role: "menubar", class: "el-menu" },
    h("li", { role: "menuitem", tabindex: "0", class: "el-menu-item", onclick: () => go("/sandbox/settings") }, h("span", {}, "Settings"))),
  h("form", { method: "post", action: "/sandbox/logout" }, h("button", { type: "submit" }, "Log out")));
const tab = (text, path) => h("div", { role: "tab", class: "el-tabs__item", "aria-selected": String(place === path), onclick: () => go(path) }, text);
const body = () => {
  const main = h("main", {}, h("h1", {}, PLACES[place] || "Home"));
  if (place === "/sandbox/settings") main.append(h("div", { role: "tablist", class: "el-tabs__nav" }, tab("System", "/sandbox/settings/system")));
  if (place === "/sandbox/settings/system") main.append(h("div", { role: "tablist", class: "el-tabs__nav" }, tab("Outgoing Mail", page.list)));
  if (place === page.list) main.append(adding(), ...table());
  return main;
};
const adding = () => h("div", { class: "el-dropdown" }, h("div", { class: "el-button-group" },
  h("button", { type: "button", class: "el-button", "aria-disabled": "true" }, h("span", {}, "+Add")),
  h("button", { type: "button", class: "el-button el-dropdown__caret-button", "aria-haspopup": "list", onclick: () => late(dropdown) },
    h("i", { class: "el-dropdown__icon el-icon-arrow-down" }, "\u25be"))));
const dropdown = () => {
  const list = float(h("ul", { class: "el-dropdown-menu el-popper" },
    h("li", { tabindex: "-1", class: "el-dropdown-menu__item", onclick: () => { list.remove(); enter("Add", "", state.values); } }, "OAuth2")));
};
const cell = (...within) => h("td", {}, h("div", { class: "cell" }, ...within));
const COLUMNS = ["host_name", "username", "reply_to", "client_id", "authorized_at"];
const table = () => [  // head and body are tables of their own
  h("table", { class: "el-table__header" }, h("thead", {}, h("tr", {},
    ...["Host Name", "Username", "Reply to", "Client ID", "Authorized at", "Status", "Action"].map((text) => h("th", {}, h("div", { class: "cell" }, text)))))),
  h("table", { class: "el-table__body" }, h("tbody", {}, ...state.entries.map((entry) => h("tr", { class: "el-table__row" },
    ...COLUMNS.map((name) => cell(entry[name])), cell(h("span", { class: "el-tag" }, entry.status)),
    cell(button("Edit", () => enter("Edit", entry.username, entry), "text")))))),
];

// -- the window

let dialog = null;
const enter = async (title, whose, values) => {
  if (!(await alive("form"))) return;
  late(() => {
    editing = whose;
    model = Object.fromEntries(fields.map(([name]) => [name, page.slow_ms ? "" : values[name] || ""]));
    dialog = float(h("div", { class: "el-dialog__wrapper" }, h("div", { role: "dialog", "aria-modal": "true", "aria-label": title, class: "el-dialog" },
      h("div", { class: "el-dialog__header" }, h("span", { class: "el-dialog__title" }, title),
        h("button", { type: "button", "aria-label": "Close", class: "el-dialog__headerbtn", onclick: close }, "\u00d7")),
      h("div", { class: "el-dialog__body" }, h("form", { class: "el-form", onsubmit: (event) => event.preventDefault() }, ...fields.map(item))),
      h("div", { class: "el-dialog__footer" }, button("Cancel", close), button("Authorize", authorize, "primary")))));
    patch();
    if (page.slow_ms) able(false);
    late(() => {
      able(true);
      if (page.slow_ms) model = Object.fromEntries(fields.map(([name]) => [name, values[name] || ""]));
      patch();
    });
  });
};
const item = ([name, label, required, kind]) => {
  const own = { autocomplete: "off", readonly: name === "host_name", "data-model": name, oninput: (event) => { model[name] = event.target.value; patch(); }, onblur: patch };
  const labelled = name === "signature" ? { "aria-labelledby": "label-signature" } : {};
  const input = name === "signature" ? h("textarea", { ...own, ...labelled, class: "el-textarea__inner" })
    : h("input", { ...own, type: kind === "password" ? "password" : "text", class: "el-input__inner" });
  return h("div", { class: `el-form-item${required ? " is-required" : ""}` },
    h("label", { class: "el-form-item__label", ...(name === "signature" ? { id: "label-signature" } : {}) }, label),
    h("div", { class: "el-form-item__content" }, h("div", { class: "el-input" }, input)));
};
const inputs = () => [...dialog.querySelectorAll("[data-model]")];
const able = (on) => { for (const input of inputs()) input.disabled = !on; };
const patch = () => {  // a value that no event has told is lost
  for (const input of inputs()) if (input.value !== model[input.dataset.model]) input.value = model[input.dataset.model];
};
const close = () => { dialog.remove(); };
const refused = (text, input) => {
  const at = input ? input.closest(".el-form-item__content") : dialog.querySelector(".el-dialog__body");
  at.append(h("div", { class: "el-form-item__error", role: input ? "none" : "alert" }, text));
};
const authorize = async () => {
  for (const old of dialog.querySelectorAll(".el-form-item__error")) old.remove();
  const lacking = fields.filter(([name, , required]) => required && !model[name]);
  for (const [name, label] of lacking) refused(`${label} is required`, inputs().find((one) => one.dataset.model === name));
  if (lacking.length || !(await alive("authorize"))) return;
  const proceed = button("Continue", () => { proceed.disabled = true; send(box); }, "primary");
  const box = float(h("div", { role: "dialog", "aria-modal": "true", "aria-label": "Confirm", class: "el-message-box__wrapper" },
    h("div", { class: "el-message-box" }, h("div", { class: "el-message-box__message" },
      h("p", {}, "You will be sent to Microsoft to sign in and to accept the requested permissions.")),
    h("div", { class: "el-message-box__btns" }, button("Cancel", () => box.remove()), proceed))));
  proceed.disabled = true;
  late(() => { proceed.disabled = false; });
};
const send = async (box) => {
  const told = await asked(page.post, { method: "POST", body: new URLSearchParams({ ...model, editing }) });
  if (told.next) return leave(told.next);
  box.remove();
  if (told.toast) toast(told.toast); else refused(told.error);
};
window.onpopstate = show;
show();
