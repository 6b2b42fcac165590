// The page around the columns: opening and closing them, the address, the phone's switcher, the live stream.
import * as api from './api.js';
import { Column, all, byPerson, of } from './column.js';
import * as console_ from './console.js';
import './hint.js';

const stage = document.querySelector('.columns');

// address writes what is open into the page's address, so that a reload or a link keeps it.
function address() {
  const q = new URLSearchParams();
  for (const c of all()) {
    const direct = c.el.querySelector('.chat[data-type="direct"]')?.dataset.chat;
    q.append('c', c.chat && c.chat !== direct ? `${c.key}~${c.chat}` : c.key);
  }
  if (stage.dataset.shown && all().length > 1 && stage.dataset.shown !== all()[0].person) q.set('on', stage.dataset.shown);
  const tab = console_.tab();
  if (tab) q.set('console', tab);
  history.replaceState(null, '', `?${q}`.replaceAll('%7E', '~').replaceAll('%40', '@'));
}

// on shows one person's column on a phone; on a wide screen it brings it into view.
export function on(person) {
  stage.dataset.shown = person;
  all().forEach((c) => c.el.classList.toggle('on', c.person === person));
  const c = byPerson(person);
  c?.el.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  c?.toEnd();
  switcher();
  address();
}

// switcher draws the phone's row of persons.
function switcher() {
  const nav = document.querySelector('.switcher');
  const focused = document.activeElement?.dataset?.switch;
  nav.replaceChildren(...all().map((c) => {
    const b = document.createElement('button');
    b.type = 'button';
    b.dataset.switch = c.person;
    b.append(c.el.querySelector('.who .av').cloneNode(true), c.el.querySelector('.who h2').textContent);
    if (c.person === stage.dataset.shown) b.setAttribute('aria-current', 'true');
    if (c.unread) {
      const n = Object.assign(document.createElement('span'), { className: 'badge', textContent: c.unread > 99 ? '99+' : c.unread });
      n.setAttribute('aria-label', `${c.unread} 条未读`);
      b.append(n);
    }
    return b;
  }));
  if (focused) nav.querySelector(`[data-switch="${CSS.escape(focused)}"]`)?.focus();
}

function columnsChanged() {
  switcher();
  address();
  document.querySelector('.nobody').hidden = all().length > 0;
  const opened = new Set(all().map((c) => c.person));
  document.querySelectorAll('.colleague').forEach((b) => {
    b.classList.toggle('open', opened.has(b.dataset.id));
    b.setAttribute('aria-pressed', String(opened.has(b.dataset.id)));
  });
}

// add opens a colleague, or shows the column that is open already.
export async function add(key, person) {
  const had = byPerson(person);
  if (had && had.key === key) return on(person);
  try {
    const el = await api.column(key);
    had?.close();
    stage.insertBefore(el, stage.querySelector('.nobody'));
    const c = new Column(el);
    columnsChanged();
    on(c.person);
  } catch (e) {
    all()[0]?.toast('error', `打不开：${e.message}`);
  }
}

const dialog = document.getElementById('add');
const search = dialog.querySelector('[data-search]');

function filter() {
  const words = search.value.trim().toLowerCase().split(/\s+/);
  let any = false;
  dialog.querySelectorAll('[data-unit]').forEach((unit) => {
    let some = false;
    unit.querySelectorAll('.colleague').forEach((b) => {
      const find = `${b.dataset.find} ${unit.dataset.unit}`.toLowerCase();
      b.hidden = !words.every((w) => find.includes(w));
      some ||= !b.hidden;
    });
    unit.hidden = !some;
    any ||= some;
  });
  dialog.querySelector('[data-none]').hidden = any;
}

search.addEventListener('input', filter);
// Enter opens the first that is left. It acts when the key comes up: the focus goes back to the button that
// opened the dialog, and that would take a key still down for its own.
let entered = false;
search.addEventListener('keydown', (e) => {
  if (e.key !== 'Enter' || e.isComposing) return;
  e.preventDefault();
  entered = true;
});
search.addEventListener('keyup', (e) => {
  if (e.key === 'Enter' && entered) dialog.querySelector('.colleague:not([hidden])')?.click();
  entered = false;
});

document.addEventListener('click', (e) => {
  const t = e.target;
  if (t.closest('[data-testid="add-column"], [data-add]')) {
    search.value = '';
    filter();
    dialog.showModal();
    search.focus();
    return;
  }
  const colleague = t.closest('.colleague');
  if (colleague) {
    dialog.close();
    add(colleague.dataset.key, colleague.dataset.id);
    return;
  }
  const close = t.closest('[data-testid="close-column"]');
  if (close) {
    const c = of(close);
    c.close();
    if (stage.dataset.shown === c.person) stage.dataset.shown = '';
    columnsChanged();
    if (!stage.dataset.shown && all().length) on(all()[0].person);
    return;
  }
  const to = t.closest('[data-switch]');
  if (to) return on(to.dataset.switch);
  const raw = t.closest('[data-testid="raw"]');
  if (raw) return showRaw(raw);
  if (t.closest('[data-copy]')) {
    navigator.clipboard?.writeText(document.querySelector('#raw pre').textContent)
      .then(() => { t.textContent = '已复制'; setTimeout(() => { t.textContent = '复制'; }, 1500); });
  }
  // Menus and lists of readers close when something else is clicked.
  document.querySelectorAll('.fc-more[open], .reads[open]').forEach((d) => { if (!d.contains(t)) d.open = false; });
  if (t.matches('dialog')) t.close();
});

async function showRaw(button) {
  const c = of(button);
  const id = button.closest('.msg').dataset.messageId;
  try {
    const list = await api.get('messages', { suite: c.suite, person: c.person, chat: c.chat });
    const m = list.find((x) => x.message_id === id);
    document.querySelector('#raw pre').textContent = JSON.stringify(m?.card ?? null, null, 2);
    document.getElementById('raw').showModal();
  } catch (e) {
    c.toast('error', `看不到：${e.message}`);
  }
}

// The live stream. A new connection may have missed something, so it begins with everything.
let stream;
function listen() {
  stream = new EventSource('/sim/api/events');
  stream.onopen = () => {
    document.documentElement.dataset.live = 'on';
    all().forEach((c) => c.refresh());
    console_.refresh();
  };
  stream.onerror = () => {
    document.documentElement.dataset.live = 'off';
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
  stream.onmessage = (e) => {
    const n = JSON.parse(e.data);
    console_.notice(n);
    if (!['message', 'update', 'read', 'press'].includes(n.type)) return;
    for (const c of all()) {
      if (c.suite === n.suite && (!n.persons?.length || n.persons.includes(c.person))) c.refresh();
    }
  };
}

document.addEventListener('columns', () => { switcher(); address(); });
document.addEventListener('console', address);
document.addEventListener('goto', async (e) => {
  const { person, focus } = e.detail;
  if (byPerson(person)) on(person); else await add(person, person);
  if (focus) byPerson(person)?.el.querySelector(focus)?.focus();
});
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') all().forEach((c) => c.watch()); });
window.addEventListener('pagehide', () => stream?.close());
window.addEventListener('pageshow', (e) => { if (e.persisted) listen(); });

document.querySelectorAll('.column').forEach((el) => new Column(el));
columnsChanged();
if (stage.dataset.shown) {
  byPerson(stage.dataset.shown)?.el.classList.add('on');
}
listen();
