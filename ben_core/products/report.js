// Tells of the cell under the pointer, or of the one chosen with the arrow keys. No data, no script.
(() => {
  const source = document.getElementById("cells");
  if (!source) return;
  const { cells, rows, cols, width, height, stride, classes, statuses, bytes, fallback, reasons } = JSON.parse(source.textContent);
  const data = new DataView(Uint8Array.from(atob(cells), (c) => c.charCodeAt(0)).buffer);
  const frames = [...document.querySelectorAll(".frame")];
  const tip = document.getElementById("tip");
  const marks = frames.map((frame) => {
    const mark = document.createElement("div");
    mark.className = "mark";
    mark.hidden = true;
    frame.append(mark);
    return mark;
  });
  let chosen = { row: Math.floor(rows / 2), col: Math.floor(cols / 2) };

  function line(text, className) {
    const p = document.createElement("p");
    p.textContent = text;
    if (className) p.className = className;
    tip.append(p);
    return p;
  }

  // A cell: status, label bits (uint32), three times class code and percent, what the first model left (see hover.py).
  function describe(row, col) {
    const at = (row * cols + col) * bytes;
    const status = data.getUint8(at);
    tip.replaceChildren();
    line(`Cell row ${row}, column ${col}`, "head");
    if (status !== 0) return line(statuses[status]);
    const bits = data.getUint32(at + 1, true);
    const labels = Object.keys(classes).filter((code) => (bits >>> (code - 1)) & 1);
    line(labels.length ? "Labels: " + labels.map((code) => classes[code].name).join(" | ") : "No label above threshold");
    for (let i = 0; i < 3; i++) {
      const code = data.getUint8(at + 5 + 2 * i);
      if (!code) break;
      const p = line(`${data.getUint8(at + 6 + 2 * i)} %  ${classes[code].name}`);
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.backgroundColor = classes[code].colour;
      p.prepend(swatch);
    }
    const missed = data.getUint8(at + 11);
    if (missed) line(`Answered by ${fallback}; first model: ${reasons[missed]}`);
  }

  function show(row, col, x, y) {
    chosen = { row, col };
    describe(row, col);
    for (const mark of marks) {
      mark.hidden = false;
      mark.style.left = (100 * col * stride) / width + "%";
      mark.style.top = (100 * row * stride) / height + "%";
      mark.style.width = (100 * Math.min(stride, width - col * stride)) / width + "%";
      mark.style.height = (100 * Math.min(stride, height - row * stride)) / height + "%";
    }
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, x + 18 + box.width < innerWidth ? x + 18 : x - 18 - box.width) + "px";
    tip.style.top = Math.max(4, Math.min(y + 14, innerHeight - box.height - 8)) + "px";
  }

  function hide() {
    tip.hidden = true;
    for (const mark of marks) mark.hidden = true;
  }

  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  for (const frame of frames) {
    frame.addEventListener("pointermove", (e) => {
      const box = frame.getBoundingClientRect();
      const col = Math.floor((((e.clientX - box.left) / box.width) * width) / stride);
      const row = Math.floor((((e.clientY - box.top) / box.height) * height) / stride);
      if (row >= 0 && row < rows && col >= 0 && col < cols) show(row, col, e.clientX, e.clientY);
    });
    frame.addEventListener("pointerleave", hide);
    frame.addEventListener("blur", hide);
    frame.addEventListener("keydown", (e) => {
      if (e.key === "Escape") return hide();
      if (!steps[e.key]) return;
      e.preventDefault();
      const row = Math.min(Math.max(chosen.row + steps[e.key][0], 0), rows - 1);
      const col = Math.min(Math.max(chosen.col + steps[e.key][1], 0), cols - 1);
      const box = frame.getBoundingClientRect();
      show(row, col, box.left + ((col + 1) * stride * box.width) / width, box.top + (row * stride * box.height) / height);
    });
  }
})();
