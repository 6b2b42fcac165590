// What a person does to a card: press, fill in, hand in. The page's columns are found through the node.
import * as api from './api.js';
import { of } from './column.js';
import { chosen, choose, dressPicker } from './picker.js';

// dress prepares a message that was just put into the page: pixel widths, pickers.
export function dress(row) {
  row.querySelectorAll?.('[data-px]').forEach((el) => { el.style.flexBasis = el.style.width = `${el.dataset.px}px`; });
  row.querySelectorAll?.('.fc-picker').forEach(dressPicker);
  return row;
}

const control = (field) => field.querySelector('input:not([type=hidden]):not([type=search]), select, textarea');

// value reads one field: "" or an empty list when nothing was given, so that what was cleared stays cleared.
function value(field) {
  const picker = field.querySelector('.fc-picker');
  const many = ['people', 'multiselect'].includes(field.dataset.kind);
  if (picker || field.querySelector('.fc-pick')) {
    const list = picker ? chosen(field) : [...field.querySelectorAll('.fc-pick input:checked')].map((c) => c.value);
    return many ? list : list[0] ?? '';
  }
  const c = control(field);
  if (field.dataset.kind === 'bool') return c.checked;
  if (field.dataset.kind === 'datetime') return c.value.replace('T', ' ');
  return c.value;
}

const empty = (v) => v === false || (Array.isArray(v) ? v.length === 0 : String(v).trim() === '');
const disabled = (field) => Boolean((control(field) ?? field.querySelector('.fc-picker-box'))?.disabled);

function values(form) {
  const out = {};
  form.querySelectorAll('[data-field]').forEach((field) => {
    if (field.dataset.field && !disabled(field)) out[field.dataset.field] = value(field);
  });
  return out;
}

// missing marks the required fields that are empty, as the client does before it sends anything.
function missing(form) {
  const bad = [...form.querySelectorAll('[data-field][data-required]')].filter((field) => !disabled(field) && empty(value(field)));
  form.querySelectorAll('[data-field]').forEach((field) => complain(field, ''));
  bad.forEach((field) => complain(field, '此项必填'));
  if (bad.length) (control(bad[0]) ?? bad[0].querySelector('.fc-picker-box')).focus();
  return bad;
}

function complain(field, text) {
  field.classList.toggle('fc-missing', Boolean(text));
  const note = field.querySelector('.fc-wrong');
  if (note) {
    note.textContent = text;
    note.hidden = !text;
  }
  const c = control(field) ?? field.querySelector('.fc-picker-box');
  if (text) c?.setAttribute('aria-invalid', 'true'); else c?.removeAttribute('aria-invalid');
}

// keepForm remembers what a person has typed into a message, by field; restoreForm puts it back.
export function keepForm(row) {
  const kept = new Map();
  row.querySelectorAll('[data-field][data-touched]').forEach((field) => kept.set(field.dataset.field, value(field)));
  return kept;
}

export function restoreForm(row, kept) {
  kept.forEach((v, name) => {
    const field = row.querySelector(`[data-field="${CSS.escape(name)}"]`);
    if (!field) return;
    field.dataset.touched = '';
    const c = control(field);
    if (field.querySelector('.fc-picker')) choose(field, [].concat(v).filter(Boolean));
    else if (field.querySelector('.fc-pick')) {
      field.querySelectorAll('.fc-pick input').forEach((tick) => { tick.checked = [].concat(v).includes(tick.value); });
    } else if (field.dataset.kind === 'bool') c.checked = v;
    else c.value = field.dataset.kind === 'datetime' ? v.replace(' ', 'T') : v;
  });
}

function ask(title, text) {
  const dialog = document.getElementById('confirm');
  dialog.querySelector('#confirm-title').textContent = title;
  dialog.querySelector('#confirm-text').textContent = text;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener('close', () => done(dialog.returnValue === 'ok'), { once: true });
  });
}

