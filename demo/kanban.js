// What the board has beyond its elements: cards can be dragged, and one that was moved by a button keeps the focus.
// Called by kanban.html. A card that goes to another column is a row of another query, and so made anew there.
// The page includes this before the library, so no event is missed.
const board = document.querySelector('sqlite-db');
const kind = 'application/x-card';
/** @typedef {DragEvent & { target: any }} Drag */

/** @type {{ id: string, at: number } | undefined} */
let pressed;

board.addEventListener('click', (/** @type {{ target: any }} */ { target }) => {
  /** @type {HTMLElement} */
  const card = target.closest('button')?.closest('[data-id]');
  pressed = card && { id: card.dataset.id, at: [...card.querySelectorAll('button')].indexOf(target) };
});

// Events of elements do not bubble.
board.addEventListener(
  'rows',
  () => {
    if (!pressed || document.activeElement !== document.body) return;
    /** @type {NodeListOf<HTMLButtonElement>} */
    const found = board.querySelectorAll(`li[data-id="${pressed.id}"] button`);
    const buttons = [...found];
    const [same, next] = [buttons[pressed.at], buttons.find((button) => !button.hidden)];
    (same?.hidden ? next : same)?.focus();
  },
  true,
);

board.addEventListener('dragstart', (/** @type {Drag} */ { target, dataTransfer }) =>
  dataTransfer.setData(kind, target.dataset.id),
);

// A card goes before the one that it is dropped on, or else to the end of the column; what is meant is marked.
/** @param {Element} [at] */
function point(at) {
  for (const old of board.querySelectorAll('.over')) old.classList.remove('over');
  at?.classList.add('over');
}

board.addEventListener('dragover', (/** @type {Drag} */ event) => {
  const lane = event.dataTransfer.types.includes(kind) ? event.target.closest('.lane') : null;
  if (lane) event.preventDefault();
  point(lane && (event.target.closest('li') ?? lane));
});
board.addEventListener('dragend', () => point());

board.addEventListener('drop', async (/** @type {Drag} */ event) => {
  point();
  const id = Number(event.dataTransfer.getData(kind));
  if (!id) return;
  event.preventDefault();
  const lane = Number(event.target.closest('.lane').dataset.lane);
  const card = event.target.closest('li');
  const position = card ? Number(card.dataset.position) : null;
  await board.database.batch([
    ['UPDATE card SET position = position + 1 WHERE position >= ?', [position]],
    [
      'UPDATE card SET lane = ?1, position = coalesce(?2, (SELECT max(position) + 1 FROM card)) WHERE id = ?3',
      [lane, position, id],
    ],
  ]);
});
