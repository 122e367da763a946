// Label the cells of tables by their columns: on a narrow screen, each row is a card.
for (const table of document.querySelectorAll("#result_list, .tabular table")) {
    const names = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, index) => {
            cell.dataset.label = cell.classList.contains("action-checkbox") ? "" : names[index] ?? "";
        });
    }
}

// Filters come first there, folded.
if (matchMedia("(max-width: 767px)").matches) {
    for (const filter of document.querySelectorAll("#changelist-filter details")) {
        filter.open = false;
    }
}

// Names for screen readers, which Django leaves out.
addEventListener("load", () => {
    for (const input of document.querySelectorAll(".datetime input")) {
        input.setAttribute("aria-label", input.classList.contains("vDateField") ? "Date" : "Time");
    }
    for (const icon of document.querySelectorAll(".help-tooltip")) {
        icon.setAttribute("role", "img");
    }
});
