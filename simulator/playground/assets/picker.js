// The searchable picker for persons and for several choices: a button that opens a list box with a search line.
// What is chosen is kept in hidden inputs named after the field.
import { people } from './api.js';

const isPeople = (field) => ['person', 'people'].includes(field.dataset.kind);

// options are the choices of a field: those the card lists, or, of persons, everybody.
function options(field) {
  const listed = [...field.querySelectorAll('[data-choice]')].map((c) => ({ value: c.value, label: c.dataset.label }));
  const all = isPeople(field) && !field.querySelector('.fc-picker').dataset.listed ? people.map((p) => ({ value: p.id, label: p.name })) : [];
  const seen = new Set(all.map((o) => o.value));
  return [...listed.filter((o) => !seen.has(o.value)), ...all].map((o) => {
    const person = people.find((p) => p.id === o.value);
    return { ...o, about: isPeople(field) && person ? person.about : '', avatar: isPeople(field) && person ? person.avatar : '' };
  });
}

export function chosen(field) {
  return [...field.querySelectorAll('input[type=hidden][data-chosen]')].map((i) => i.value);
}

// choose sets the choice; null is what the card began with.
export function choose(field, list) {
  const picker = field.querySelector('.fc-picker');
  const want = list ?? JSON.parse(picker.dataset.initial || '[]');
  const labels = new Map(options(field).map((o) => [o.value, o]));
  picker.querySelectorAll('input[data-chosen]:not([data-choice])').forEach((i) => i.remove());
  picker.querySelectorAll('input[data-choice]').forEach((i) => {
    i.toggleAttribute('data-chosen', want.includes(i.value));
    if (want.includes(i.value)) i.name = field.dataset.field; else i.removeAttribute('name');
  });
  for (const v of want) {
    if (chosen(field).includes(v)) continue;
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name: field.dataset.field, value: v });
    input.dataset.chosen = '';
    picker.append(input);
  }
  show(field, want.map((v) => labels.get(v) ?? { value: v, label: v }));
}

function show(field, list) {
  const box = field.querySelector('.fc-picker-box');
  box.classList.toggle('has', list.length > 0);
  if (!list.length) {
    box.textContent = box.dataset.placeholder;
    return;
  }
  box.replaceChildren(...list.map((o) => {
    const tag = document.createElement('span');
    tag.className = 'fc-chosen';
    if (o.avatar) tag.insertAdjacentHTML('afterbegin', o.avatar);
    tag.append(o.label);
    return tag;
  }));
}

export function dressPicker(picker) {
  const field = picker.closest('[data-field]');
  const listed = picker.querySelectorAll('[data-choice]');
  // A card that names its candidates means only those; one that names just the chosen means everybody.
  if ([...listed].some((c) => !c.hasAttribute('data-chosen'))) picker.dataset.listed = '1';
  const initial = chosen(field);
  picker.dataset.initial = JSON.stringify(initial);
  choose(field, initial);
}

function shut(picker, focus) {
  picker.querySelector('.fc-pop')?.remove();
  const box = picker.querySelector('.fc-picker-box');
  box.setAttribute('aria-expanded', 'false');
  if (focus) box.focus();
}

function open(picker) {
  document.querySelectorAll('.fc-picker').forEach((p) => { if (p.querySelector('.fc-pop')) shut(p); });
  const field = picker.closest('[data-field]');
  const many = 'multiple' in picker.dataset;
  const pop = document.createElement('div');
  pop.className = 'fc-pop';
  const search = Object.assign(document.createElement('input'), { type: 'search', placeholder: isPeople(field) ? '搜姓名、拼音、部门' : '搜索' });
  search.setAttribute('aria-label', '搜索');
  search.setAttribute('role', 'combobox');
  search.setAttribute('aria-expanded', 'true');
  const list = document.createElement('div');
  const id = `${picker.querySelector('.fc-picker-box').id}-list`;
  list.id = id;
  list.className = 'fc-opts';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', '可选项');
  if (many) list.setAttribute('aria-multiselectable', 'true');
  search.setAttribute('aria-controls', id);
  options(field).forEach((o, i) => {
    const item = document.createElement('div');
    item.className = 'fc-opt';
    item.id = `${id}-${i}`;
    item.setAttribute('role', 'option');
    item.dataset.option = o.value;
    item.dataset.find = `${o.label} ${o.value} ${o.about}`.toLowerCase();
    item.insertAdjacentHTML('afterbegin', o.avatar);
    const text = document.createElement('span');
    text.append(o.label);
    if (o.about) text.append(Object.assign(document.createElement('small'), { textContent: o.about }));
    item.append(text);
    list.append(item);
  });
  pop.append(search, list);
  if (many) pop.append(Object.assign(document.createElement('button'), { type: 'button', className: 'fc-btn fc-btn-small fc-pop-done', textContent: '完成' }));
  picker.append(pop);
  picker.querySelector('.fc-picker-box').setAttribute('aria-expanded', 'true');
  mark(picker);
  move(pop, 0);
  search.focus();
  pop.scrollIntoView({ block: 'nearest' });
}

