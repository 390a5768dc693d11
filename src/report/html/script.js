// Filters and arranges what the page holds already. Nothing is fetched, nothing is drawn anew: entries are hidden and shown.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const all = (selector, below) => Array.from((below || document).querySelectorAll(selector));
  const grouped = new Intl.NumberFormat("en");
  const plural = (count, word) => `${grouped.format(count)} ${word}${count === 1 ? "" : "s"}`;
  // Typing does not wait for thousands of entries.
  const later = (action) => {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(action, 150);
    };
  };
  const words = (field) => field.value.toLowerCase().split(/\s+/).filter(Boolean);
  // What is read of an entry once, when somebody first searches.
  const reader = () => {
    const texts = new Map();
    return (node, more) => {
      if (!texts.has(node)) texts.set(node, `${node.textContent} ${more || ""}`.toLowerCase());
      return texts.get(node);
    };
  };
  const show = (node, shown) => {
    if (node.hidden === shown) node.hidden = !shown;
  };

  const findings = () => {
    const bar = $("filter");
    if (!bar) return null;
    const fields = ["q", "state", "severity", "namespace", "control", "arrange"].map($);
    const [search, state, severity, namespace, control, arrange] = fields;
    const list = $("list");
    const groups = all("details.group", list).map((node) => {
      const head = node.querySelector("h3").textContent;
      const about = node.querySelector(".about").textContent;
      const places = node.querySelector(".found");
      return { node, places, text: `${head} ${about}`, state: node.dataset.state, controls: node.dataset.controls.split(" "), head };
    });
    const items = groups.flatMap((group) =>
      Array.from(group.places.children, (node) => ({ node, group, s: Number(node.dataset.s), n: node.dataset.n, o: Number(node.dataset.o) })));
    const text = reader();
    let boxes = groups.map(({ node }) => node);

    const filter = () => {
      const wanted = words(search);
      const worst = severity.value === "" ? 9 : Number(severity.value);
      const fitting = new Set(groups.filter((group) =>
        (state.value === "" || group.state === state.value) && (control.value === "" || group.controls.includes(control.value))));
      const counts = new Map();
      let shown = 0;
      for (const item of items) {
        const fits = fitting.has(item.group) && item.s <= worst && (namespace.value === "" || item.n === namespace.value) &&
          wanted.every((word) => text(item.node, item.group.text).includes(word));
        show(item.node, fits);
        if (fits) {
          shown += 1;
          const box = item.node.parentNode.parentNode;
          counts.set(box, (counts.get(box) || 0) + 1);
        }
      }
      const filtered = shown < items.length;
      for (const box of boxes) {
        const count = counts.get(box) || 0;
        show(box, count > 0);
        const whole = box.querySelector(".found").children.length;
        box.querySelector("summary .n").textContent = (count < whole ? `${grouped.format(count)} of ` : "") + plural(whole, "place");
        if (filtered && count > 0 && shown <= 200) box.open = true;
      }
      $("count").textContent = filtered ? `${grouped.format(shown)} of ${plural(items.length, "finding")} shown` : plural(items.length, "finding");
    };

    // By namespace, the same entries stand in other boxes.
    const byNamespace = () => {
      const names = new Map(all("option", namespace).map((option) => [option.value, option.textContent]));
      const spaces = new Map();
      for (const item of items) {
        if (!spaces.has(item.n)) spaces.set(item.n, []);
        spaces.get(item.n).push(item);
      }
      return Array.from(spaces.keys()).sort((a, b) => a - b).map((key) => {
        const box = document.createElement("details");
        const head = document.createElement("summary");
        const title = document.createElement("h3");
        const count = document.createElement("span");
        const places = document.createElement("ul");
        box.className = "group";
        places.className = "found";
        count.className = "n";
        title.textContent = names.get(key);
        head.append(title, " ", count);
        // stable: what is equal stays in the order of states and checks
        spaces.get(key).sort((a, b) => a.o - b.o || a.s - b.s);
        places.append(...spaces.get(key).map(({ node }) => node));
        box.append(head, places);
        return box;
      });
    };
    let arranged = "";
    const place = () => {
      if (arranged === arrange.value) return;
      arranged = arrange.value;
      if (arranged === "") {
        groups.forEach((group) => group.places.append(...items.filter((item) => item.group === group).map(({ node }) => node)));
        boxes = groups.map(({ node }) => node);
      } else {
        boxes = byNamespace();
      }
      list.replaceChildren(...boxes);
    };

    const apply = () => {
      place();
      filter();
    };
    const empty = () => {
      fields.forEach((field) => { field.value = ""; });
      apply();
    };
    // #severity=high&namespace=shop says what is shown, so that it can be bookmarked and handed on.
    const read = () => {
      const wanted = new URLSearchParams(location.hash.slice(1));
      if (!location.hash.includes("=")) return false;
      for (const field of fields) {
        const value = wanted.get(field.id);
        if (field === search) field.value = value || "";
        else field.value = (all("option", field).find((option) => option.dataset.name === value) || { value: "" }).value;
      }
      apply();
      return true;
    };
    const write = () => {
      const said = new URLSearchParams();
      for (const field of fields) {
        const value = field === search ? field.value : field.value && field.selectedOptions[0].dataset.name;
        if (value) said.set(field.id, value);
      }
      history.replaceState(null, "", said.size ? `#${said}` : "#findings");
      apply();
    };
    bar.hidden = false;
    all(".only-script").forEach((node) => { node.hidden = false; });
    $("clear").addEventListener("click", () => {
      empty();
      write();
    });
    bar.addEventListener("change", write);
    search.addEventListener("input", later(write));
    const fold = (open) => boxes.forEach((box) => { box.open = open; });
    $("open").addEventListener("click", () => fold(true));
    $("close").addEventListener("click", () => fold(false));
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-set]");
      if (!link) return;
      event.preventDefault();
      empty();
      $(link.dataset.set).value = link.dataset.to;
      write();
      $("findings").scrollIntoView();
      $(link.dataset.set).focus({ preventScroll: true });
    });

    return {
      // Whether the address says what to show.
      read: () => read() && $("findings"),
      // Back to all, where what is linked to is not shown.
      free: (id) => {
        if (groups.some(({ node }) => node.id === id && (node.hidden || !node.isConnected))) empty();
      },
    };
  };

  const controls = () => {
    const bar = $("pick");
    if (!bar) return null;
    const [search, status] = ["words", "status"].map($);
    const items = all("#controls li[data-status]");
    const text = reader();
    const filter = () => {
      const wanted = words(search);
      let shown = 0;
      for (const item of items) {
        const fits = (status.value === "" || item.dataset.status === status.value) && wanted.every((word) => text(item).includes(word));
        show(item, fits);
        shown += Number(fits);
      }
      for (const group of all("#controls .control-group")) {
        const some = all("li[data-status]", group).some((item) => !item.hidden);
        show(group, some);
        if (some && shown < items.length) group.open = true;
      }
      $("controls-count").textContent = shown < items.length ? `${shown} of ${plural(items.length, "control")} shown` : plural(items.length, "control");
    };
    bar.hidden = false;
    const clear = () => {
      search.value = status.value = "";
      filter();
    };
    $("controls-clear").addEventListener("click", clear);
    bar.addEventListener("change", filter);
    search.addEventListener("input", later(filter));
    return {
      read: () => null,
      free: (id) => {
        if (items.some((item) => item.id === id && item.hidden)) clear();
      },
    };
  };

  const lists = [findings(), controls()].filter(Boolean);
  // A link into what is folded or hidden unfolds it.
  const reveal = () => {
    const id = location.hash.slice(1);
    if (!id) return;
    const shown = lists.map((list) => list.read()).find(Boolean);
    if (!shown) lists.forEach((list) => list.free(id));
    const target = shown || $(id);
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  // Paper shows what is folded; afterwards all is as it was.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    opened.forEach((node) => { node.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((node) => { node.open = false; }));
})();
