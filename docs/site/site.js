// The place of this page in the contents, and the search: names.js has what can be found.
const in_contents = page => document.querySelector(`nav a[href="${page}"]`);
const group = document.querySelector(".ingroups a:last-of-type");  // of what has a page of its own
const here = in_contents(location.pathname.split("/").pop() || "index.html") ?? (group && in_contents(group.getAttribute("href")));
if (here) {
  here.className = "here";
  if (here.closest("details")) here.closest("details").open = true;
  here.scrollIntoView({block: "nearest"});
}

const field = document.querySelector("#search input"), list = document.querySelector("#search ul");

// The better the smaller; nothing that does not match.
function rank([name, where], words) {
  const text = name.toLowerCase(), all = text + " " + where.toLowerCase();
  if (!words.every(word => all.includes(word))) return;
  return text === words[0] ? 0 : text.startsWith(words[0]) ? 1 : text.includes(words[0]) ? 2 : 3;
}

field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/[\s:]+/).filter(Boolean);
  const found = words.length ? names.map(entry => [rank(entry, words), entry]).filter(([r]) => r !== undefined) : [];
  found.sort(([a, [x]], [b, [y]]) => a - b || x.length - y.length);
  list.replaceChildren(...found.slice(0, 30).map(([, [name, where, page]]) => {
    const item = document.createElement("li"), link = document.createElement("a"), of = document.createElement("small");
    link.href = page;
    of.textContent = where;
    link.append(name, " ", of);
    item.append(link);
    return item;
  }));
  list.hidden = found.length === 0;
});
addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape") list.hidden = true;
  else if (event.key === "Enter" && document.activeElement === field && !list.hidden) list.querySelector("a").click();
});
addEventListener("click", event => { if (!event.target.closest("#search")) list.hidden = true; });