function mark(picker) {
  const now = chosen(picker.closest('[data-field]'));
  picker.querySelectorAll('.fc-opt').forEach((o) => o.setAttribute('aria-selected', String(now.includes(o.dataset.option))));
}

const visible = (pop) => [...pop.querySelectorAll('.fc-opt:not([hidden])')];

// move puts the highlight on the i-th visible choice.
function move(pop, i) {
  const list = visible(pop);
  pop.querySelectorAll('.at').forEach((o) => o.classList.remove('at'));
  const at = list[Math.min(Math.max(i, 0), list.length - 1)];
  const search = pop.querySelector('input');
  if (!at) {
    search.removeAttribute('aria-activedescendant');
    return;
  }
  at.classList.add('at');
  search.setAttribute('aria-activedescendant', at.id);
  at.scrollIntoView({ block: 'nearest' });
}

function pick(item, byKey) {
  const picker = item.closest('.fc-picker');
  const field = picker.closest('[data-field]');
  const value = item.dataset.option;
  if ('multiple' in picker.dataset) {
    const now = chosen(field);
    choose(field, now.includes(value) ? now.filter((v) => v !== value) : [...now, value]);
    mark(picker);
  } else {
    choose(field, [value]);
    // The key is still down: a button that gets the focus now would take it for its own press.
    shut(picker, !byKey);
    if (byKey) document.addEventListener('keyup', () => picker.querySelector('.fc-picker-box').focus(), { once: true });
  }
  picker.dispatchEvent(new Event('input', { bubbles: true }));
  if (!('multiple' in picker.dataset)) picker.dispatchEvent(new Event('change', { bubbles: true }));
}

document.addEventListener('click', (e) => {
  const box = e.target.closest('.fc-picker-box');
  if (box) {
    const picker = box.closest('.fc-picker');
    if (picker.querySelector('.fc-pop')) shut(picker); else open(picker);
    return;
  }
  const item = e.target.closest('.fc-opt');
  if (item) return pick(item);
  const inside = e.target.closest('.fc-pop');
  if (inside && !e.target.closest('.fc-pop-done')) return;
  document.querySelectorAll('.fc-pop').forEach((pop) => done(pop.closest('.fc-picker')));
});

// done closes a picker; one with several choices and no form around it acts now.
function done(picker) {
  shut(picker);
  if ('multiple' in picker.dataset) picker.dispatchEvent(new Event('change', { bubbles: true }));
}

document.addEventListener('input', (e) => {
  const pop = e.target.closest?.('.fc-pop');
  if (!pop) return;
  e.stopPropagation();
  const q = e.target.value.trim().toLowerCase();
  pop.querySelectorAll('.fc-opt').forEach((o) => { o.hidden = !o.dataset.find.includes(q); });
  move(pop, 0);
}, true);

document.addEventListener('keydown', (e) => {
  const pop = e.target.closest?.('.fc-pop');
  if (!pop || e.isComposing) return;
  const list = visible(pop);
  const at = list.findIndex((o) => o.classList.contains('at'));
  switch (e.key) {
    case 'ArrowDown': e.preventDefault(); move(pop, at + 1); break;
    case 'ArrowUp': e.preventDefault(); move(pop, at - 1); break;
    case 'Enter': e.preventDefault(); if (list[at]) pick(list[at], true); break;
    case 'Escape': e.preventDefault(); e.stopPropagation(); done(pop.closest('.fc-picker')); break;
    case 'Tab': done(pop.closest('.fc-picker')); break;
    default:
  }
});
