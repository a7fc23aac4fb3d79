// What every build's script does: wait, ask the server, leave, and show what passes by.
const late = (act) => { if (page.slow_ms) setTimeout(act, page.slow_ms); else act(); };
const leave = (address) => window.top.location.assign(address);
const asked = async (address, options = {}) => {
  const answer = await fetch(address, { ...options, headers: { Accept: "application/json" } });
  return { ok: answer.ok, ...(await answer.json()) };
};
const alive = async (place) => {  // asks only where the control port has it end
  const told = place === page.ends_at ? await asked(`/sandbox/session?at=${place}`) : { ok: true };
  if (!told.ok) leave(told.next);
  return told.ok;
};
const toast = (text) => {
  const shown = document.createElement("div");
  shown.className = page.toast_as === "class" ? "toast toast--error" : "toast";
  if (page.toast_as !== "class") shown.setAttribute("role", page.toast_as);
  shown.textContent = text;
  document.body.append(shown);
  setTimeout(() => shown.remove(), page.toast_ms);
};
