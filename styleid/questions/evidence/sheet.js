"use strict";
/* Makes the sheets below `root` answer to a reader; what is active already stays as it is. */
function activate(root) {
  document.documentElement.classList.add("scripted");
  for (const chooser of root.querySelectorAll(".chooser:not(.active)")) {
    chooser.classList.add("active");
    const sets = JSON.parse(chooser.dataset.sets).sets;
    const input = chooser.querySelector("input"), output = chooser.querySelector("output");
    const show = () => {
      const [rate, labels] = sets[Number(input.value)];
      output.textContent = `${Math.round(100 * rate)} %`;
      input.setAttribute("aria-valuetext", output.textContent);
      chooser.querySelector(".chosen").textContent = labels.join(", ");
    };
    input.addEventListener("input", show);
    show();
  }
  for (const button of root.querySelectorAll(".sheet .bare:not(.active)")) {
    button.classList.add("active");
    button.addEventListener("click", () => {
      const bare = button.closest(".where").classList.toggle("bare-picture");
      button.setAttribute("aria-pressed", String(bare));
    });
  }
}
activate(document);
