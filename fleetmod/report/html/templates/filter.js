"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const files = [...document.querySelectorAll("section.file")].map((element) => ({
    element,
    findings: [...element.querySelectorAll("details.finding")],
  }));
  const all = files.reduce((sum, file) => sum + file.findings.length, 0);

  function apply() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = form.elements.package.value;
    const states = new Set([...form.querySelectorAll("[name=state]:checked")].map((box) => box.value));
    let shown = 0;
    for (const { element, findings } of files) {
      const inside = !wanted || element.dataset.package === wanted;
      let left = 0;
      for (const finding of findings) {
        const { state, words: text } = finding.dataset;
        const fits = inside && states.has(state) && words.every((word) => text.includes(word));
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

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
