// One person's column: its messages, its composer, its toasts. Refreshing exchanges only what changed.
import * as api from './api.js';
import { dress, keepForm, restoreForm } from './card.js';

const columns = new Map(); // person -> Column

export const all = () => [...columns.values()];
export const of = (node) => columns.get(node.closest('.column')?.dataset.person);
export const byPerson = (person) => columns.get(person);

export class Column {
  constructor(el) {
    this.el = el;
    this.person = el.dataset.person;
    this.key = el.dataset.key;
    this.suite = el.dataset.suite;
    this.running = null;
    this.again = false;
    this.reading = new Set();
    columns.set(this.person, this);
    el.querySelectorAll('.msg').forEach(dress);
    this.toEnd();
    this.watch();
  }

  get chat() { return this.el.dataset.chat; }
  get list() { return this.el.querySelector('.messages'); }
  get unread() {
    return [...this.el.querySelectorAll('.chat')].reduce((n, c) => n + Number(c.dataset.unread), 0);
  }

  close() {
    this.seen.disconnect();
    columns.delete(this.person);
    this.el.remove();
  }

  // refresh fetches the column again; calls while one is under way make one more afterwards.
  refresh() {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = (async () => {
      do {
        this.again = false;
        const chat = this.chat;
        const fresh = await api.column(this.key, chat);
        if (chat === this.chat) this.merge(fresh);
      } while (this.again);
    })().catch((e) => this.toast('error', `刷新失败：${e.message}`)).finally(() => { this.running = null; });
    return this.running;
  }

  // open shows another chat.
  async open(chat) {
    try {
      const fresh = await api.column(this.key, chat);
      for (const part of ['.chats', '.messages', '.compose']) {
        this.el.querySelector(part).replaceWith(fresh.querySelector(part));
      }
      this.el.dataset.chat = fresh.dataset.chat;
      this.reading.clear();
      this.el.querySelectorAll('.msg').forEach(dress);
      this.toEnd();
      this.watch();
      changed();
    } catch (e) {
      this.toast('error', `打不开：${e.message}`);
    }
  }

  merge(fresh) {
    const tabs = this.el.querySelector('.chats');
    const freshTabs = fresh.querySelector('.chats');
    if (tabs.innerHTML !== freshTabs.innerHTML) {
      const focused = tabs.contains(document.activeElement) && document.activeElement.dataset.chat;
      const left = tabs.scrollLeft;
      tabs.replaceChildren(...freshTabs.children);
      tabs.scrollLeft = left;
      if (focused) tabs.querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus();
    }
    const list = this.list;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    const old = new Map([...list.children].map((row) => [row.dataset.row, row]));
    let after = null;
    for (const row of [...fresh.querySelector('.messages').children]) {
      const had = old.get(row.dataset.row);
      old.delete(row.dataset.row);
      const now = had ? this.update(had, row) : dress(row);
      if (!had) now.classList.add('arrives');
      if (after ? after.nextSibling !== now : list.firstChild !== now) {
        list.insertBefore(now, after ? after.nextSibling : list.firstChild);
      }
      after = now;
    }
    old.forEach((row) => row.remove());
    if (atEnd) this.toEnd();
    this.watch();
    changed();
  }

  // update brings one message up to date: the whole of it when its content changed, else its read mark.
  update(had, row) {
    if (had.dataset.rev !== row.dataset.rev) {
      const kept = keepForm(had);
      had.replaceWith(dress(row));
      restoreForm(row, kept);
      row.querySelector('.card')?.classList.add('changed');
      return row;
    }
    if (!row.hasAttribute('data-new')) had.removeAttribute('data-new');
    const mark = had.querySelector('[data-testid="read-mark"]');
    const freshMark = row.querySelector('[data-testid="read-mark"]');
    if (mark && freshMark && mark.innerHTML !== freshMark.innerHTML) {
      freshMark.toggleAttribute('open', mark.hasAttribute('open'));
      mark.replaceWith(freshMark);
    }
    return had;
  }

  toEnd() { this.list.scrollTop = this.list.scrollHeight; }

  // watch opens messages as the person when they come into view.
  watch() {
    this.seen?.disconnect();
    this.seen = new IntersectionObserver((entries) => {
      if (document.visibilityState !== 'visible') return;
      for (const entry of entries) {
        if (entry.isIntersecting) this.read(entry.target.dataset.messageId);
      }
    }, { root: this.list, threshold: 0.05 });
    this.el.querySelectorAll('.msg[data-new]').forEach((m) => this.seen.observe(m));
  }

  async read(id) {
    if (this.reading.has(id)) return;
    this.reading.add(id);
    try {
      await api.post('read', { suite: this.suite, person: this.person, message_id: id });
    } catch {
      this.reading.delete(id);
    }
  }

  async say(text) {
    text = text.trim();
    if (!text) return false;
    try {
      await api.post('say', { suite: this.suite, person: this.person, chat: this.chat, text });
      document.dispatchEvent(new CustomEvent('said', { detail: { person: this.person, text } }));
      await this.refresh();
      this.toEnd();
      return true;
    } catch (e) {
      this.toast('error', `没有发出去：${e.message}`);
      return false;
    }
  }

  toast(type, text) {
    const known = ['success', 'error', 'warning', 'info'].includes(type) ? type : 'info';
    const box = document.createElement('div');
    box.className = `toast toast-${known}`;
    box.dataset.testid = 'toast';
    box.dataset.type = known;
    box.textContent = text;
    const host = this.el.querySelector('.toasts');
    host.append(box);
    while (host.children.length > 3) host.firstChild.remove();
    setTimeout(() => box.classList.add('leaving'), 4200);
    setTimeout(() => box.remove(), 4500);
  }
}

function changed() { document.dispatchEvent(new Event('columns')); }

// The composer: Enter sends, Shift+Enter breaks the line, and an input method's Enter is its own.
document.addEventListener('keydown', (e) => {
  if (e.target.matches?.('[data-testid="composer"]') && e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229) {
    e.preventDefault();
    sending = true;
    e.target.form.requestSubmit();
  }
});

// Where the key and its character arrive apart (remote-controlled browsers), the line break is left out too.
let sending = false;
document.addEventListener('keyup', () => { sending = false; });
document.addEventListener('beforeinput', (e) => {
  if (sending && e.inputType === 'insertLineBreak' && e.target.matches('[data-testid="composer"]')) e.preventDefault();
});

document.addEventListener('input', (e) => {
  if (e.target.matches('[data-testid="composer"]')) grow(e.target);
});

function grow(box) {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, 120)}px`;
}

document.addEventListener('submit', async (e) => {
  if (!e.target.matches('[data-compose]')) return;
  e.preventDefault();
  const box = e.target.querySelector('textarea');
  const text = box.value;
  if (!text.trim()) return;
  box.value = '';
  grow(box);
  if (!await of(e.target).say(text) && !box.value) {
    box.value = text;
    grow(box);
  }
});

document.addEventListener('click', (e) => {
  const chip = e.target.closest('[data-testid="chip"]');
  if (chip) {
    of(chip).say(chip.dataset.text);
    return;
  }
  const chat = e.target.closest('.chat');
  if (chat && !e.metaKey && !e.ctrlKey && !e.shiftKey) {
    e.preventDefault();
    of(chat).open(chat.dataset.chat);
  }
});
