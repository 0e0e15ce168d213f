// Shows the rows of the table that hold what was typed.
(() => {
  const rows = [...document.querySelectorAll(".scenes tbody tr")];
  const find = document.getElementById("find");
  const found = document.getElementById("found");
  if (rows.length < 8) return;
  find.hidden = false;
  document.getElementById("word").addEventListener("input", (e) => {
    const words = e.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    found.textContent = words.length ? `${shown} of ${rows.length}` : "";
  });
})();
