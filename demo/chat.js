// Who one is in this tab, and a mark in its title when something was said while nobody looked.
// Called by chat.html. The name is kept for as long as the tab is, so that two tabs are two people.
// The page includes this before the library, so the first query knows the name and no event is missed.
const names = ['Ada', 'Alan', 'Barbara', 'Edgar', 'Grace', 'Radia'];
/** @type {HTMLInputElement} */
const field = document.querySelector('#name');
const { title } = document;

/** @param {string} name */
function be(name) {
  sessionStorage.setItem('name', name);
  document.getElementById('say').dataset.me = name;
}

field.value = sessionStorage.getItem('name') || names[Math.floor(Math.random() * names.length)];
be(field.value);
field.addEventListener('input', () => be(field.value));

document.querySelector('sqlite-db').addEventListener('commit', ({ detail }) => {
  if (document.hidden && detail.tables.includes('message')) document.title = `● ${title}`;
});
document.addEventListener('visibilitychange', () => (document.title = title));
