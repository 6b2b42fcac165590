// The drawer: the log of calls and deliveries, faults to switch on, and what an outside client needs.
import * as api from './api.js';

const drawer = document.getElementById('console');
const opener = document.querySelector('[data-testid="console"]');
const log = drawer.querySelector('.log');
const keep = 300;
let calls = [];
let heard = []; // deliveries, presses and faults since the page was opened
let waiting = false;
const names = { feishu: '飞书', dingtalk: '钉钉', wecom: '企业微信' };
const kinds = { delivery: '投递', press: '点击', fault: '故障' };

export const tab = () => (drawer.hidden ? '' : drawer.dataset.tab);

// notice takes one from the stream. A call's details are asked for, many at a time.
export function notice(n) {
  if (kinds[n.type]) {
    heard.push(n);
    heard = heard.slice(-keep);
  }
  if (tab() !== 'log' || waiting || !(kinds[n.type] || n.type === 'call')) return;
  waiting = true;
  setTimeout(() => { waiting = false; refresh(); }, 150);
}

export async function refresh() {
  if (tab() !== 'log') return;
  try {
    calls = (await api.get('calls')).slice(-keep);
    draw();
  } catch { /* the stream brings the next chance */ }
}

const el = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? '' });

function row(r) {
  const li = el('li', r.bad ? 'bad' : '');
  li.dataset.testid = 'log-row';
  const time = el('time', '', new Date(r.at).toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' }));
  li.append(time, el('span', `dir dir-${r.dir}`, r.what), el('code', 'path', r.path), el('span', 'result', r.result));
  return li;
}

// told is a row out of a notice. A delivery's text is "EVENT #ATTEMPT STATUS [error]".
function told(n) {
  const [, event, attempt, status, error] = /^(\S+) #(\d+) (\d+) ?(.*)$/s.exec(n.text || '') || [];
  if (n.type === 'delivery' && event) {
    return {
      at: n.at, dir: 'in', what: `${names[n.suite] || n.suite}→鹊桥`, bad: status !== '200' || error !== '',
      path: `${event}${attempt === '1' ? '' : ` 第 ${attempt} 次`}${error ? ` ${error}` : ''}`, result: status === '0' ? '未送达' : status,
    };
  }
  return { at: n.at, dir: 'note', what: kinds[n.type], path: n.text || n.message_id || '', result: '', bad: n.type === 'fault' };
}

function draw() {
  const rows = [
    ...calls.map((c) => ({
      at: c.at, dir: 'out', what: `鹊桥→${names[c.suite] || c.suite}`, path: `${c.method} ${c.path}`,
      result: `${c.status}${c.code ? ` · ${c.code}` : ''}`, bad: c.status >= 400 || c.status === 0 || c.code !== 0,
    })),
    ...heard.map(told),
  ];
  const onlyBad = drawer.querySelector('[data-only-bad]').checked;
  rows.sort((a, b) => new Date(b.at) - new Date(a.at));
  const list = rows.filter((r) => !onlyBad || r.bad).slice(0, keep).map(row);
  log.replaceChildren(...(list.length ? list : [el('li', 'none', onlyBad ? '没有出错的调用。' : '还没有调用。在左边说一句话试试。')]));
}

async function access() {
  const host = drawer.querySelector('.access');
  try {
    const list = await api.get('connections');
    host.replaceChildren(...list.map((c) => {
      const box = el('article', 'connection');
      box.dataset.testid = 'connection';
      box.append(el('h3', '', `${names[c.suite] || c.suite} · ${c.id}`));
      const dl = el('dl', '');
      const pair = (k, v) => { if (v) dl.append(el('dt', '', k), el('dd', '', v)); };
      pair('接入方式', { websocket: '长连接', webhook: '回调地址' }[c.transport] || c.transport);
      pair('接口地址', c.base);
      pair('投递到', c.webhook);
      Object.entries(c.credentials || {}).forEach(([k, v]) => pair(k, v));
      box.append(dl);
      return box;
    }));
  } catch (e) {
    host.replaceChildren(el('p', 'about', `读不到：${e.message}`));
  }
}

function show(name) {
  drawer.hidden = !name;
  drawer.dataset.tab = name;
  opener.setAttribute('aria-expanded', String(Boolean(name)));
  drawer.querySelectorAll('[role="tab"]').forEach((t) => t.setAttribute('aria-selected', String(t.dataset.tab === name)));
  drawer.querySelectorAll('[data-panel]').forEach((p) => { p.hidden = p.dataset.panel !== name; });
  if (name === 'log') refresh();
  if (name === 'access') access();
  document.dispatchEvent(new Event('console'));
}

async function fault(button) {
  const said = drawer.querySelector('.fault-said');
  const suite = drawer.querySelector('[data-fault-suite]').value;
  const times = Math.max(1, Number(drawer.querySelector('[data-fault-times]').value) || 1);
  const body = { suite, fault: button.dataset.fault, times };
  const path = drawer.querySelector('[data-fault-api]').value.trim();
  if (path) body.api = path;
  try {
    await api.post('fault', body);
    said.textContent = `已打开「${button.querySelector('b').textContent}」，接下来 ${times} 次生效。`;
    said.className = 'fault-said good';
  } catch (e) {
    said.textContent = `没有打开：${e.message}`;
    said.className = 'fault-said bad';
  }
}

opener.addEventListener('click', () => show(drawer.hidden ? 'log' : ''));
drawer.addEventListener('click', (e) => {
  const t = e.target.closest('[role="tab"]');
  if (t) show(t.dataset.tab);
  const f = e.target.closest('[data-fault]');
  if (f) fault(f);
  if (e.target.closest('[data-console-close]')) {
    show('');
    opener.focus();
  }
});
drawer.querySelector('[data-only-bad]').addEventListener('change', draw);
drawer.querySelector('[role="tablist"]').addEventListener('keydown', (e) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  const tabs = [...drawer.querySelectorAll('[role="tab"]')];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  next.focus();
  show(next.dataset.tab);
});
document.addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && !drawer.hidden && drawer.contains(document.activeElement)) {
    show('');
    opener.focus();
  }
});
if (!drawer.hidden) show(drawer.dataset.tab);
