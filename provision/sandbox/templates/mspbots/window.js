// The window of every build whose form comes from the server, wherever its elements stand.
const search = (root, id) => root.querySelector(`#${id}`) ||
  [...root.querySelectorAll("*")].map((one) => one.shadowRoot && search(one.shadowRoot, id)).find(Boolean);
const by = (id) => search(document, id);
const form = by("entry");
const menu = (open) => { by("kinds").hidden = !open; by("arrow").setAttribute("aria-expanded", String(open)); };
const put = (values) => { for (const name in values) by(name).value = values[name]; };

const open = async (title, editing, values) => {
  if (!(await alive("form"))) return;
  form.reset();
  late(() => {
    by("window-title").textContent = title;
    by("editing").value = editing;
    by("window").hidden = false;
    by("fields").disabled = true;
    if (page.slow_ms) put({ host_name: "", redirect_uri: "" });
    late(() => {
      by("fields").disabled = false;
      if (page.slow_ms || values !== page.values) put(values);
      by("authorization_url").focus();
    });
  });
};
by("arrow").onclick = () => late(() => menu(by("kinds").hidden));
by("oauth2").onclick = () => { menu(false); open(titles.add, "", page.values); };
for (const one of by("list").querySelectorAll(".edit")) {
  const { authorized_at, status, ...values } = JSON.parse(one.dataset.entry);
  one.onclick = () => open(titles.edit, values.username, { ...values, client_secret: "" });
}
by("close").onclick = () => { form.reset(); by("window").hidden = true; };
by("authorize").onclick = async () => {
  if (!form.reportValidity() || !(await alive("authorize"))) return;
  by("confirm").hidden = false;
  by("continue").disabled = true;
  late(() => { by("continue").disabled = false; });
};
by("stay").onclick = () => { by("confirm").hidden = true; };
by("continue").onclick = async () => {
  by("continue").disabled = true;
  if (!page.fetches) return form.submit();
  const told = await asked(page.post, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (told.next) return leave(told.next);
  by("confirm").hidden = true;
  if (told.toast) return toast(told.toast);
  const alert = document.createElement("p");
  alert.setAttribute("role", "alert");
  alert.textContent = told.error;
  form.before(alert);
};
form.onsubmit = (event) => event.preventDefault();  // Enter in a field must not skip the confirmation
