
"use strict";
/* Nothing here is needed to read the page: tables sort, charts tell of the bar under the pointer. */
(() => {
	document.documentElement.classList.add("js");

	const key = (row, column) => {
		const cell = row.cells[column];
		return "v" in cell.dataset ? Number(cell.dataset.v) : cell.textContent;
	};
	const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
		: String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
	const sort = (table, head) => {
		const column = head.cellIndex, rows = [...table.tBodies[0].rows];
		const was = head.getAttribute("aria-sort");
		const down = was ? was === "ascending" : head.classList.contains("num");
		for (const other of table.tHead.rows[0].cells)
			other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
		rows.sort((a, b) => (down ? -1 : 1) * compare(key(a, column), key(b, column)));
		table.tBodies[0].append(...rows);
	};
	for (const table of document.querySelectorAll("table"))
		for (const head of table.tHead.rows[0].cells) {
			if (head.classList.contains("chart"))
				continue;
			head.tabIndex = 0;
			head.addEventListener("click", () => sort(table, head));
			head.addEventListener("keydown", event => {
				if (event.key !== "Enter" && event.key !== " ")
					return;
				event.preventDefault();
				sort(table, head);
			});
		}

	const readout = document.querySelector(".readout");
	if (readout) {
		const still = readout.textContent;
		for (const plot of document.querySelectorAll(".plot")) {
			plot.addEventListener("pointerover", event => {
				const title = event.target.querySelector && event.target.querySelector("title");
				readout.textContent = title ? title.textContent : still;
			});
			plot.addEventListener("pointerleave", () => { readout.textContent = still; });
		}
	}

	let closed = [];
	addEventListener("beforeprint", () => {
		closed = [...document.querySelectorAll("details:not([open])")];
		for (const details of closed)
			details.open = true;
	});
	addEventListener("afterprint", () => {
		for (const details of closed)
			details.open = false;
	});
})();
