"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const files = [...document.querySelectorAll("section.file")].map((element) => ({
    element,
    findings: [...element.querySelectorAll("details.finding")],
  }));
  const all = files.reduce((sum, file) => sum + file.findings.length, 0);
  const { elements } = form;
  const fields = ["text", "package", "family", "owner"].filter((name) => elements[name]);
  const boxes = [...form.querySelectorAll("[name=state]")];

  function apply() {
    const words = elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { value: wanted } = elements.package;
    const { value: family } = elements.family;
    const owner = elements.owner?.value ?? "";
    const states = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const { element, findings } of files) {
      const owners = element.dataset.owners.split(" ");
      const inside = (!wanted || element.dataset.package === wanted) && (!owner || owners.includes(owner));
      let left = 0;
      for (const finding of findings) {
        const { state, family: own, words: text } = finding.dataset;
        const asked = states.has(state) && (!family || own === family);
        const fits = inside && asked && words.every((word) => text.includes(word));
        finding.hidden = !fits;
        left += fits ? 1 : 0;
      }
      element.hidden = left === 0;
      shown += left;
    }
    document.getElementById("shown").textContent =
      shown === all ? `${all} findings` : `${shown} of ${all} findings`;
    document.getElementById("none").hidden = shown > 0;
  }

  // what is chosen stands in the address, so that it can be sent to somebody
  function remember() {
    const chosen = new URLSearchParams(
      fields.filter((name) => elements[name].value).map((name) => [name, elements[name].value]),
    );
    const left = boxes.filter((box) => box.checked).map((box) => box.value);
    if (left.length < boxes.length) chosen.set("state", left.join(" "));
    history.replaceState(null, "", chosen.size ? `#?${chosen}` : "#");
  }

  function recall() {
    const hash = location.hash.slice(1);
    if (hash.startsWith("f-")) {
      form.reset();
      apply();
      const finding = document.getElementById(hash);
      if (finding) finding.open = true;
      finding?.scrollIntoView();
      return;
    }
    if (!hash.startsWith("?")) return;
    const chosen = new URLSearchParams(hash.slice(1));
    for (const name of fields) elements[name].value = chosen.get(name) ?? "";
    const states = chosen.get("state")?.split(" ");
    for (const box of boxes) box.checked = !states || states.includes(box.value);
    apply();
    form.scrollIntoView();
  }

  function toggle(button, change) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      change(on);
    });
  }

  toggle(elements.expand, (on) => {
    for (const { findings } of files) for (const finding of findings) finding.open = on;
  });
  toggle(elements.side, (on) => document.body.classList.toggle("side", on));
  form.addEventListener("input", () => {
    apply();
    remember();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", recall);
  form.hidden = false;
  apply();
  recall();
})();
