// Searches the sections of the documentation, which stand in this script: a page that is
// opened from a disk may fetch nothing. A section is found if it has every word.
const sections = ["{{sections}}"];
const MOST = 30;
const AROUND = 80;

const query = document.getElementById("query");
const found = document.getElementById("found");
const article = document.querySelector("article");
const contents = document.querySelector("nav details");

if (matchMedia("(max-width: 800px)").matches) contents.open = false;
query.addEventListener("input", show);
found.addEventListener("click", ({ target }) => {
  if (!target.closest("a")) return;
  query.value = "";
  show();
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== query) {
    event.preventDefault();
    query.focus();
  }
});

function show() {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  found.hidden = words.length === 0;
  article.hidden = words.length > 0;
  if (words.length === 0) return;
  const hits = sections
    .map((section) => ({ section, score: score(section, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const heading = document.createElement("h1");
  heading.textContent = hits.length === 1 ? "1 section" : `${hits.length} sections`;
  const list = document.createElement("ul");
  list.append(...hits.slice(0, MOST).map(({ section }) => item(section, words)));
  found.replaceChildren(heading, list);
}

// 0 if a word is missing; words in the title count ten times.
function score(section, words) {
  const [title, text] = [section.title.toLowerCase(), section.text.toLowerCase()];
  let sum = 0;
  for (const word of words) {
    const points = (title.includes(word) ? 10 : 0) + Math.min(text.split(word).length - 1, 5);
    if (points === 0) return 0;
    sum += points;
  }
  return sum;
}

function item(section, words) {
  const link = document.createElement("a");
  link.href = section.href;
  link.textContent = section.title;
  const line = document.createElement("p");
  const at = Math.max(0, section.text.toLowerCase().indexOf(words[0]));
  const [from, to] = [Math.max(0, at - AROUND), at + words[0].length + AROUND];
  const word = document.createElement("mark");
  word.textContent = section.text.slice(at, at + words[0].length);
  const before = (from > 0 ? "…" : "") + section.text.slice(from, at);
  line.append(before, word, section.text.slice(at + words[0].length, to) + (to < section.text.length ? "…" : ""));
  const element = document.createElement("li");
  element.append(link, line);
  return element;
}