// press sends one press and shows the answer. The whole card waits meanwhile.
async function press(source, button, form) {
  const column = of(source);
  const row = source.closest('.msg');
  const card = source.closest('.card');
  if (card.getAttribute('aria-busy') === 'true') return;
  card.setAttribute('aria-busy', 'true');
  source.classList.add('pressing');
  let good = false;
  try {
    const body = { suite: column.suite, person: column.person, message_id: row.dataset.messageId, button };
    if (form) body.form = form;
    const result = await api.post('press', body);
    good = result.status === 'ok' && result.toast?.type !== 'error';
    if (result.toast?.content) column.toast(result.toast.type, result.toast.content);
    else if (result.status !== 'ok') column.toast('error', `出错了，请稍后再试（${result.status}）`);
    if (good) {
      row.querySelectorAll('[data-touched]').forEach((f) => f.removeAttribute('data-touched'));
      document.dispatchEvent(new CustomEvent('pressed', {
        detail: { person: column.person, label: source.textContent.trim(), submit: 'submit' in source.dataset },
      }));
    }
  } catch (e) {
    column.toast('error', `没有送到：${e.message}`);
  } finally {
    card.removeAttribute('aria-busy');
    source.classList.remove('pressing');
    column.refresh();
  }
  return good;
}

async function act(source) {
  const data = source.dataset;
  const form = source.closest('.fc-form');
  if ('reset' in data) {
    form?.reset();
    form?.querySelectorAll('[data-field]').forEach((field) => {
      complain(field, '');
      field.removeAttribute('data-touched');
      if (field.querySelector('.fc-picker')) choose(field, null);
    });
    return;
  }
  if ('submit' in data && form && missing(form).length) {
    of(source).toast('warning', '请先填写必填项');
    return;
  }
  if (data.confirm !== undefined && !await ask(data.confirm, data.confirmText)) return;
  if (data.url) window.open(data.url, '_blank', 'noopener');
  if (!('press' in data)) return;
  source.closest('.fc-more')?.removeAttribute('open');
  press(source, data.button, 'submit' in data && form ? values(form) : undefined);
}

// instant fields stand outside a form and act on their own.
function actField(field) {
  const v = value(field);
  press(field, field.dataset.field, { [field.dataset.field]: v });
}

document.addEventListener('click', (e) => {
  const turn = e.target.closest('[data-turn]');
  if (turn) return page(turn);
  const send = e.target.closest('[data-send]');
  if (send) return actField(send.closest('[data-field]'));
  const button = e.target.closest('.card [data-button]');
  if (button && !button.disabled && !e.target.closest('a[href]')) act(button);
});

document.addEventListener('keydown', (e) => {
  if ((e.key === 'Enter' || e.key === ' ') && e.target.matches?.('.fc-container[data-button]')) {
    e.preventDefault();
    act(e.target);
  }
});

// Enter in a card's line of text hands the form in, when it has one way to do so.
document.addEventListener('submit', (e) => {
  if (!e.target.matches('.fc-form')) return;
  e.preventDefault();
  const submits = e.target.querySelectorAll('[data-submit]:not(:disabled)');
  if (submits.length === 1) act(submits[0]);
});

document.addEventListener('input', (e) => {
  const field = e.target.closest?.('.card [data-field]');
  if (!field) return;
  field.dataset.touched = '';
  if (field.classList.contains('fc-missing')) complain(field, '');
});

document.addEventListener('change', (e) => {
  const field = e.target.closest?.('.card [data-field][data-instant]');
  if (field && !['text', 'longtext'].includes(field.dataset.kind)) actField(field);
});

// page turns a table's page.
function page(button) {
  const pager = button.closest('.fc-pager');
  const pages = Number(pager.dataset.pages);
  const now = Math.min(Math.max(Number(pager.dataset.pager) + Number(button.dataset.turn), 1), pages);
  pager.dataset.pager = now;
  pager.closest('[data-table]').querySelectorAll('tr[data-page]').forEach((tr) => { tr.hidden = Number(tr.dataset.page) !== now; });
  pager.querySelector('span').textContent = `${now} / ${pages}`;
  pager.querySelector('[data-turn="-1"]').disabled = now === 1;
  pager.querySelector('[data-turn="1"]').disabled = now === pages;
}
