// The newcomers' three steps. They tick off as they are done and start anew with a new data folder.
const box = document.querySelector('.hint');
const key = `magpie-hint-${document.documentElement.dataset.store}`;

function load() {
  try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; }
}

function save(state) {
  try { localStorage.setItem(key, JSON.stringify(state)); } catch { /* a private window: it lasts as long as the page */ }
}

if (box) {
  const state = load();
  const steps = [...box.querySelectorAll('[data-step]')];
  const command = steps[0].textContent.match(/「(.+?)」/)?.[1];

  const draw = () => {
    steps.forEach((s) => {
      s.toggleAttribute('data-done', Boolean(state[s.dataset.step]));
      s.removeAttribute('aria-current');
      s.setAttribute('aria-label', s.textContent + (state[s.dataset.step] ? '（已完成）' : ''));
    });
    const next = steps.find((s) => !state[s.dataset.step]);
    next?.setAttribute('aria-current', 'step');
    box.querySelector('[data-next]').textContent = next ? `接下来：${next.textContent}` : '三步都走完了。打开控制台，看看背后的每一次调用。';
    box.classList.toggle('all-done', !next);
    box.hidden = Boolean(state.closed);
  };

  const done = (step) => {
    if (state[step]) return;
    state[step] = true;
    save(state);
    draw();
  };

  document.addEventListener('said', (e) => { if (e.detail.text.includes(command)) done('say'); });
  document.addEventListener('pressed', (e) => {
    if (e.detail.submit && state.say) done('submit');
    if (/^同意/.test(e.detail.label)) done('approve');
  });

  box.addEventListener('click', (e) => {
    if (e.target.closest('[data-hint-close]')) {
      state.closed = true;
      save(state);
      draw();
      return;
    }
    const step = e.target.closest('[data-step]');
    if (!step) return;
    const focus = step.dataset.step === 'say' ? '[data-testid="composer"]' : '.msg:last-child .card input:not([type=hidden]), .msg:last-child .card button';
    document.dispatchEvent(new CustomEvent('goto', { detail: { person: step.dataset.who, focus } }));
  });
  draw();
}
